import assert from 'node:assert/strict';
import { appendFile, copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type KyselyPlugin,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryResult,
  type RootOperationNode,
  sql,
  type UnknownRow,
} from 'kysely';
import { type NewAccessEvent, verifyLog } from '../../src/access-log/index.ts';
import { newId, Unavailable } from '../../src/base/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { whileAway } from './outage.ts';
import { openWorld, someEvent, temporaryFolder, type World } from './world.ts';

/** Appends while the database is away. @returns the error of each. */
async function appendInVain(
  world: World,
  events: readonly NewAccessEvent[],
): Promise<readonly Unavailable[]> {
  let errors: readonly Unavailable[] = [];
  await whileAway(world.url, async () => {
    const results = await Promise.allSettled(events.map((event) => world.log.append(event)));
    errors = results.map((result) => {
      assert.ok(result.status === 'rejected' && result.reason instanceof Unavailable);
      return result.reason;
    });
  });
  return errors;
}

async function spooled(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.spool'));
}

type Told = { readonly type: string; readonly spooled: boolean | undefined; readonly state: string };

async function told(world: World): Promise<readonly Told[]> {
  await world.log.runOnce();
  const { events } = await world.log.searchEvents({}, { limit: 100 });
  return events
    .map((event) => ({ type: event.type, spooled: event.spooled, state: event.personalState }))
    .reverse();
}

test('while the database is away an append fails, and the event is on the local disk, sealed', async (t) => {
  const spoolDir = await temporaryFolder(t);
  const world = await openWorld(t, { spoolDir });
  await world.log.warmUp([]);

  const [error] = await appendInVain(world, [someEvent({ personal: { mail: 'mira@halden.example' } })]);

  assert.equal(error?.code, 'access_log.unavailable');
  assert.match(error?.detail ?? '', /evt_/);
  const [name = ''] = await spooled(spoolDir);
  const text = await readFile(join(spoolDir, name), 'utf8');
  assert.ok(text.includes('login.started') && text.includes('commitment'));
  assert.ok(!text.includes('mira@'));
  assert.equal((await stat(join(spoolDir, name))).mode & 0o077, 0);
});

test('an event that could not be sealed is spooled without its personal part, and says so', async (t) => {
  const spoolDir = await temporaryFolder(t);
  const world = await openWorld(t, { spoolDir });

  await appendInVain(world, [someEvent({ personId: newId('per'), personal: { mail: 'x@y.example' } })]);

  assert.deepEqual(await told(world), [
    { type: 'log.gap', spooled: undefined, state: 'none' },
    { type: 'login.started', spooled: true, state: 'dropped' },
  ]);
});

test('what was spooled comes back behind a gap event, and the whole verifies', async (t) => {
  const spoolDir = await temporaryFolder(t);
  const world = await openWorld(t, { spoolDir });
  await world.log.append(someEvent());
  await appendInVain(world, [someEvent(), someEvent({ type: 'login.failed' })]);
  await world.log.append(someEvent());

  assert.deepEqual(await told(world), [
    { type: 'login.started', spooled: undefined, state: 'open' },
    { type: 'login.started', spooled: undefined, state: 'open' },
    { type: 'log.gap', spooled: undefined, state: 'none' },
    { type: 'login.started', spooled: true, state: 'open' },
    { type: 'login.failed', spooled: true, state: 'open' },
  ]);
  assert.deepEqual(await spooled(spoolDir), []);
  const checkpoint = await world.log.runOnce({ checkpoint: 'now' });
  const { publicKey } = await world.keys.checkpointSigner();
  const lines = world.log.exportLog({ format: 'jsonl', by: { via: 'system' } });
  assert.ok(checkpoint);
  assert.equal((await verifyLog(lines, { publicKey, checkpoint })).outcome, 'intact');
});

test('a recovery that died before it could remove the file is repeated without effect', async (t) => {
  const spoolDir = await temporaryFolder(t);
  const world = await openWorld(t, { spoolDir });
  await appendInVain(world, [someEvent(), someEvent()]);
  const [name = ''] = await spooled(spoolDir);
  const kept = join(await temporaryFolder(t), 'kept');
  await copyFile(join(spoolDir, name), kept);
  const before = await told(world);

  await copyFile(kept, join(spoolDir, name));
  const after = await told({ ...world, log: world.another() });

  assert.equal(before.length, 3);
  assert.deepEqual(after, before);
  assert.deepEqual(await spooled(spoolDir), []);
});

