import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { HOUR, MINUTE, newId } from '../../src/base/index.ts';
import { openRoom } from './room.ts';

// R2.1, R7.3: the one truth about who is signed in.

test('a session is found by its token, with everything that it was opened with', async () => {
  await using room = await openRoom();
  const wanted = room.wanted({ authnContext: 'name/password/uri' });

  const { session, token } = await room.sessions.open(wanted);

  assert.deepEqual(await room.sessions.find(token), session);
  const { device: _device, upstreamSession: _upstream, ...facts } = wanted;
  assert.deepEqual(session, { ...facts, id: session.id, openedAt: room.clock.now() });
});

test('nobody gets a session by reading the database or the key-value store: only the hash of the token is there', async () => {
  await using room = await openRoom();

  const { token } = await room.sessions.open(room.wanted());

  assert.ok(Buffer.from(token, 'base64url').length >= 32, '256 bits');
  const { rows } = await sql`select * from session_index`.execute(room.db);
  assert.equal(rows.length, 1);
  assert.ok(room.written.length > 0);
  for (const text of [JSON.stringify(rows), ...room.written]) assert.ok(!text.includes(token));
  const hash = String((rows[0] as { token_hash: string }).token_hash);
  assert.equal(await room.sessions.find(hash), undefined, 'the hash opens nothing');
});

test('what upstream calls the session, and the device, are sealed', async () => {
  await using room = await openRoom();

  await room.sessions.open(room.wanted());

  const { rows } = await sql`select * from session_index`.execute(room.db);
  const text = `${JSON.stringify(rows)}${room.written.join()}`;
  assert.ok(!text.includes('upstream-session-of-mira') && !text.includes('Firefox'));
});

test('every session has a token and an id of its own, also for the same person in the same browser', async () => {
  await using room = await openRoom();

  const one = await room.sessions.open(room.wanted());
  const two = await room.sessions.open(room.wanted());

  assert.notEqual(one.token, two.token);
  assert.notEqual(one.session.id, two.session.id);
});

test('the end is fixed when the session opens: using it does not move it', async () => {
  await using room = await openRoom();
  const { session, token } = await room.sessions.open(room.wanted());

  room.clock.advance(HOUR - MINUTE);
  await room.sessions.find(token);
  await room.sessions.enter(session, 'store-emea');
  const [listed] = await room.sessions.list(room.personId);
  assert.deepEqual(listed?.ends, session.ends);
  room.clock.advance(MINUTE - 1);
  assert.deepEqual((await room.sessions.find(token))?.ends, session.ends);

  room.clock.advance(1);
  assert.equal(await room.sessions.find(token), undefined, 'over at its end, not after it');
  assert.deepEqual(await room.sessions.list(room.personId), []);
});

test('a session that ends by itself cannot be ended again', async () => {
  await using room = await openRoom();
  const { session } = await room.sessions.open(room.wanted());

  room.clock.advance(HOUR);

  assert.equal(await room.sessions.end(room.personId, session.id, 'signed-out'), undefined);
});

test('the list has the running sessions of one person, newest first, with what each entered and in which order', async () => {
  await using room = await openRoom();
  const old = await room.sessions.open(room.wanted({ device: 'Safari on iPhone' }));
  room.clock.advance(MINUTE);
  const young = await room.sessions.open(room.wanted({ connection: 'access-manager' }));
  const over = await room.sessions.open(room.wanted());
  await room.sessions.end(room.personId, over.session.id, 'signed-out');
  await room.sessions.open(room.wanted({ personId: newId('per') }));
  for (const id of ['store-na', 'store-emea', 'store-na']) {
    room.clock.advance(1);
    await room.sessions.enter(old.session, id);
  }

  const list = await room.sessions.list(room.personId);

  assert.deepEqual(
    list.map(({ id, connection, device, entered }) => ({ id, connection, device, entered })),
    [
      { id: young.session.id, connection: 'access-manager', device: 'Firefox on Linux', entered: [] },
      {
        ...{ id: old.session.id, connection: 'otds', device: 'Safari on iPhone' },
        entered: ['store-na', 'store-emea'],
      },
    ],
  );
});

test('ending a session signs its browser out at once, and says what it had entered', async () => {
  await using room = await openRoom();
  const { session, token } = await room.sessions.open(room.wanted());
  const other = await room.sessions.open(room.wanted());
  await room.sessions.enter(session, 'store-emea');

  const ended = await room.sessions.end(room.personId, session.id, 'ended-by-person');

  assert.deepEqual(ended?.entered, ['store-emea']);
  assert.equal(ended?.device, 'Firefox on Linux');
  assert.equal(await room.sessions.find(token), undefined);
  assert.ok(await room.sessions.find(other.token), 'other sessions go on');
  const { rows } = await sql`select end_reason, ended_at from session_index where id = ${session.id}`.execute(
    room.db,
  );
  assert.deepEqual(rows, [{ end_reason: 'ended-by-person', ended_at: room.clock.now() }]);
});

test('entering the same place twice is remembered once', async () => {
  await using room = await openRoom();
  const { session } = await room.sessions.open(room.wanted());

  const entered = await Promise.all([1, 2, 3].map(() => room.sessions.enter(session, 'store-emea')));

  assert.deepEqual(entered, [true, true, true]);
  assert.deepEqual((await room.sessions.list(room.personId))[0]?.entered, ['store-emea']);
});

test('a restart without Redis costs a new sign-in: old sessions are neither found nor listed', async () => {
  await using room = await openRoom();
  const { token } = await room.sessions.open(room.wanted());

  const restarted = room.elsewhere();

  assert.equal(await restarted.find(token), undefined);
  assert.deepEqual(await restarted.list(room.personId), []);
});

for (const [name, token] of [
  ['nothing', ''],
  ['another session’s look', 'A'.repeat(43)],
  ['something very long', 'x'.repeat(100_000)],
] as const) {
  test(`a cookie with ${name} is nobody`, async () => {
    await using room = await openRoom();
    await room.sessions.open(room.wanted());

    assert.equal(await room.sessions.find(token), undefined);
  });
}

test('a session in the key-value store stays small', async () => {
  await using room = await openRoom();

  await room.sessions.open(
    room.wanted({ issuer: 'https://otds.halden.example/otdsws', connection: 'opentext-directory-services' }),
  );

  const bytes = room.written.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  assert.ok(bytes <= 600, `${bytes} bytes`);
});

test('sessions of a person who was erased end like any other, and tell nothing about them', async () => {
  await using room = await openRoom();
  const [first, second] = [await room.sessions.open(room.wanted()), await room.sessions.open(room.wanted())];
  const party = { subject: room.personId, handle: 'sid-1', details: {} };
  await room.sessions.enter(first.session, 'wiki', party);
  await room.keys.destroy(room.personId);

  const listed = await room.sessions.list(room.personId);
  const ended = await room.sessions.end(room.personId, first.session.id, 'access-ended');
  room.clock.advance(2 * HOUR);
  const atLimit = await room.sessions.endAtLimit(room.personId, second.session.id);

  assert.deepEqual([...new Set(listed.map(({ device }) => device))], ['']);
  assert.deepEqual([ended?.entered, ended?.parties[0]?.party, ended?.upstream], [['wiki'], undefined, {}]);
  assert.equal(atLimit.outcome, 'ended');
});
