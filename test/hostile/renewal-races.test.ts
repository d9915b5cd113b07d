import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import { type KeyValueStore, openMemoryKeyValue } from '../../src/platform/key-value/index.ts';
import { createSessions, sessionTokenHash } from '../../src/session/index.ts';
import { openRoom } from '../session/room.ts';

// What else happens while a session gets its new token.

async function openWatched() {
  const room = await openRoom();
  const memory = openMemoryKeyValue({ clock: room.clock });
  let before: (() => Promise<void>) | undefined;
  const watched = (work: () => Promise<void>): Promise<void> => {
    const run = before;
    before = undefined;
    return (run?.() ?? Promise.resolve()).then(work);
  };
  const keyValue: KeyValueStore = Object.assign(Object.create(memory) as KeyValueStore, {
    set: (key: string, value: string, ttlMs: number) => watched(() => memory.set(key, value, ttlMs)),
    delete: (...keys: string[]) => watched(() => memory.delete(...keys)),
  });
  const { db, keys, clock } = room;
  return {
    ...{ room, memory, sessions: createSessions({ db, keyValue, keys, clock }) },
    atNextWrite: (run: () => Promise<void>) => {
      before = run;
    },
    async [Symbol.asyncDispose]() {
      await memory[Symbol.asyncDispose]();
      await room[Symbol.asyncDispose]();
    },
  };
}

test('a refresh that comes while the session is renewed finds it', async () => {
  await using world = await openWatched();
  const { sessions, room } = world;
  const wanted = room.wanted();
  const { session } = await sessions.open(wanted);
  const seen: boolean[] = [];
  const look = async (): Promise<void> => void seen.push((await sessions.byId(session.id)) !== undefined);
  world.atNextWrite(async () => {
    await look();
    world.atNextWrite(look);
  });

  await sessions.renew(session, wanted);
  await look();

  assert.deepEqual(seen, [true, true, true]);
});

test('an end that comes while the session is renewed ends it, and knows the browser by its new token', async () => {
  await using world = await openWatched();
  const { sessions, room } = world;
  const wanted = room.wanted({ upstreamSession: { sid: 'first' } });
  const { session } = await sessions.open(wanted);
  let token = '';
  world.atNextWrite(async () => {
    const renewed = await sessions.renew(session, { ...wanted, upstreamSession: { sid: 'second' } });
    token = renewed?.token ?? '';
  });

  const ended = await sessions.end(session.personId, session.id, 'signed-out');
  room.clock.advance(MINUTE);

  assert.equal(await sessions.find(token), undefined);
  assert.equal(ended?.tokenHash, sessionTokenHash(token));
  assert.deepEqual(ended?.upstream, { sid: 'second' });
});
