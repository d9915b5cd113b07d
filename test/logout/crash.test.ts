import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import { openRoom, type Room } from './room.ts';

// A session is over before anybody is told. Whatever happens in between, nobody stays untold, and the record is complete.

const told = (room: Room): readonly string[] => room.steps.filter((step) => step.startsWith('tell '));
const why = { by: 'admin', reason: 'access-ended' } as const;

for (const place of ['the record', 'revoking', 'telling'] as const) {
  test(`a process that dies at ${place}, after it ended a session, leaves nobody untold`, async (t) => {
    await using room = await openRoom();
    const { session } = await room.open(['wiki', 'notes']);
    const { accessLog, access, runs } = room.logout.deps;
    const dies = async (): Promise<never> => {
      throw new Error('the process is gone');
    };
    if (place === 'the record') t.mock.method(accessLog, 'append', dies);
    if (place === 'revoking') t.mock.method(access, 'revokeOfSession', dies);
    if (place === 'telling') t.mock.method(runs, 'create', dies);
    await assert.rejects(room.logout.endSession(session, why));
    assert.equal(await room.isRunning(session), false);
    assert.deepEqual(told(room), []);

    t.mock.restoreAll();
    const elsewhere = room.elsewhere();
    room.clock.advance(MINUTE);
    await elsewhere.runDue();

    assert.deepEqual(told(room), ['tell wiki']);
    assert.ok(room.steps.includes('revoke of session'));
    const ended = room.events.find(({ type }) => type === 'session.ended');
    assert.deepEqual(ended?.facts, { reason: 'kill', by: 'admin', relyingParties: ['wiki', 'notes'] });
    const finished = room.events.find(({ type }) => type === 'logout.finished');
    assert.equal(finished?.thread, ended?.thread);
    assert.deepEqual(finished?.facts['confirmed'], ['wiki']);
  });
}

test('a sign-out that went its way is not gone again', async () => {
  await using room = await openRoom();
  const { session } = await room.open(['wiki', 'notes']);
  await room.logout.endSession(session, why);
  const before = room.steps.length;

  room.clock.advance(2 * MINUTE);
  await room.jobs.runDue();

  assert.deepEqual(told(room), ['tell wiki']);
  assert.equal(room.steps.length, before);
});

test('an end that cannot be written down for others is no end yet, and comes with the next call', async (t) => {
  await using room = await openRoom();
  const { session } = await room.open(['wiki']);
  const refused = async (): Promise<never> => {
    throw new Error('the database refuses');
  };
  t.mock.method(room.jobs, 'enqueue', refused);
  await assert.rejects(room.logout.endSession(session, why));
  t.mock.restoreAll();

  assert.ok(await room.logout.endSession(session, why));

  assert.deepEqual(told(room), ['tell wiki']);
});
