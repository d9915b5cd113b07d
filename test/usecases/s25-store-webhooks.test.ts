import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import supertest from 'supertest';
import { DAY, MINUTE, SECOND } from '../../src/base/index.ts';
import {
  act,
  customerWithMail,
  eventsOf,
  letTimePass,
  setFaults,
  storeState,
  threadOf,
  turn,
  until,
} from '../support/evidence.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { deliver, registerWebhooks, webhooksArrive, webhooksSettle } from '../support/webhooks.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// S25: what somebody creates, changes or deletes in the store by hand is seen by the broker in seconds, because the
// store tells it.

const MIRA = 'mira@halden.example';

suite('what somebody does in the store by hand', () => {
  test('is put back in seconds when it is a change of access', async () => {
    await using world = await startWithMira();
    const { id, customer_group_id: group } = await mira(world);

    await edit(world, id, { customer_group_id: 0 });
    await webhooksSettle(world);

    assert.equal((await mira(world)).customer_group_id, group);
    const [drifted] = await eventsOf(world, { types: ['account.drifted'] });
    assert.deepEqual([drifted?.facts['fields'], drifted?.facts['reaction']], [['group'], 'put-back']);
    const told = await threadOf(world, drifted?.thread ?? '');
    assert.deepEqual(
      told.map(({ type }) => type),
      ['webhook.accepted', 'account.drifted', 'account.updated'],
      'one thread from the message to what followed',
    );
  });

  test('is reported and left where the target is set so', async () => {
    await using world = await startWithMira(reports);
    const { id } = await mira(world);

    await edit(world, id, { last_name: 'By hand' });
    await webhooksSettle(world);

    assert.equal((await mira(world)).last_name, 'By hand');
    const [drifted] = await eventsOf(world, { types: ['account.drifted'] });
    const [task] = await eventsOf(world, { types: ['provisioning.task_opened'] });
    assert.deepEqual([drifted?.facts['fields'], drifted?.facts['reaction']], [['lastName'], 'reported']);
    assert.equal(task?.facts['what'], 'lastName');
  });

  test('is made again when it is a deletion, and the person enters as before', async () => {
    await using world = await startWithMira();
    const { id } = await mira(world);

    await act(world, 'bigcommerce', 'delete-customer', { store: 'store-emea', id });
    await webhooksSettle(world);

    const again = await mira(world);
    const page = await world.signIn(world.browser(), 'mira', '/launch/store-emea');
    assert.notEqual(again.id, id);
    assert.match(page.text, /Mira Lindqvist/);
    const [drifted] = await eventsOf(world, { types: ['account.drifted'] });
    assert.deepEqual([drifted?.facts['fields'], drifted?.facts['reaction']], [['account'], 'put-back']);
  });

  test('is reported and not made again when it is a deletion where the target is set so, until the person enters', async () => {
    await using world = await startWithMira(reports);
    const { id } = await mira(world);

    await act(world, 'bigcommerce', 'delete-customer', { store: 'store-emea', id });
    await webhooksSettle(world);

    const left = await miras(world);
    const [drifted] = await eventsOf(world, { types: ['account.drifted'] });
    const page = await world.signIn(world.browser(), 'mira', '/launch/store-emea');
    assert.deepEqual(left, []);
    assert.deepEqual([drifted?.facts['fields'], drifted?.facts['reaction']], [['account'], 'reported']);
    assert.match(page.text, /Mira Lindqvist/);
  });

  test('is seen by whoever signs in before the queue looks', async () => {
    await using world = await startWithMira();
    const { id, customer_group_id: group } = await mira(world);

    await edit(world, id, { customer_group_id: 0 });
    await webhooksArrive(world);
    await world.signIn(world.browser(), 'mira', '/launch/store-emea');

    assert.equal((await mira(world)).customer_group_id, group);
  });

  test('to a shopper who is nobody of ours leads to nothing', async () => {
    await using world = await startWithMira();
    const before = await callsSoFar(world);

    const { id } = (await act(world, 'bigcommerce', 'sign-up', {
      ...{ store: 'store-emea', email: 'shopper@elsewhere.example' },
    })) as { id: number };
    await edit(world, id, { last_name: 'Changed' });
    await act(world, 'bigcommerce', 'delete-customer', { store: 'store-emea', id });
    await webhooksSettle(world);

    assert.equal(await callsSoFar(world), before);
    assert.deepEqual(
      (await eventsOf(world, { types: ['webhook.accepted'] })).filter(
        ({ facts }) => facts['externalId'] === String(id),
      ),
      [],
    );
  });
});

