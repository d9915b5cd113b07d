import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { type AccessLogMetrics, accessEvents, InvalidEvent } from '../../src/access-log/index.ts';
import { noMetrics } from '../../src/access-log/metrics.ts';
import { newId } from '../../src/base/index.ts';
import { eachServer } from '../support/database.ts';
import { openWorld, someEvent, type World } from './world.ts';

type Row = { readonly id: string; readonly body: string };

async function storedEvents(world: World): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`select id, body from access_log_event order by arrival`.execute(world.db);
  return rows;
}

async function chain(world: World): Promise<readonly { seq: number; id: string }[]> {
  const { rows } = await sql<{ seq: number; id: string }>`
    select seq, id from access_log_link join access_log_event using (arrival) order by seq`.execute(world.db);
  return rows;
}

eachServer('appending', (server) => {
  test('an appended event is stored before its promise resolves, personal values sealed', async (t) => {
    const world = await openWorld(t, { server });
    const personId = newId('per');

    const id = await world.log.append(someEvent({ personId, personal: { mail: 'mira@halden.example' } }));

    const [row] = await storedEvents(world);
    const event = JSON.parse(row?.body ?? '');
    assert.equal(row?.id, id);
    assert.equal(event.personal.owner, personId);
    assert.ok(!row.body.includes('mira@'));
    assert.equal(event.time, world.clock.now().toISOString());
  });

  test('events of one thread keep their order, although the key of the first has to be made', async (t) => {
    const world = await openWorld(t, { server });
    const [thread, personId] = [newId('lgn'), newId('per')];
    const { personal: _personal, ...plain } = someEvent({ thread });

    const ids = await Promise.all([
      world.log.append(someEvent({ thread, personId })),
      world.log.append(plain),
      world.log.append(someEvent({ thread, personId: newId('per') })),
      world.log.append(plain),
    ]);

    assert.deepEqual(
      (await storedEvents(world)).map(({ id }) => id),
      ids,
    );
  });

  test('200 sign-ins at once share a few commits', async (t) => {
    const groups: number[] = [];
    const metrics: AccessLogMetrics = { ...noMetrics, committed: (events) => void groups.push(events) };
    const world = await openWorld(t, { server, metrics });

    await Promise.all(Array.from({ length: 200 }, () => world.log.append(someEvent())));

    assert.equal((await storedEvents(world)).length, 200);
    assert.ok(groups.length <= 20, `${groups.length} commits`);
  });

  test('events written in a transaction exist exactly if it commits', async (t) => {
    const world = await openWorld(t, { server });

    await assert.rejects(
      world.db.transaction().execute(async (trx) => {
        await world.log.appendIn(trx, [someEvent()]);
        throw new Error('the change failed');
      }),
      /the change failed/,
    );
    const ids = await world.db
      .transaction()
      .execute((trx) => world.log.appendIn(trx, [someEvent(), someEvent()]));

    assert.deepEqual(
      (await storedEvents(world)).map(({ id }) => id),
      ids,
    );
  });

  test('a transaction that commits late is chained late, without a gap and without being skipped', async (t) => {
    const world = await openWorld(t, { server });
    const open = Promise.withResolvers<void>();
    const written = Promise.withResolvers<string | undefined>();
    const late = world.db.transaction().execute(async (trx) => {
      written.resolve((await world.log.appendIn(trx, [someEvent()]))[0]);
      await open.promise;
    });
    const lateId = await written.promise;
    const before = await world.log.append(someEvent());
    await world.log.runOnce();
    assert.deepEqual(await chain(world), [{ seq: 1, id: before }]);

    open.resolve();
    await late;
    const after = await world.log.append(someEvent());
    await world.log.runOnce();

    assert.deepEqual(await chain(world), [
      { seq: 1, id: before },
      { seq: 2, id: lateId },
      { seq: 3, id: after },
    ]);
  });

  test('nobody changes or removes a row by accident', async (t) => {
    const world = await openWorld(t, { server });
    await world.log.append(someEvent());
    await world.log.runOnce({ checkpoint: 'now' });

    for (const table of ['access_log_event', 'access_log_link', 'access_log_checkpoint']) {
      const name = sql.table(table);
      await assert.rejects(sql`delete from ${name}`.execute(world.db), /append-only/);
      await assert.rejects(sql`truncate ${name}`.execute(world.db), /append-only/);
    }
    await assert.rejects(sql`update access_log_event set body = '{}'`.execute(world.db), /append-only/);
  });
});

test('what came from outside cannot make an event unrecordable', async (t) => {
  const world = await openWorld(t);
  const hostile = { address: 'x\u0000y\ud800', userAgent: 'a'.repeat(1_000_000) };

  await world.log.append(someEvent({ personal: hostile, facts: { requested: hostile.address } }));

  const [row] = await storedEvents(world);
  assert.equal(JSON.parse(row?.body ?? '').facts.requested, 'x\u0000y\ufffd');
});

test('an event that the log cannot hold is refused by itself and hurts no neighbour', async (t) => {
  const world = await openWorld(t);

  const [bad, good] = await Promise.allSettled([
    world.log.append(someEvent({ thread: 'a thread with\u0000 a hole' })),
    world.log.append(someEvent()),
  ]);

  assert.ok(bad.status === 'rejected' && bad.reason instanceof InvalidEvent);
  assert.equal(good.status, 'fulfilled');
});

test('a full queue refuses at once instead of growing', async (t) => {
  const world = await openWorld(t, { limits: { maxQueue: 3 } });

  const results = await Promise.allSettled(Array.from({ length: 10 }, () => world.log.append(someEvent())));

  const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
  assert.equal((await storedEvents(world)).length, 10 - refusals.length);
  assert.ok(refusals.length > 0 && refusals.every((code) => code === 'access_log.busy'));
});

test('after stop nothing is accepted, and what was under way is chained and signed', async (t) => {
  const world = await openWorld(t);
  const underWay = world.log.append(someEvent());

  await world.log.stop();
  await underWay;

  await assert.rejects(world.log.append(someEvent()), { code: 'access_log.stopped' });
  assert.equal((await chain(world)).length, 1);
  const { rows } = await sql`select 1 from access_log_checkpoint`.execute(world.db);
  assert.equal(rows.length, 1);
});

test('every helper of the catalogue names its own type', () => {
  const types = Object.values(accessEvents).map(({ type }) => type);

  assert.equal(new Set(types).size, types.length);
});
