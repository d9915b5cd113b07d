import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import { sql } from 'kysely';
import { type AccountId, addMs, MINUTE, SECOND } from '../../src/base/index.ts';
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

suite('an account that is told of again before it was looked at', () => {
  const SLOW = [
    ['answers at once', 0],
    ['takes longer than the moment that was told', 3],
  ] as const;
  for (const [how, seconds] of SLOW) {
    test(`is looked at a minute later by a target that ${how}`, async () => {
      await using world = await startBookWorld();
      await world.ensure(reader());
      await world.settle();
      await tell(world);
      world.clock.advance(SECOND);
      await tell(world);
      world.clock.advance(SECOND);
      world.book.react = () => {
        world.clock.advance(seconds * SECOND);
        return undefined;
      };

      const next = await finish(world);

      assert.deepEqual(next, { retryAt: addMs(world.clock.now(), MINUTE) });
    });
  }
});

async function finish({ database, provisioning }: BookWorld): Promise<unknown> {
  const { rows } = await sql<{ id: string }>`select id from provisioning_account`.execute(database.db);
  return provisioning.finishAccount({ account: rows[0]?.id as AccountId });
}

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

suite('a storm of messages, as an import in the store sends them', () => {
  test('about one account writes an event for each look, and looks once a minute', async () => {
    await using world = await startWorld();
    const id = await enterMira(world);
    world.forgetCalls();

    for (let n = 0; n < 600; n += 1) {
      await message(world, id);
      world.clock.advance(SECOND / 2);
      if (n % 10 === 0) await world.jobs.runDue();
    }

    const looks = world.calls().filter((call) => call.startsWith('GET')).length;
    assert.ok(looks <= 7, `${looks} looks in five minutes`);
    assert.ok((await accepted(world)) <= looks + 1, `${await accepted(world)} events of ${looks} looks`);
    assert.ok((await jobsOf(world)) <= 1);
  });

  test('about one account that cannot be looked at is one event', async () => {
    await using world = await startWorld();
    const id = await enterMira(world);
    world.store.fail({ kind: 'status', status: 500 });

    for (let n = 0; n < 100; n += 1) {
      await message(world, id);
      world.clock.advance(3 * SECOND);
      await world.jobs.runDue();
    }

    assert.equal(await accepted(world), 1);
    assert.equal(await jobsOf(world), 1);
  });

  test('stands under the thread of its first message, also after a look that settled nothing', async () => {
    await using world = await startWorld();
    const id = await enterMira(world);
    world.store.fail({ kind: 'status', status: 500 });
    await message(world, id);
    world.clock.advance(3 * SECOND);
    await world.jobs.runDue();
    world.store.fail();
    world.act('edit-customer', { id, change: { customer_group_id: 0 } });

    await message(world, id);
    world.clock.advance(10 * MINUTE);
    await world.jobs.runDue();

    const threads = await sql<{ type: string; thread: string }>`
      select type, thread from access_log_event
      where type in ('webhook.accepted', 'account.drifted') order by arrival`.execute(world.database.db);
    assert.deepEqual(
      threads.rows.map(({ type }) => type),
      ['webhook.accepted', 'account.drifted'],
    );
    assert.equal(new Set(threads.rows.map(({ thread }) => thread)).size, 1);
  });

  test('about customers who are nobody of ours leads to no event, no job and no call', async () => {
    await using world = await startWorld();
    await enterMira(world);
    world.forgetCalls();
    const before = [await accepted(world), await jobsOf(world)];

    for (let n = 0; n < 200; n += 1) await message(world, 5_000 + n);
    world.clock.advance(MINUTE);
    await world.jobs.runDue();

    assert.deepEqual([await accepted(world), await jobsOf(world)], before);
    assert.deepEqual(world.calls(), []);
  });
});

async function enterMira(world: World): Promise<number> {
  await world.ensure(mira());
  await world.jobs.runDue();
  return world.customers('mira@halden.example')[0]?.id ?? assert.fail('no customer');
}

async function accepted(world: World): Promise<number> {
  return (await world.eventTypes()).filter((type) => type === 'webhook.accepted').length;
}

async function jobsOf({ database }: World): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from jobs_job`.execute(database.db);
  return rows[0]?.count ?? 0;
}

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