suite('a message of the store', () => {
  test('has its effect once, however often it is delivered', async () => {
    await using world = await startWithMira();
    await turn(world, 'bigcommerce', { webhookDelivery: 'twice' });
    const { id } = await mira(world);
    const before = await counts(world);

    await edit(world, id, { last_name: 'By hand' });
    await webhooksSettle(world);

    const after = await counts(world);
    assert.equal(after.drifted - before.drifted, 1);
    assert.equal(after.puts - before.puts, 1);
  });

  test('may come late and in any order', async () => {
    await using world = await startWithMira();
    await turn(world, 'bigcommerce', { webhookDelivery: 'held' });
    const { id } = await mira(world);
    await edit(world, id, { last_name: 'First' });
    await edit(world, id, { last_name: 'Second' });
    await act(world, 'bigcommerce', 'deliver-webhooks', { store: 'store-emea', order: 'reversed' });
    await turn(world, 'bigcommerce', { webhookDelivery: 'once' });

    await webhooksSettle(world);

    assert.equal((await mira(world)).last_name, 'Lindqvist');
  });

  test('that is older than the last look costs no call', async () => {
    await using world = await startWithMira();
    await turn(world, 'bigcommerce', { webhookDelivery: 'held' });
    const { id, customer_group_id: group } = await mira(world);
    await edit(world, id, { customer_group_id: 0 });
    world.clock.advance(2 * DAY);
    await world.signIn(world.browser(), 'mira', '/launch/store-emea');
    const before = await callsSoFar(world);
    const accepted = (await eventsOf(world, { types: ['webhook.accepted'] })).length;

    const { deliveries } = await storeState(world, 'store-emea');
    await act(world, 'bigcommerce', 'turn-store', {
      store: 'store-emea',
      switches: { webhookDelivery: 'once' },
    });
    await deliver(world);
    await webhooksArrive(world);
    await letTimePass(world, 1 * SECOND);

    assert.ok(deliveries.some(({ state }) => state === 'pending'));
    assert.equal((await mira(world)).customer_group_id, group);
    assert.equal(await callsSoFar(world), before);
    // The one about what was put back; that is looked at two seconds later.
    assert.equal((await eventsOf(world, { types: ['webhook.accepted'] })).length - accepted, 1);
  });

  test('many about one customer lead to one look', async () => {
    await using world = await startWithMira();
    const { id } = await mira(world);
    const before = await readsSoFar(world);
    for (let n = 0; n < 20; n += 1) await edit(world, id, { last_name: `Name ${n}` });
    await webhooksArrive(world);

    await webhooksSettle(world);

    assert.equal((await mira(world)).last_name, 'Lindqvist');
    // One for all of them, and perhaps one for the message about what was put back.
    const looks = (await readsSoFar(world)) - before;
    assert.ok(looks === 1 || looks === 2, `${looks} looks`);
    const accepted = await eventsOf(world, { types: ['webhook.accepted'] });
    assert.equal(new Set(accepted.map(({ thread }) => thread)).size, accepted.length);
  });

  test('that nobody takes comes again by itself', async () => {
    await using world = await startWithMira();
    const { id, customer_group_id: group } = await mira(world);
    await turn(world, 'bigcommerce', { webhookMinuteMs: 20 });
    await world.vestibule(['webhooks', 'remove', 'bc-emea']);
    await turn(world, 'bigcommerce', { webhookSignature: 'absent' });
    await registerWebhooks(world, 'bc-emea');

    await edit(world, id, { customer_group_id: 0 });
    await until('it was refused', async () =>
      (await storeState(world, 'store-emea')).deliveries.some(({ lastStatus }) => lastStatus === 401),
    );
    await turn(world, 'bigcommerce', { webhookSignature: 'present' });
    await webhooksSettle(world);

    assert.equal((await mira(world)).customer_group_id, group);
  });
});

