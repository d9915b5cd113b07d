import assert from 'node:assert/strict';
import { test } from 'node:test';
import supertest from 'supertest';
import { MINUTE } from '../../src/base/index.ts';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { customersMade, eventsOf, letTimePass, setFaults, threadOf, until } from '../support/evidence.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startWorld, type World } from '../support/world.ts';

// S21: somebody new in the broker appears in the store without entering it. docs/operations.md states the time: a
// minute from `vestibule apply --create`, where the store answers.

const STATED_MS = MINUTE;

test('new people are in the store within the stated time, in the groups of their roles, and nobody else is', async () => {
  await using world = await startWithNewPeople();
  const before = await customersOfApi(world, 'mira', 'ines', 'ravi');
  const planned = await planOf(world);
  const began = process.hrtime.bigint();

  const applied = await world.vestibule(['apply', 'bc-emea', '--create']);

  const tookMs = Number((process.hrtime.bigint() - began) / 1_000_000n);
  assert.equal(applied.code, 0, applied.out + applied.err);
  assert.match(applied.out, /^bc-emea: 0 ends begun, 2 accounts queued, 0 refused$/m);
  assert.deepEqual(before, []);
  assert.deepEqual(planned, ['create', 'create']);
  assert.deepEqual(await customersOfApi(world, 'mira', 'ines', 'ravi'), [
    { email: 'ines@halden.example', name: 'Inês Carvalho', group: 'Managers' },
    { email: 'mira@halden.example', name: 'Mira Lindqvist', group: 'Merchandising' },
  ]);
  assert.ok(tookMs < STATED_MS, `it took ${tookMs} ms`);
  assert.deepEqual(await planOf(world), [], 'nothing is left to do');
});

test('the broker itself makes queued accounts, and the first entry finds them ready', async () => {
  await using world = await startWithNewPeople();

  await world.vestibule(['apply', 'bc-emea', '--create', '--no-wait']);
  await letTimePass(world, STATED_MS);
  await until('both have customers', async () => (await customersMade(world, 'store-emea')).length === 2);
  const customers = await customersOfApi(world, 'mira');
  const entered = await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  assert.equal(customers.length, 1);
  assert.equal(entered.url.hostname, 'store-emea.localhost');
  assert.equal((await customersMade(world, 'store-emea')).length, 2, 'the entry made no other');
});

test('a failure is shown with reason and next try, tried again by itself, and then gone from the queue', async () => {
  await using world = await startWithNewPeople();
  const began = world.clock.now();
  const match = { method: 'POST', path: '/stores/haldenemea/v3/customers' };
  await setFaults(world, 'bigcommerce', { kind: 'status', status: 500, match });

  const applied = await world.vestibule(['apply', 'bc-emea', '--create']);
  const queue = await world.vestibule(['queue']);
  const failed = await failuresOf(world);
  const nothing = await customersOfApi(world, 'mira', 'ines');
  await setFaults(world, 'bigcommerce');
  await letTimePass(world, STATED_MS);
  await until('made by the next try', async () => (await customersMade(world, 'store-emea')).length === 2);
  await until('the queue has nothing to do', async () =>
    /finish-account: 0 waiting, 0 running, 0 given up|is empty/.test((await world.vestibule(['queue'])).out),
  );

  assert.match(applied.out, /^ {2}2 accounts wait in the queue/m);
  assert.match(queue.out, /^provisioning\.finish-account: 2 waiting, 0 running, 0 given up/m);
  assert.deepEqual(
    failed.map(({ what, target, code }) => [what, target, code]),
    [
      ['provisioning.failed', 'bc-emea', 'provisioning.target_error'],
      ['provisioning.failed', 'bc-emea', 'provisioning.target_error'],
    ],
  );
  for (const { nextTry, person } of failed) {
    assert.ok(new Date(nextTry ?? 0) > began, 'when it is tried again');
    assert.match(person, /^per_/);
  }
  assert.deepEqual(nothing, []);
  const created = await eventsOf(world, { types: ['account.created'] });
  assert.equal(created.length, 2, 'one customer each');
  const thread = await threadOf(world, created[0]?.thread ?? '');
  assert.ok(
    thread.some(({ type }) => type === 'provisioning.failed'),
    'failure and success are one thread',
  );
});

/** Mira and Ines may enter the European store and Ravi may not; all three only looked at the broker. */
async function startWithNewPeople(): Promise<World> {
  const world = await startWorld({ clock: new ManualClock(new Date()) });
  for (const login of ['mira', 'ines', 'ravi']) await world.signIn(world.browser(), login);
  return world;
}

/** What `vestibule plan` would do. */
async function planOf(world: World): Promise<readonly string[]> {
  const { code, out, err } = await world.vestibule(['plan', 'bc-emea', '--json']);
  assert.equal(code, 0, err);
  return lines(out).map(({ what }) => what);
}

async function failuresOf(world: World) {
  const { code, out, err } = await world.vestibule(['report', 'provisioning', '--json']);
  assert.equal(code, 0, err);
  return lines(out).filter(({ outcome }) => outcome === 'failed');
}

type Line = Readonly<Record<'what' | 'target' | 'person' | 'outcome', string>> & {
  readonly code?: string;
  readonly nextTry?: string;
};

function lines(out: string): readonly Line[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** Customers with the mail addresses of these people, as the store's own API shows them, by mail. */
async function customersOfApi(world: World, ...logins: string[]) {
  const read = async <T>(path: string): Promise<readonly T[]> => {
    const answer = await supertest(`http://127.0.0.1:${world.sandbox.port}`)
      .get(`/stores/haldenemea${path}`)
      .set('Host', 'api.bigcommerce.localhost')
      .set('X-Auth-Token', bigCommerceCredentials['store-emea'].api.accessToken);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.data ?? answer.body;
  };
  type Shown = Readonly<Record<'email' | 'first_name' | 'last_name', string>> & {
    readonly customer_group_id: number;
  };
  const mails = logins.map((login) => encodeURIComponent(`${login}@halden.example`)).join(',');
  const customers = await read<Shown>(`/v3/customers?email:in=${mails}`);
  const groups = await read<{ readonly id: number; readonly name: string }>('/v2/customer_groups');
  return customers
    .map(({ email, first_name, last_name, customer_group_id: group }) => ({
      ...{ email, name: `${first_name} ${last_name}` },
      group: groups.find(({ id }) => id === group)?.name ?? 'none',
    }))
    .sort((one, other) => one.email.localeCompare(other.email));
}
