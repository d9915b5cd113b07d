import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { migrations } from '../../src/app/index.ts';
import { addMs, HOUR, newId } from '../../src/base/index.ts';
import { openMemoryKeyValue } from '../../src/platform/key-value/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { createSessions, type NewSession } from '../../src/session/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

async function openRoom() {
  const stack = new AsyncDisposableStack();
  const clock = new ManualClock();
  const database = stack.use(await createTestDatabase(migrations));
  const keyValue = stack.use(openMemoryKeyValue({ clock }));
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
  return { clock, keyValue, sessions, personId, wanted, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('the oldest of many sessions of one person can still be ended', async () => {
  await using room = await openRoom();
  const oldest = await room.sessions.open(room.wanted);
  for (let count = 0; count < 60; count += 1) {
    room.clock.advance(1);
    await room.sessions.open(room.wanted);
  }

  const ended = await room.sessions.end(room.personId, oldest.session.id, 'signed-out');

  assert.equal(ended?.id, oldest.session.id);
  assert.equal(await room.sessions.find(oldest.token), undefined);
});

test('a session that was ended enters nothing any more, not even a place it had entered before', async () => {
  await using room = await openRoom();
  const { session } = await room.sessions.open(room.wanted);
  const before = await room.sessions.enter(session, 'store-emea');

  await room.sessions.end(room.personId, session.id, 'signed-out');

  assert.equal(before, true);
  assert.equal(await room.sessions.enter(session, 'store-emea'), false);
  assert.equal(await room.sessions.enter(session, 'store-na'), false);
});

test('a session at its end enters nothing any more', async () => {
  await using room = await openRoom();
  const { session } = await room.sessions.open(room.wanted);
  await room.sessions.enter(session, 'store-emea');

  room.clock.advance(HOUR);

  assert.equal(await room.sessions.enter(session, 'store-emea'), false);
  assert.equal(await room.sessions.enter(session, 'store-na'), false);
});

test('an entry that races the sign-out is either listed by it or refused', async () => {
  await using room = await openRoom();
  for (let round = 0; round < 20; round += 1) {
    const { session } = await room.sessions.open(room.wanted);

    const [ended, ...entered] = await Promise.all([
      room.sessions.end(room.personId, session.id, 'signed-out'),
      ...['store-emea', 'store-na', 'store-outlet'].map(async (id) => ({
        id,
        isIn: await room.sessions.enter(session, id),
      })),
    ]);

    const wentIn = entered.filter(({ isIn }) => isIn).map(({ id }) => id);
    assert.deepEqual([...(ended?.entered ?? [])].sort(), wentIn.sort());
  }
});

test('the session of somebody else cannot be ended', async () => {
  await using room = await openRoom();
  const { session, token } = await room.sessions.open(room.wanted);

  const ended = await room.sessions.end(newId('per'), session.id, 'ended-by-person');

  assert.equal(ended, undefined);
  assert.equal((await room.sessions.find(token))?.id, session.id);
});

test('of parallel ends of one session one says that it ended it', async () => {
  await using room = await openRoom();
  const { session } = await room.sessions.open(room.wanted);

  const ends = await Promise.all(
    Array.from({ length: 8 }, () => room.sessions.end(room.personId, session.id, 'signed-out')),
  );

  assert.equal(ends.filter((ended) => ended !== undefined).length, 1);
});