test('hooks that the store switched off are switched on again by the broker itself', async () => {
  await using world = await startWithMira();
  await act(world, 'bigcommerce', 'disable-webhooks', { store: 'store-emea' });

  await world.restart();

  await until('they are on', async () =>
    (await storeState(world, 'store-emea')).hooks.every(({ is_active }) => is_active),
  );
  await until('it is recorded', async () =>
    (await eventsOf(world, { types: ['webhook.registered'] })).some(
      ({ facts }) => (facts['by'] as { via: string }).via === 'system',
    ),
  );
});

suite('what the broker itself changes', () => {
  test('does not loop: it is looked at once more, and nothing is written', async () => {
    await using world = await startWithMira();
    const { id } = await mira(world);
    await edit(world, id, { last_name: 'By hand' });
    await webhooksSettle(world);
    const before = await counts(world);

    for (let rounds = 0; rounds < 3; rounds += 1) {
      world.clock.advance(60_000);
      await webhooksSettle(world);
    }

    assert.deepEqual(await counts(world), before);
  });

  test('is told while the store cannot be read, and is looked at when it can', async () => {
    await using world = await startWithMira();
    const { id, customer_group_id: group } = await mira(world);
    await setFaults(world, 'bigcommerce', {
      kind: 'status',
      status: 500,
      match: { path: '^/stores/.*/v3/customers', method: 'GET' },
    });
    await edit(world, id, { customer_group_id: 0 });
    await webhooksArrive(world);
    // It was looked at a moment ago, after what the broker wrote itself.
    await letTimePass(world, MINUTE);
    await until('a look failed', async () => (await runsOf(world, 'retry')) > 0);

    await setFaults(world, 'bigcommerce');
    await webhooksSettle(world);

    assert.equal((await mira(world)).customer_group_id, group);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
function reports(config: any): void {
  config.targets[0].onDrift = 'report';
}

/** Mira's account is there, and the store tells of it. */
async function startWithMira(configure?: WorldOptions['configure']): Promise<World> {
  const world = await startWorld({ clock: new ManualClock(new Date()), ...(configure && { configure }) });
  await registerWebhooks(world, 'bc-emea');
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await webhooksSettle(world);
  return world;
}

const edit = (world: World, id: number, change: Record<string, unknown>) =>
  act(world, 'bigcommerce', 'edit-customer', { store: 'store-emea', id, change });

const mira = (world: World) => customerWithMail(world, 'store-emea', MIRA);

async function miras(world: World) {
  return (await storeState(world, 'store-emea')).customers.filter(({ email }) => email === MIRA);
}

async function callsSoFar(world: World): Promise<number> {
  return (await storeState(world, 'store-emea')).calls.length;
}

async function readsSoFar(world: World): Promise<number> {
  const { calls } = await storeState(world, 'store-emea');
  return calls.filter(({ method, path }) => method === 'GET' && path === '/v3/customers').length;
}

/** Runs of the queue over accounts that ended so. */
async function runsOf(world: World, outcome: string): Promise<number> {
  const { text } = await supertest(`http://127.0.0.1:${world.broker.managementPort}`).get('/metrics');
  const line = new RegExp(
    `job_runs_total\\{kind="provisioning.finish-account",outcome="${outcome}"\\} (\\d+)`,
  );
  return Number(line.exec(text)?.[1] ?? 0);
}

async function counts(world: World) {
  const { calls } = await storeState(world, 'store-emea');
  const drifted = await eventsOf(world, { types: ['account.drifted'] });
  return {
    drifted: drifted.length,
    puts: calls.filter(({ method }) => method === 'PUT').length,
  };
}
