import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, customerWithMail, eventsOf, groupOf, storeState, untilJobsEnded } from '../support/evidence.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startWorld, type World } from '../support/world.ts';

// S20: import of the customers of a store, a paged list.

type Imported = Record<'created' | 'linked' | 'ambiguous' | 'skipped' | 'gone', number>;

async function importStore(world: World): Promise<Imported> {
  const { code, out, err } = await world.vestibule(['import', 'bc-emea', '--json']);
  assert.equal(code, 0, err);
  return JSON.parse(out) as Imported;
}

/**
 * Mira has her account by a sign-in; Ines is known here and a customer there already; `dup` has the mail address of
 * somebody else; and there are more shoppers than fit on one page.
 */
async function startFullStore(): Promise<World & { readonly shoppers: number }> {
  const world = await startWorld({
    clock: new ManualClock(new Date()),
    configure: (config) => {
      config.targets[0].onExisting = 'adopt';
      config.connections[0].trustedMailDomains = ['halden.example'];
      // Whoever has this mail address is not in the group that gives the role.
      config.rules[0].when += ' && person.login != "dup"';
    },
  });
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await untilJobsEnded(world, 'provisioning.finish-account');
  await act(world, 'bigcommerce', 'sign-up', { store: 'store-emea', email: 'ines@halden.example' });
  await world.signIn(world.browser(), 'ines');
  await world.signIn(world.browser(), 'dup');
  await act(world, 'bigcommerce', 'add-customers', { store: 'store-emea', count: 280, pairs: 5 });
  const { customers } = await storeState(world, 'store-emea');
  return Object.assign(world, { shoppers: customers.length - 3 });
}

test('an import says what was found, linked, ambiguous and skipped, over several pages', async () => {
  await using world = await startFullStore();
  assert.ok(world.shoppers > 290);

  const first = await importStore(world);

  assert.deepEqual(first, { created: world.shoppers, linked: 2, ambiguous: 1, skipped: 0, gone: 0 });
  const { code, out } = await world.vestibule(['report', 'accounts', 'bc-emea', '--json']);
  const report = JSON.parse(out) as { accounts: number; totals: Record<string, number> };
  const { customers } = await storeState(world, 'store-emea');
  assert.equal(code, 0);
  assert.equal(report.accounts, customers.length, "the report's total is the store's own");
  assert.equal(
    Object.values(report.totals).reduce((sum, each) => sum + each),
    customers.length,
  );
  assert.deepEqual(report.totals['ok'], 2);
});

test('a customer who is linked by mail is taken over the ordinary way, and a shared mail links nobody', async () => {
  await using world = await startFullStore();
  const before = await customerWithMail(world, 'store-emea', 'ines@halden.example');

  await importStore(world);

  const after = await customerWithMail(world, 'store-emea', 'ines@halden.example');
  assert.equal(after.id, before.id);
  assert.equal(await groupOf(world, 'store-emea', before), 'Retail');
  assert.equal(await groupOf(world, 'store-emea', after), 'Managers');
  const adopted = await eventsOf(world, { types: ['account.adopted'] });
  assert.deepEqual(
    adopted.map(({ facts }) => facts['externalId']),
    [String(before.id)],
    'nobody else was linked',
  );
});

test('importing again changes nothing, here and in the store', async () => {
  await using world = await startFullStore();
  const first = await importStore(world);
  const before = await storeState(world, 'store-emea');
  const events = await eventsOf(world);

  const second = await importStore(world);

  const after = await storeState(world, 'store-emea');
  assert.deepEqual(
    [after.customers, after.addresses, after.attributeValues],
    [before.customers, before.addresses, before.attributeValues],
  );
  const writes = after.calls.slice(before.calls.length).filter(({ method }) => method !== 'GET');
  assert.deepEqual(writes, []);
  assert.deepEqual(await eventsOf(world), events, 'nothing happened that the log would know');
  assert.deepEqual(second, { ...first, created: 0, linked: 0, skipped: first.created + first.linked });
});
