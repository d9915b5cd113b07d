import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Stores } from '../../src/app/index.ts';
import type { Page } from '../support/browser.ts';
import { health } from './child.ts';
import { assertFaultsHaveReferences, assertLogVerifies, assertOnePersonEach } from './invariants.ts';
import { Visitor } from './person.ts';
import { type Member, type ServerMode, startServerMode } from './server-mode.ts';

const WITHIN_MS = 20_000;

const inStore = (page: Page): boolean => page.status === 200 && page.url.hostname === 'store-emea.localhost';
const refused = (page: Page): boolean => page.status === 503;

test('Redis goes and comes back: every web process says so, people are refused meanwhile and get in by trying on', async () => {
  await using world = await startServerMode();
  const mira = new Visitor(world.origin, 'mira');
  await mira.insist('/launch/store-emea', inStore);
  const before = world.web.map(({ child }) => child.pid);

  await world.redis.kill();
  for (const member of world.web) await untilReadiness(member, 'key-value', 'failed');
  const page = await mira.insist('/launch/store-emea', refused);
  const live = await Promise.all(world.web.map((each) => health(each.managementPort, '/health/live')));
  const trying = mira.insist('/launch/store-emea', inStore);
  await world.redis.restart();
  await trying;
  for (const member of world.web) await untilReadiness(member, 'key-value', 'ok');

  assert.match(page.text, /try again/i);
  assert.deepEqual(
    live.map((each) => each?.status),
    [200, 200],
    'a restart would not help, so nobody asks for one',
  );
  assert.deepEqual(
    world.web.map(({ child }) => child.pid),
    before,
  );
  assertFaultsHaveReferences([mira.seen]);
  await using stores = await world.openStores();
  const [event] = await eventsOf(stores, { thread: threadOn(page) });
  assert.equal(event?.code, 'key_value.unavailable');
  await assertOnePersonEach(stores, 1);
  await assertLogVerifies(stores);
});

test('a web process that dies while the database is away loses nothing: what it spooled comes back behind a gap', async () => {
  await using world = await startServerMode();
  const [first, second] = world.web;
  assert.ok(first && second);
  const mira = new Visitor(world.origin, 'mira');
  await mira.insist('/launch/store-emea', inStore);

  await world.postgres.stop();
  for (const member of world.web) await untilReadiness(member, 'database', 'failed');
  world.balancer.choose = () => 0;
  const page = await mira.insist('/launch/store-emea', refused);
  assert.equal(spoolFiles(world).length, 1, 'on the disk before the page left');
  await first.child.end('SIGKILL');
  await world.postgres.start();
  const dead = spoolFiles(world);
  await first.killAndStart();
  await mira.insist('/launch/store-emea', inStore);

  await using stores = await world.openStores();
  const gap = await untilGap(stores);
  const [event] = await eventsOf(stores, { thread: threadOn(page) });
  assert.equal(dead.length, 1, 'only the process that wrote it may take it away');
  assert.equal(gap.events >= 1 && gap.unreadable === 0, true, JSON.stringify(gap));
  assert.equal(event?.spooled, true, 'the log says that the answer was withheld');
  assert.ok(gap.order < event.order, 'the gap stands before what was spooled');
  await until('the spool is empty', async () => spoolFiles(world).length === 0);
  for (const member of world.web) await untilReadiness(member, 'database', 'ok');
  assertFaultsHaveReferences([mira.seen]);
  await assertOnePersonEach(stores, 1);
  await assertLogVerifies(stores);
});

test('a web process that is started while the database is away waits for it', async () => {
  await using world = await startServerMode({ webs: 1 });
  const [web] = world.web;
  assert.ok(web);
  await world.postgres.stop();
  await web.killAndStart();
  await web.child.says('waits for the database');

  await world.postgres.start();
  await web.ready();

  assert.equal(web.child.isOver, false);
  await new Visitor(world.origin, 'mira').insist('/launch/store-emea', inStore);
});

type Told = { readonly code?: string; readonly spooled?: boolean; readonly order: number };
type Body = Omit<Told, 'order'> & {
  readonly facts: { readonly events: number; readonly unreadable: number };
};

/** Events that are chained, in the order of the chain. */
async function eventsOf({ database }: Stores, where: { thread: string }): Promise<readonly Told[]> {
  let rows = await chained(database, where.thread, null);
  await until(`${where.thread} is in the chain`, async () => {
    rows = await chained(database, where.thread, null);
    return rows.length > 0;
  });
  return rows.map(({ body, seq }) => ({ ...(JSON.parse(body) as Body), order: Number(seq) }));
}

async function untilGap({ database }: Stores): Promise<Body['facts'] & { readonly order: number }> {
  let rows = await chained(database, null, 'log.gap');
  await until('the gap is in the chain', async () => {
    rows = await chained(database, null, 'log.gap');
    return rows.length > 0;
  });
  assert.equal(rows.length, 1, 'one gap for one file');
  const [{ body, seq } = assert.fail()] = rows;
  return { ...(JSON.parse(body) as Body).facts, order: Number(seq) };
}

async function chained({ db }: Stores['database'], thread: string | null, type: string | null) {
  const { rows } = await sql<{ body: string; seq: string }>`
    select e.body, l.seq from access_log_event e join access_log_link l on l.arrival = e.arrival
    where (${thread}::text is null or e.thread = ${thread}) and (${type}::text is null or e.type = ${type})
    order by l.seq`.execute(db);
  return rows;
}

function threadOn({ text }: Page): string {
  return /lgn_[0-9a-z]{26}/.exec(text)?.[0] ?? assert.fail(`no reference: ${text}`);
}

/** Files of all members; each keeps its own folder below. */
function spoolFiles({ env }: ServerMode): readonly string[] {
  const folder = join(env['VESTIBULE_DATA'] ?? '', 'spool');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.spool'));
}

/** Waits until the member's own health page says this of what it depends on. */
async function untilReadiness(member: Member, name: string, status: 'ok' | 'failed'): Promise<void> {
  await until(`${name} is ${status} at the ${member.role} process`, async () => {
    const answer = await health(member.managementPort);
    const { dependencies = [] } = (answer?.body ?? {}) as {
      dependencies?: { name: string; status: string }[];
    };
    const isSaid = dependencies.some((each) => each.name === name && each.status === status);
    return isSaid && (answer?.status === 200) === (status === 'ok');
  });
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await isSo()); waited += 50) {
    if (waited > WITHIN_MS) throw new Error(`still not: ${what}`);
    await wait(50);
  }
}
