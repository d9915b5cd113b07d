import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Request } from 'express';
import { sql } from 'kysely';
import { migrations } from '../../src/app/index.ts';
import { addMs, HOUR, newId, type SessionId } from '../../src/base/index.ts';
import type { Directory } from '../../src/directory/index.ts';
import type { Upstream } from '../../src/federation/index.ts';
import { createCurrentSession } from '../../src/login/index.ts';
import type { Cookies } from '../../src/platform/http/index.ts';
import { type KeyValueStore, openMemoryKeyValue } from '../../src/platform/key-value/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { createSessions, type NewSession } from '../../src/session/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

// The key-value store may lose everything, and may come back as it was an hour ago (a snapshot, a replica that was
// behind). Neither may bring an ended session back, and whoever can write there must not be able to sign in (R7.3).

async function openRoom() {
  const stack = new AsyncDisposableStack();
  const clock = new ManualClock();
  const database = stack.use(await createTestDatabase(migrations));
  const memory = stack.use(openMemoryKeyValue({ clock }));
  const written: { key: string; value: string }[] = [];
  const beforeWriting: (() => Promise<void>)[] = [];
  const keyValue: KeyValueStore = Object.assign(Object.create(memory) as KeyValueStore, {
    async set(key: string, value: string, ttlMs: number): Promise<void> {
      await beforeWriting.pop()?.();
      written.push({ key, value });
      await memory.set(key, value, ttlMs);
    },
  });
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const keys = stack.use(
    await openKeys({ db: database.db, listen: (...args) => database.listen(...args), clock, masterKeys }),
  );
  const sessions = createSessions({ db: database.db, keyValue, keys, clock });
  const personId = newId('per');
  const wanted: NewSession = {
    ...{ personId, identityId: newId('idn'), connection: 'otds', issuer: 'https://otds.example', amr: [] },
    ...{ ends: addMs(clock.now(), HOUR), authTime: clock.now(), confirmedAt: clock.now() },
    ...{ device: 'Firefox on Linux', upstreamSession: {} },
  };
  return {
    ...{ clock, db: database.db, memory, sessions, personId, wanted, beforeWriting },
    stored(): { key: string; value: string } {
      const last = written.at(-1);
      assert.ok(last);
      return last;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('an ended session does not come back with an older copy of the key-value store', async () => {
  await using room = await openRoom();
  const { session, token } = await room.sessions.open(room.wanted);
  const { key, value } = room.stored();
  await room.sessions.end(room.personId, session.id, 'signed-out');

  await room.memory.set(key, value, HOUR);

  assert.equal(await room.sessions.find(token), undefined);
});

test('a session that is ended while it is being opened never runs', async () => {
  await using room = await openRoom();
  room.beforeWriting.push(async () => {
    const { rows } = await sql<{ id: SessionId }>`select id from session_index`.execute(room.db);
    for (const { id } of rows) await room.sessions.end(room.personId, id, 'person-disabled');
  });

  const { token } = await room.sessions.open(room.wanted);

  assert.equal(await room.sessions.find(token), undefined);
});

for (const [what, change] of [
  ['another person', { person: newId('per') }],
  ['another session', { id: newId('ses') }],
  ['another connection', { connection: 'access-manager' }],
  ['a later end', { ends: '2999-01-01T00:00:00.000Z' }],
] as const) {
  test(`a session changed in the key-value store to ${what} signs nobody in`, async () => {
    await using room = await openRoom();
    const { token } = await room.sessions.open(room.wanted);
    const { key, value } = room.stored();

    await room.memory.set(key, JSON.stringify({ ...JSON.parse(value), ...change }), 100 * HOUR);
    if ('ends' in change) room.clock.advance(HOUR);

    assert.equal(await room.sessions.find(token), undefined);
  });
}

test('a session copied in the key-value store under a token of one’s own signs nobody in', async () => {
  await using room = await openRoom();
  const mine = await room.sessions.open({ ...room.wanted, personId: newId('per') });
  const { key } = room.stored();
  await room.sessions.open(room.wanted);

  await room.memory.set(key, room.stored().value, HOUR);

  assert.equal(await room.sessions.find(mine.token), undefined);
});

test('a session changed in the key-value store to somebody else’s identity shows nothing of theirs', async () => {
  await using room = await openRoom();
  const { token } = await room.sessions.open(room.wanted);
  const theirs = newId('idn');
  const person = { id: newId('per'), status: 'active', groups: [], attributes: {} } as const;
  const personBehind: Directory['personBehind'] = async (id) =>
    id === theirs ? { person, facts: {} as never } : undefined;
  const current = createCurrentSession({
    cookies: { read: () => token } as unknown as Cookies,
    sessions: room.sessions,
    directory: { personBehind } as Directory,
    upstreams: { get: () => ({}) as Upstream },
  });

  const { key, value } = room.stored();
  await room.memory.set(key, JSON.stringify({ ...JSON.parse(value), identity: theirs }), HOUR);

  assert.equal(await current.of({} as Request), undefined);
});
