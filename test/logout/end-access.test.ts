import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR, newId } from '../../src/base/index.ts';
import { openRoom } from './room.ts';

// R3.5: "end this person's access now", as one function.

// Twice for accounts: at first so that a crash forgets none of them, and when no session runs that could begin another.
test('first nothing that was issued counts any more, then accounts in targets begin to close, then sessions end, then grants, then everybody is told', async () => {
  await using room = await openRoom();
  const { session } = await room.open(['wiki']);

  await room.logout.endAccess(room.personId, { by: 'admin', reason: 'access-ended' });

  assert.equal(await room.isRunning(session), false);
  assert.deepEqual(room.steps, [
    `nothing before ${room.clock.now().toISOString()}`,
    ...['ladders', 'logout.started', 'session.ended', 'revoke of session', 'revoke of person', 'ladders'],
    ...['logout.sent', 'tell wiki', 'logout.confirmed', 'logout.finished'],
  ]);
  assert.equal(room.events.find(({ type }) => type === 'session.ended')?.facts['reason'], 'kill');
});

test('it reaches every session of the person and nobody else, and says what could not be told', async () => {
  await using room = await openRoom();
  const mine = [];
  for (let count = 0; count < 60; count += 1) mine.push(await room.open([]));
  const told = await room.open(['media', 'wiki']);
  const other = await room.open(['wiki'], { personId: newId('per') });

  const [report] = await room.logout.endAccess(room.personId, { by: 'end', reason: 'person-disabled' });

  for (const { session } of [...mine, told]) assert.equal(await room.isRunning(session), false);
  assert.equal(await room.isRunning(other.session), true);
  assert.deepEqual(report?.relyingParties, ['media', 'wiki']);
  const finished = room.events.findLast(({ type }) => type === 'logout.finished');
  assert.deepEqual(finished?.facts['confirmed'], ['wiki']);
  assert.deepEqual(finished?.facts['unconfirmed'], ['media']);
});

test('without a session, grants and tokens end all the same, and doing it twice is harmless', async () => {
  await using room = await openRoom();

  await room.logout.endAccess(room.personId, { by: 'admin', reason: 'access-ended' });
  await room.logout.endAccess(room.personId, { by: 'admin', reason: 'access-ended' });

  const done = [`nothing before ${room.clock.now().toISOString()}`, 'ladders', 'revoke of person', 'ladders'];
  assert.deepEqual(room.steps, [...done, ...done]);
});

test('one session that is ended from another place is told like any other', async () => {
  await using room = await openRoom();
  const one = await room.open(['wiki']);
  const two = await room.open(['desk']);

  const ref = { id: one.session.id, personId: room.personId };
  const report = await room.logout.endSession(ref, { by: 'person', reason: 'ended-by-person' });

  assert.deepEqual(report?.relyingParties, ['wiki']);
  assert.equal(await room.isRunning(one.session), false);
  assert.equal(await room.isRunning(two.session), true);
  assert.equal(await room.logout.endSession(ref, { by: 'person', reason: 'ended-by-person' }), undefined);
  const stranger = { id: two.session.id, personId: newId('per') };
  assert.equal(
    await room.logout.endSession(stranger, { by: 'person', reason: 'ended-by-person' }),
    undefined,
  );
});

test('whoever erases a person can see whether somebody must still be told, until it was told or given up', async () => {
  await using room = await openRoom();
  await room.open(['wiki']);
  room.peers.manners.set('wiki', 'is broken');
  await room.logout.endAccess(room.personId, { by: 'admin', reason: 'access-ended' });
  const broken = await room.logout.isTelling(room.personId);

  for (let hour = 0; hour < 12; hour += 1) {
    room.clock.advance(HOUR);
    await room.jobs.runDue();
  }

  assert.deepEqual([broken, await room.logout.isTelling(room.personId)], [true, false]);
  assert.equal((await room.jobs.dead())[0]?.failure, 'logout.no_answer');
  assert.equal(await room.logout.isTelling(newId('per')), false);
});
