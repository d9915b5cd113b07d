import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  act,
  changePerson,
  customerWithMail,
  eventsOf,
  type StoreCall,
  storeState,
  until,
  untilJobsEnded,
} from '../support/evidence.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// S22: an edit in the broker, which knows it from the directory, updates the store: only what changed is sent, and
// where the store has a newer value the authority of the attribute decides.

type PersonEdit = Parameters<typeof changePerson>[2];
type SentBody = { readonly to: string; readonly fields: readonly string[]; readonly items: number | null };

const EDITS: readonly { what: string; change: PersonEdit; sent: readonly SentBody[] }[] = [
  {
    what: 'a family name',
    change: { familyName: 'Sand' },
    sent: [{ to: 'PUT /v3/customers', fields: ['id', 'last_name'], items: 1 }],
  },
  {
    what: 'a mail address',
    change: { mail: 'mira.sand@halden.example' },
    sent: [{ to: 'PUT /v3/customers', fields: ['email', 'id'], items: 1 }],
  },
  {
    what: 'a department, which is one attribute of the store',
    change: { department: 'Range planning' },
    sent: [
      {
        to: 'PUT /v3/customers/attribute-values',
        fields: ['attribute_id', 'customer_id', 'value'],
        items: 1,
      },
    ],
  },
  {
    what: 'a company and a phone number together',
    change: { company: 'Halden Nord', phone: '+47 22 00 00 00' },
    sent: [{ to: 'PUT /v3/customers', fields: ['company', 'id', 'phone'], items: 1 }],
  },
  { what: 'an employee number, which the store does not have', change: { employeeNumber: 'H9' }, sent: [] },
];

suite('only what changed is sent', () => {
  for (const { what, change, sent } of EDITS) {
    test(what, async () => {
      await using world = await startWithMira();
      const before = (await storeState(world, 'store-emea')).calls.length;

      await changePerson(world, 'mira', change);
      await world.signIn(world.browser(), 'mira', '/launch/store-emea');
      await untilJobsEnded(world, 'reconcile.reassess');

      await until('everything is sent', async () => (await writesSince(world, before)).length >= sent.length);
      assert.deepEqual(await writesSince(world, before), sent);
    });
  }

  test('a sign-in without an edit sends nothing', async () => {
    await using world = await startWithMira();
    const before = (await storeState(world, 'store-emea')).calls.length;

    await world.signIn(world.browser(), 'mira', '/launch/store-emea');

    assert.deepEqual(await writesSince(world, before), []);
  });
});

const CONFLICTS = [
  { authority: 'directory', name: 'By the directory', sent: ['email', 'id', 'last_name'] },
  { authority: 'first', name: 'By the store', sent: ['email', 'id'] },
  { authority: 'target', name: 'By the store', sent: ['email', 'id'] },
] as const;

suite('the store has a newer value than the one that is edited', () => {
  for (const { authority, name, sent } of CONFLICTS) {
    test(`with authority ${authority} the name is the one ${name.toLowerCase()}`, async () => {
      await using world = await startWithMira((config) => {
        config.targets[0].authority = { name: authority };
      });
      const { id } = await customerWithMail(world, 'store-emea', 'mira@halden.example');
      const edit = { last_name: 'By the store' };
      await act(world, 'bigcommerce', 'edit-customer', { store: 'store-emea', id, change: edit });
      const before = (await storeState(world, 'store-emea')).calls.length;

      await changePerson(world, 'mira', { familyName: 'By the directory', mail: 'sand@halden.example' });
      await world.signIn(world.browser(), 'mira', '/launch/store-emea');
      await until('the mail follows', async () => (await writesSince(world, before)).length > 0);

      const customer = await customerWithMail(world, 'store-emea', 'sand@halden.example');
      assert.deepEqual([customer.id, customer.last_name], [id, name]);
      assert.deepEqual(
        (await writesSince(world, before)).map(({ fields }) => fields),
        [sent],
      );
      const updated = (await eventsOf(world, { types: ['account.updated'] })).at(-1);
      const replaced = updated?.personal['before'] as { readonly lastName?: string };
      assert.equal(replaced.lastName, authority === 'directory' ? 'By the store' : undefined);
    });
  }
});

/** Mira's account is there, with all its details. */
async function startWithMira(configure?: WorldOptions['configure']): Promise<World> {
  const world = await startWorld(configure ? { configure } : {});
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await untilJobsEnded(world, 'provisioning.finish-account');
  return world;
}

async function writesSince(world: World, count: number): Promise<readonly SentBody[]> {
  const { calls } = await storeState(world, 'store-emea');
  return calls
    .slice(count)
    .filter(({ method, path }) => method !== 'GET' && path.startsWith('/v3/customers'))
    .map(({ method, path, bodyKeys, items }: StoreCall) => ({
      ...{ to: `${method} ${path}`, fields: bodyKeys, items },
    }));
}
