import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import { addMs, HOUR, newId } from '../../src/base/index.ts';
import { openMemoryKeyValue } from '../../src/platform/key-value/index.ts';
import { MasterKey, openKeys, migrations as tablesOfKeys } from '../../src/platform/keys/index.ts';
import { createSessions, migrations, type NewSession, sessionTokenHash } from '../../src/session/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

// How sessions are found without their cookie: by refreshes, and by the logout messages of others.

async function openRoom() {
  const stack = new AsyncDisposableStack();
  const clock = new ManualClock();
  const database = stack.use(await createTestDatabase({ ...migrations, ...tablesOfKeys }));
  const { db } = database;
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const keys = stack.use(
    await openKeys({ db, listen: (...args) => database.listen(...args), clock, masterKeys }),
  );
  const keyValue = stack.use(openMemoryKeyValue({ clock }));
  const sessions = createSessions({ db, keyValue, keys, clock });
  const open = async (more: Partial<NewSession> = {}) => {
    const wanted: NewSession = {
      ...{
        personId: newId('per'),
        identityId: newId('idn'),
        connection: 'otds',
        issuer: 'https://otds.example',
      },
      ...{ ends: addMs(clock.now(), HOUR), authTime: clock.now(), confirmedAt: clock.now(), amr: [] },
      ...{ device: 'Firefox on Linux', upstreamSession: {} },
      ...more,
    };
    return sessions.open(wanted);
  };
  return { clock, db, keyValue, sessions, open, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const party = (handle: string, subject: string) => ({ handle, subject, details: {} });

test('a session is found by its id while it runs, and not a moment longer', async () => {
  await using room = await openRoom();
  const { session } = await room.open();
  const other = await room.open();

  assert.deepEqual(await room.sessions.byId(session.id), session);
  assert.equal(await room.sessions.byId(newId('ses')), undefined);
  await room.sessions.end(session.personId, session.id, 'signed-out');
  assert.equal(await room.sessions.byId(session.id), undefined);
  room.clock.advance(HOUR);
  assert.equal(await room.sessions.byId(other.session.id), undefined);
});

test('an id whose token is gone from the key-value store finds nothing: the person must sign in anew', async () => {
  await using room = await openRoom();
  const { session, token } = await room.open();

  await room.keyValue.delete(`session:token:${sessionTokenHash(token)}`);

  assert.equal(await room.sessions.byId(session.id), undefined);
});

test('what the key-value store says of a session is not believed against the index', async () => {
  await using room = await openRoom();
  const { session, token } = await room.open();
  const { session: other } = await room.open();
  const key = `session:token:${sessionTokenHash(token)}`;
  const stored = (await room.keyValue.get(key)) ?? '';
  const lies = [
    [session.id, other.id],
    [session.personId, other.personId],
    ['"otds"', '"access-manager"'],
  ] as const;

  for (const [truth, lie] of lies) {
    assert.ok(stored.includes(truth));
    await room.keyValue.set(key, stored.replaceAll(truth, lie), HOUR);
    assert.equal(await room.sessions.byId(session.id), undefined, lie);
    assert.equal(await room.sessions.find(token), undefined, lie);
  }
  await room.keyValue.set(key, stored, HOUR);
  assert.deepEqual(await room.sessions.byId(session.id), session);
});

test('a relying party finds sessions by its own names alone: person, handles, or both', async () => {
  await using room = await openRoom();
  const one = (await room.open()).session;
  const two = (await room.open({ personId: one.personId })).session;
  const other = (await room.open()).session;
  await room.sessions.enter(one, 'wiki', party('h1', 'mira'));
  await room.sessions.enter(two, 'wiki', party('h2', 'mira'));
  await room.sessions.enter(other, 'wiki', party('h3', 'noah'));
  await room.sessions.enter(other, 'crm', party('h1', 'mira'));
  const found = async (query: { subject?: string; handles?: string[] }) =>
    (await room.sessions.findByParty({ relyingParty: 'wiki', ...query })).map(({ id }) => id).sort();

  assert.deepEqual(await found({ subject: 'mira' }), [one.id, two.id].sort());
  assert.deepEqual(await found({ handles: ['h1', 'h3'] }), [one.id, other.id].sort());
  assert.deepEqual(await found({ subject: 'mira', handles: ['h1'] }), [one.id]);
  assert.deepEqual(await found({ subject: 'mira', handles: ['h3'] }), [], 'both must fit');
  assert.deepEqual(await found({ subject: 'nobody' }), []);
});

test('a question that names nobody finds nobody, and not everybody', async () => {
  await using room = await openRoom();
  const { session } = await room.open({ upstreamSession: { sub: 's' } });
  await room.sessions.enter(session, 'wiki', party('h', 'mira'));

  assert.deepEqual(await room.sessions.findByParty({ relyingParty: 'wiki' }), []);
  assert.deepEqual(
    await room.sessions.findByParty({ relyingParty: 'wiki', subject: 'mira', handles: [] }),
    [],
  );
  assert.deepEqual(await room.sessions.findByUpstream({ connection: 'otds' }), []);
});

test('the newest names count when a relying party is entered again under others', async () => {
  await using room = await openRoom();
  const { session } = await room.open();
  await room.sessions.enter(session, 'wiki', party('h1', 'mira'));
  await room.sessions.enter(session, 'wiki', party('h2', 'mira-new'));

  assert.equal((await room.sessions.findByParty({ relyingParty: 'wiki', handles: ['h1'] })).length, 0);
  assert.equal((await room.sessions.findByParty({ relyingParty: 'wiki', subject: 'mira-new' })).length, 1);
});

test('an upstream finds only what it vouched for: the same names at another connection are others', async () => {
  await using room = await openRoom();
  const upstreamSession = { sub: 'subject', sid: 'sid-1' };
  const one = (await room.open({ upstreamSession })).session;
  const two = (await room.open({ upstreamSession: { sub: 'subject', sid: 'sid-2' } })).session;
  const saml = (
    await room.open({ connection: 'am', upstreamSession: { nameId: 'subject', sessionIndex: 'sid-1' } })
  ).session;
  const found = async (query: { connection: string; subject?: string; session?: string }) =>
    (await room.sessions.findByUpstream(query)).map(({ id }) => id).sort();

  assert.deepEqual(await found({ connection: 'otds', subject: 'subject' }), [one.id, two.id].sort());
  assert.deepEqual(await found({ connection: 'otds', session: 'sid-2' }), [two.id]);
  assert.deepEqual(await found({ connection: 'otds', subject: 'subject', session: 'sid-1' }), [one.id]);
  assert.deepEqual(await found({ connection: 'otds', subject: 'other', session: 'sid-1' }), []);
  assert.deepEqual(await found({ connection: 'am', subject: 'subject', session: 'sid-1' }), [saml.id]);
});

test('a person and a session of the same text are not taken for each other', async () => {
  await using room = await openRoom();
  await room.open({ upstreamSession: { sub: 'same', sid: 'x' } });

  assert.deepEqual(await room.sessions.findByUpstream({ connection: 'otds', session: 'same' }), []);
});

test('sessions that are over are found by nobody, however they are looked for', async () => {
  await using room = await openRoom();
  const upstreamSession = { sub: 'subject' };
  const ended = (await room.open({ upstreamSession })).session;
  const late = (await room.open({ upstreamSession, personId: ended.personId })).session;
  for (const session of [ended, late]) await room.sessions.enter(session, 'wiki', party('h', 'mira'));
  await room.sessions.end(ended.personId, ended.id, 'signed-out');

  assert.deepEqual(await room.sessions.refs(ended.personId), [{ id: late.id, personId: late.personId }]);
  room.clock.advance(HOUR);
  assert.deepEqual(await room.sessions.refs(ended.personId), []);
  assert.deepEqual(await room.sessions.findByParty({ relyingParty: 'wiki', subject: 'mira' }), []);
  assert.deepEqual(await room.sessions.findByUpstream({ connection: 'otds', subject: 'subject' }), []);
});

test('every session of a person is named, however many', async () => {
  await using room = await openRoom();
  const { session } = await room.open();
  for (let count = 0; count < 60; count += 1) await room.open({ personId: session.personId });
  await room.open();

  assert.equal((await room.sessions.refs(session.personId)).length, 61);
});

test('an end tells whom to tell: parties with their names, the upstream, and the hash of the token', async () => {
  await using room = await openRoom();
  const upstreamSession = { sub: 's', sid: 'i' };
  const { session, token } = await room.open({ upstreamSession });
  await room.sessions.enter(session, 'shop');
  room.clock.advance(1);
  const details = { format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' };
  await room.sessions.enter(session, 'media', { handle: 'h', subject: 'n', details });

  const ended = await room.sessions.end(session.personId, session.id, 'signed-out');

  assert.deepEqual(
    ended?.parties.map(({ relyingParty, party: names }) => [relyingParty, names]),
    [
      ['shop', undefined],
      ['media', { handle: 'h', subject: 'n', details }],
    ],
  );
  assert.deepEqual(ended?.upstream, upstreamSession);
  assert.equal(ended?.tokenHash, sessionTokenHash(token));
});

test('what others call a person stands nowhere in clear', async () => {
  await using room = await openRoom();
  const { session } = await room.open({ upstreamSession: { sub: 'name-upstream', sid: 'sid-upstream' } });
  await room.sessions.enter(session, 'wiki', party('handle-of-wiki', 'name-at-wiki'));

  const index = await sql`select * from session_index`.execute(room.db);
  const entries = await sql`select * from session_entry`.execute(room.db);
  const text = JSON.stringify([index.rows, entries.rows]);

  for (const name of ['name-upstream', 'sid-upstream', 'name-at-wiki']) assert.ok(!text.includes(name), name);
});
