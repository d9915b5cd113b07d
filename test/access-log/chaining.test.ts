import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { Client } from 'pg';
import {
  type Checkpoint,
  fileSink,
  noMetrics,
  parseCheckpoints,
  verifyLog,
} from '../../src/access-log/index.ts';
import { MINUTE } from '../../src/base/index.ts';
import { eachServer } from '../support/database.ts';
import { openWorld, someEvent, temporaryFolder, type World } from './world.ts';

async function sequence(world: World): Promise<readonly number[]> {
  const { rows } = await sql<{ seq: number }>`select seq from access_log_link order by seq`.execute(world.db);
  return rows.map(({ seq }) => seq);
}

async function checkpoints(world: World): Promise<readonly number[]> {
  const { rows } = await sql<{ seq: number }>`select seq from access_log_checkpoint order by seq`.execute(
    world.db,
  );
  return rows.map(({ seq }) => seq);
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

async function isIntact(world: World, checkpoint: Checkpoint | undefined): Promise<void> {
  assert.ok(checkpoint);
  const { publicKey } = await world.keys.checkpointSigner();
  const lines = world.log.exportLog({ format: 'jsonl', by: { via: 'system' } });
  const result = await verifyLog(lines, { publicKey, checkpoint });
  assert.deepEqual(result.findings, []);
}

eachServer('chaining', (server) => {
  test('several processes append and chain at once, and there is one chain without gaps', async (t) => {
    const world = await openWorld(t, { server });
    const logs = [world.log, world.another(), world.another()];

    await Promise.all(
      logs.flatMap((log) =>
        Array.from({ length: 60 }, async (_, index) => {
          await log.append(someEvent());
          if (index % 7 === 0) await log.runOnce();
        }),
      ),
    );
    await world.log.runOnce({ checkpoint: 'now' });

    assert.deepEqual(await sequence(world), upTo(180));
    await isIntact(world, await world.log.latestCheckpoint());
  });

  test('events of a process that is killed right after its commits are chained by another', async (t) => {
    const world = await openWorld(t, { server });
    const child = spawn(process.execPath, [join(import.meta.dirname, 'append-and-wait.ts'), world.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    t.after(() => child.kill('SIGKILL'));
    const [said] = await once(child.stdout, 'data');
    assert.equal(String(said).trim(), 'durable');

    child.kill('SIGKILL');
    await exited;
    await world.log.append(someEvent());
    const checkpoint = await world.log.runOnce({ checkpoint: 'now' });

    assert.deepEqual(await sequence(world), upTo(6));
    await isIntact(world, checkpoint);
  });

  test('a leader that dies while it chains leaves nothing behind', async (t) => {
    const world = await openWorld(t, { server });
    const ids = [await world.log.append(someEvent()), await world.log.append(someEvent())];
    const leader = new Client({ connectionString: world.url });
    leader.on('error', () => undefined);
    await leader.connect();
    await leader.query('begin');
    await leader.query('select pg_advisory_xact_lock($1)', [0x7ac10c]);
    await leader.query("insert into access_log_link select 1, min(arrival), 'half' from access_log_event");
    await leader.query('delete from access_log_pending');

    await world.log.runOnce();
    assert.deepEqual(await sequence(world), []);
    const { rows } = await leader.query('select pg_backend_pid() as pid');
    const died = new Promise<void>((resolve) => leader.once('end', () => resolve()));
    await sql`select pg_terminate_backend(${rows[0].pid}::int)`.execute(world.db);
    await died;
    const checkpoint = await world.log.runOnce({ checkpoint: 'now' });

    assert.deepEqual(await sequence(world), upTo(ids.length));
    await isIntact(world, checkpoint);
  });
});

test('a checkpoint is signed every 1,000 events, exactly there', async (t) => {
  const world = await openWorld(t);
  await world.log.append(someEvent());
  await world.log.runOnce();
  await Promise.all(Array.from({ length: 2_300 }, () => world.log.append(someEvent({ personal: {} }))));

  await world.log.runOnce();

  assert.deepEqual(await checkpoints(world), [1, 1_000, 2_000]);
});

test('a checkpoint is signed each minute in which something happened', async (t) => {
  const world = await openWorld(t);
  const rounds: (readonly number[])[] = [];
  for (const events of [1, 1, 0, 1]) {
    for (let event = 0; event < events; event += 1) await world.log.append(someEvent());
    await world.log.runOnce();
    rounds.push(await checkpoints(world));
    world.clock.advance(events === 1 && rounds.length === 1 ? MINUTE / 2 : MINUTE);
  }

  assert.deepEqual(rounds, [[1], [1], [1, 2], [1, 2, 3]]);
});

test('checkpoints reach an outside file, and one that could not be written is followed by the newest', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'outside', 'checkpoints.jsonl');
  let isBroken = true;
  const moody = { name: 'moody', taken: [] as number[] };
  const world = await openWorld(t, {
    checkpointSinks: [
      fileSink(path),
      {
        name: moody.name,
        deliver: async ({ seq }) => {
          if (isBroken) throw new Error('no network');
          moody.taken.push(seq);
        },
      },
    ],
  });
  await world.log.append(someEvent());
  await world.log.runOnce({ checkpoint: 'now' });
  isBroken = false;
  await world.log.append(someEvent());
  await world.log.runOnce({ checkpoint: 'now' });

  const kept = parseCheckpoints(await readFile(path, 'utf8'));

  assert.deepEqual(
    kept.map(({ seq }) => seq),
    [1, 2],
  );
  assert.deepEqual(moody.taken, [2]);
  await isIntact(world, kept[1]);
});

test('a process that does not chain hands out the checkpoints that another signed', async (t) => {
  const world = await openWorld(t);
  const taken: number[] = [];
  const sink = { name: 'here', deliver: async ({ seq }: Checkpoint) => void taken.push(seq) };
  const idle = world.another({ checkpointSinks: [sink] });
  await world.log.append(someEvent());
  await world.log.runOnce({ checkpoint: 'now' });

  await idle.runOnce();

  assert.deepEqual(taken, [1]);
});

/** What somebody with the database's own password can do. */
async function tamper(world: World, change: string): Promise<void> {
  await world.db.connection().execute(async (db) => {
    await sql`set session_replication_role = replica`.execute(db);
    await sql.raw(change).execute(db);
    await sql`set session_replication_role = origin`.execute(db);
  });
}

test('a stored event changed behind our back is named by the export', async (t) => {
  const world = await openWorld(t);
  for (let event = 0; event < 5; event += 1) await world.log.append(someEvent());
  const checkpoint = await world.log.runOnce({ checkpoint: 'now' });
  await tamper(
    world,
    `update access_log_event set body = replace(body, 'store-emea', 'store-na') where arrival = 3`,
  );

  const lines = world.log.exportLog({ format: 'jsonl', by: { via: 'system' } });
  const { publicKey } = await world.keys.checkpointSigner();
  assert.ok(checkpoint);
  const { findings } = await verifyLog(lines, { publicKey, checkpoint });

  assert.deepEqual(findings, [{ kind: 'changed', line: 3, from: 3 }]);
});

test('sealed values moved to another event do not open there', async (t) => {
  const world = await openWorld(t);
  for (const mail of ['mira@halden.example', 'noah@halden.example']) {
    await world.log.append(someEvent({ personal: { mail } }));
  }
  const part = (arrival: number): string =>
    `(select substring(body from '"personal":{[^}]*}') from access_log_event where arrival = ${arrival})`;
  await tamper(
    world,
    `update access_log_event set body = replace(body, ${part(2)}, ${part(1)}) where arrival = 2`,
  );

  const { events } = await world.log.searchEvents({}, { limit: 10 });

  assert.deepEqual(
    events.map(({ personalState }) => personalState),
    ['unreadable', 'open'],
  );
});

test('no checkpoint is signed over a history that contradicts an earlier one, and chaining goes on', async (t) => {
  const world = await openWorld(t);
  await world.log.append(someEvent());
  await world.log.runOnce({ checkpoint: 'now' });
  await tamper(world, `update access_log_link set hash = repeat('0', 64)`);
  await world.log.append(someEvent());

  await assert.rejects(world.log.runOnce({ checkpoint: 'now' }), { code: 'access_log.history_changed' });

  assert.deepEqual(await sequence(world), [1, 2]);
  assert.deepEqual(await checkpoints(world), [1]);
});

test('a database put back to an earlier state is noticed by a process that saw the later one', async (t) => {
  const world = await openWorld(t);
  await world.log.append(someEvent());
  await world.log.append(someEvent());
  await world.log.runOnce({ checkpoint: 'now' });
  await tamper(world, 'delete from access_log_checkpoint');
  await tamper(world, 'delete from access_log_link where seq = 2');

  await assert.rejects(world.log.runOnce({ checkpoint: 'now' }), { code: 'access_log.history_changed' });
});

test('started, the log chains by itself', async (t) => {
  const chained = Promise.withResolvers<number>();
  const world = await openWorld(t);
  const log = world.another({
    metrics: {
      ...noMetrics,
      chained: (events) => chained.resolve(events),
    },
  });
  log.start();

  await log.append(someEvent());

  assert.equal(await chained.promise, 1);
});
