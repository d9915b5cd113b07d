import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMs, HOUR, MINUTE, SECOND } from '../../src/base/index.ts';
import { openRoom, type Room } from './room.ts';

// A session that reaches its own end ends without anybody doing something; relying parties are told all the same.

async function entered(room: Room, ids: readonly string[]) {
  const opened = await room.open(ids);
  for (const id of ids) await room.logout.watchLimit(opened.session, id);
  return opened;
}

const told = (room: Room): readonly string[] => room.steps.filter((step) => step.startsWith('tell '));

test('when a session reaches its end, those that can be told server to server are told', async () => {
  await using room = await openRoom();
  const { session } = await entered(room, ['wiki', 'media', 'shop', 'notes', 'desk']);
  room.clock.advance(session.ends.getTime() - room.clock.now().getTime() - 1);
  await room.jobs.runDue();
  assert.equal(room.steps.length, 0);

  room.clock.advance(1);
  await room.jobs.runDue();

  assert.deepEqual([...told(room)].sort(), ['tell desk', 'tell wiki']);
  const ended = room.events.find(({ type }) => type === 'session.ended');
  assert.deepEqual(ended?.facts, {
    ...{ reason: 'limit', by: 'end' },
    relyingParties: ['wiki', 'media', 'shop', 'notes', 'desk'],
  });
  const finished = room.events.find(({ type }) => type === 'logout.finished');
  assert.deepEqual(finished?.facts['confirmed'], ['wiki', 'desk']);
  assert.deepEqual(finished?.facts['unconfirmed'], []);
  assert.ok(room.steps.includes('revoke of session'));
});

test('a session that was renewed is told at its later end, once', async () => {
  await using room = await openRoom();
  const { session } = await entered(room, ['wiki']);
  room.clock.advance(30 * MINUTE);
  const renewed = await room.sessions.renew(session, {
    ...session,
    ...{ authTime: room.clock.now(), ends: addMs(room.clock.now(), HOUR) },
    ...{ device: 'Firefox on Linux', upstreamSession: {} },
  });
  assert.ok(renewed);
  await room.logout.watchLimit(renewed.session, 'wiki');
  room.clock.advance(45 * MINUTE);
  await room.jobs.runDue();
  assert.deepEqual(told(room), []);

  room.clock.advance(30 * MINUTE);
  await room.jobs.runDue();

  assert.deepEqual(told(room), ['tell wiki']);
});

test('a session that was ended before has told everybody already', async () => {
  await using room = await openRoom();
  const { session } = await entered(room, ['wiki']);
  await room.logout.endSession(session, { by: 'person', reason: 'signed-out' });
  room.clock.advance(MINUTE);
  await room.jobs.runDue();
  const before = room.steps.length;
  room.clock.advance(2 * HOUR);
  await room.jobs.runDue();

  assert.equal(room.steps.length, before);
});

test('another process tells when the one of the sign-in is gone, and again when nobody answers', async () => {
  await using room = await openRoom();
  await entered(room, ['wiki']);
  room.peers.manners.set('wiki', 'is broken');
  room.clock.advance(2 * HOUR);
  const elsewhere = room.elsewhere();
  await elsewhere.runDue();
  room.peers.manners.set('wiki', 'confirms');
  room.clock.advance(MINUTE + SECOND);

  await elsewhere.runDue();

  assert.equal(room.typesOf().filter((type) => type === 'logout.confirmed').length, 1);
});

test('sessions in which nobody can be told wait for nothing', async () => {
  await using room = await openRoom();
  await entered(room, ['media', 'shop', 'notes']);

  assert.deepEqual(await room.jobs.counts(), []);
});