test('files of a process that is gone are brought back and removed, those of a living one are left to it', async (t) => {
  const spoolDir = await temporaryFolder(t);
  const world = await openWorld(t, { spoolDir });
  await appendInVain(world, [someEvent()]);
  const [name = ''] = await spooled(spoolDir);
  const [, host] = name.split('.');
  const gone = `${newId('evt')}.${host}.${2 ** 30}.spool`;
  const living = `${newId('evt')}.${host}.1.spool`;
  await copyFile(join(spoolDir, name), join(spoolDir, gone));
  await copyFile(join(spoolDir, name), join(spoolDir, living));

  await world.another().runOnce();

  assert.deepEqual(await spooled(spoolDir), [living]);
  assert.equal((await told(world)).filter(({ type }) => type === 'login.started').length, 1);
});

test('two processes that find the same file bring its events back once', async (t) => {
  const spoolDir = await temporaryFolder(t);
  const world = await openWorld(t, { spoolDir });
  await appendInVain(world, [someEvent(), someEvent()]);
  const [name = ''] = await spooled(spoolDir);
  const otherDir = await temporaryFolder(t);
  await copyFile(join(spoolDir, name), join(otherDir, name));
  const other = world.another({ spoolDir: otherDir });

  await Promise.all([world.log.runOnce(), other.runOnce()]);

  assert.equal((await told(world)).length, 3);
});

test('an event that the database took although its answer was lost is not written twice', async (t) => {
  const spoolDir = await temporaryFolder(t);
  const world = await openWorld(t);
  const lossy = world.another({ db: world.db.withPlugin(new LosesOneAnswer()), spoolDir });

  await assert.rejects(lossy.append(someEvent()), { code: 'access_log.unavailable' });
  await lossy.runOnce();

  const { events } = await world.log.searchEvents({}, { limit: 10 });
  const [gap, event] = events;
  assert.deepEqual([gap?.type, event?.type, events.length], ['log.gap', 'login.started', 2]);
  assert.deepEqual(gap?.facts['alreadyRecordedIds'], [event?.id]);
});

/** The statement is done and committed, and the connection breaks before the answer is here. */
class LosesOneAnswer implements KyselyPlugin {
  #isLost = false;

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    return node;
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    if (!this.#isLost && result.numAffectedRows === 1n) {
      this.#isLost = true;
      throw new Error('Connection terminated unexpectedly');
    }
    return result;
  }
}

test('lines that our keys did not write are not believed, and a line cut short does not stop the others', async (t) => {
  const spoolDir = await temporaryFolder(t);
  const world = await openWorld(t, { spoolDir });
  await appendInVain(world, [someEvent(), someEvent()]);
  const [name = ''] = await spooled(spoolDir);
  const path = join(spoolDir, name);
  const [first = '', second = ''] = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, `${first.replace('login.started', 'login.refused')}\n${second}\n`);
  await appendFile(path, second.slice(0, 40));

  await world.log.runOnce();

  const { events } = await world.log.searchEvents({}, { limit: 10 });
  assert.deepEqual(
    events.map(({ type }) => type),
    ['login.started', 'log.gap'],
  );
  assert.equal(events[1]?.facts['unreadable'], 2);
  assert.deepEqual(await readdir(spoolDir), [`${name}.unreadable`]);
});

test('without a spool folder the append still fails and the process log has the event', async (t) => {
  const lines: unknown[] = [];
  const log = {
    ...silentLog,
    error: (message: string, fields?: object) => void lines.push({ message, ...fields }),
  };
  const world = await openWorld(t, { log: { ...log, child: () => log } });

  await appendInVain(world, [someEvent({ personal: { mail: 'mira@halden.example' } })]);

  assert.match(JSON.stringify(lines), /"type":"login.started"/);
  assert.doesNotMatch(JSON.stringify(lines), /mira@/);
});

test('a database that never answers is given up after the time allowed', async (t) => {
  const world = await openWorld(t, { limits: { commitTimeoutMs: 50 } });
  await world.log.warmUp([]);
  await world.db.transaction().execute(async (trx) => {
    await lockEvents(trx);

    await assert.rejects(world.log.append(someEvent()), { code: 'access_log.unavailable' });
  });
});

async function lockEvents(trx: Parameters<World['log']['appendIn']>[0]): Promise<void> {
  await sql`lock table access_log_event in access exclusive mode`.execute(trx);
}
