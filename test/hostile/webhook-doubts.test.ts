import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import { sql } from 'kysely';
import { addMs, SECOND } from '../../src/base/index.ts';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { type BookWorld, reader, startBookWorld } from '../provisioning/example/world.ts';
import { mira, startWorld, type World } from '../provisioning/world.ts';

// R5.2: a target told of a change, so what was confirmed before is not believed; and whoever makes a target tell of
// changes again and again does not decide when we call it.

/** As a message does: what was confirmed until two seconds from now is not believed. */
async function tell({ database, clock }: BookWorld): Promise<void> {
  await sql`update provisioning_account set read_after = ${addMs(clock.now(), 2 * SECOND)}`.execute(
    database.db,
  );
}
const only = (world: BookWorld) => [...world.book.entries.values()][0] ?? assert.fail('no entry');

suite('an account of whose change the target told', () => {
  test('opens no door while nobody can look at it', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person);
    await world.settle();
    Object.assign(only(world), { lists: ['news', 'sales'] });
    await tell(world);
    world.book.react = () => ({ status: 500 });

    const entered = await world.ensure(person);

    assert.equal(entered.outcome, 'unavailable');
  });

  test('is looked at before the person enters, also where additions may wait', async () => {
    await using world = await startBookWorld({ settings: { provision: 'queue' } });
    const person = reader();
    await world.ensure(person);
    await world.settle();
    Object.assign(only(world), { lists: ['news', 'staff'] });
    await tell(world);
    world.book.react = () => ({ status: 500 });

    const entered = await world.ensure(person, ['seller']);

    assert.equal(entered.outcome, 'unavailable');
  });

  test('is looked at again when the change came between a look and the end of slow work', async () => {
    let meanwhile: (() => Promise<void>) | undefined;
    await using world = await startBookWorld({
      onStep: async (step) => {
        if (step !== 'changes written') return;
        const begin = meanwhile;
        meanwhile = undefined;
        await begin?.();
      },
    });
    const person = reader();
    await world.ensure(person);
    await world.settle();
    meanwhile = async () => {
      only(world).name = 'Somebody else';
      await tell(world);
      world.clock.advance(5 * SECOND);
    };
    await world.ensure(person, ['seller']);
    const between = only(world).name;

    await world.ensure(person, ['seller']);

    assert.equal(between, 'Somebody else');
    assert.equal(only(world).name, person.displayName);
  });
});

suite('a target that tells of one account again and again', () => {
  test('is not called again sooner than its failures allow, and does not use up the attempts', async () => {
    await using world = await startWorld();
    await world.ensure(mira());
    await world.jobs.runDue();
    const [customer] = world.customers('mira@halden.example');
    const id = customer?.id ?? assert.fail('no customer');
    world.store.fail({ kind: 'status', status: 500 });
    world.forgetCalls();

    for (let n = 0; n < 40; n += 1) {
      await message(world, id);
      world.clock.advance(3 * SECOND);
      await world.jobs.runDue();
    }

    assert.deepEqual(await world.jobs.dead(), []);
    assert.ok(world.calls().length < 12, `${world.calls().length} calls in two minutes`);
  });

  test('by whatever undoes our changes at once, is put right in seconds, and then once a minute', async () => {
    await using world = await startWorld();
    await world.ensure(mira());
    await world.jobs.runDue();
    const [customer] = world.customers('mira@halden.example');
    const id = customer?.id ?? assert.fail('no customer');
    const puts = () => world.calls().filter((call) => call.startsWith('PUT')).length;
    world.forgetCalls();

    const counted: number[] = [];
    for (let n = 0; n < 60; n += 1) {
      world.act('edit-customer', { id, change: { customer_group_id: 0 } });
      await message(world, id);
      world.clock.advance(3 * SECOND);
      await world.jobs.runDue();
      counted.push(puts());
    }

    assert.equal(counted[0], 1);
    assert.ok((counted.at(-1) ?? 0) <= 4, `${counted.at(-1)} writes in three minutes`);
  });
});

async function message(world: World, customer: number): Promise<void> {
  const body = Buffer.from(
    JSON.stringify({
      ...{ scope: 'store/customer/updated', store_id: '1025601', hash: randomUUID() },
      ...{ data: { type: 'customer', id: customer }, producer: 'stores/haldenemea' },
      created_at: Math.floor(world.clock.now().getTime() / 1000),
    }),
  );
  const id = `msg_${randomUUID()}`;
  const at = String(Math.floor(world.clock.now().getTime() / 1000));
  const key = bigCommerceCredentials['store-emea'].api.clientSecret;
  const mac = createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest('base64');
  const headers = { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${mac}` };
  const received = await world.provisioning.webhooks.receive('bigcommerce', 'bc-emea', { headers, body });
  assert.equal(received.outcome, 'taken');
}
