import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { found, openDirectory } from './world.ts';

// R1.1, R1.2: who is who. Names and mail addresses change and are reassigned; the subject stays.

const shared = (value: string) => ({ attributes: { sharedKey: [value] } });

test('somebody new becomes a person, once, with an opaque id that says nothing about them', async () => {
  await using room = await openDirectory();

  const first = found(await room.signIn({ subject: 'mira', login: 'mira' }));
  const second = found(await room.signIn({ subject: 'mira', login: 'mira' }));

  assert.match(first.person.id, /^per_[0-9a-z]{26}$/);
  assert.equal(first.created, true);
  assert.equal(second.created, false);
  assert.equal(second.person.id, first.person.id);
  assert.equal(second.identityId, first.identityId);
});

test('a person who gets another name, login and mail address stays the same person', async () => {
  await using room = await openDirectory();
  const before = found(await room.signIn({ login: 'mira', mail: 'mira@halden.example', familyName: 'Berg' }));

  const after = found(
    await room.signIn({ login: 'mlind', mail: 'mira.lindqvist@halden.example', familyName: 'Lindqvist' }),
  );

  assert.equal(after.person.id, before.person.id);
  assert.equal(after.person.mail, 'mira.lindqvist@halden.example');
  assert.equal(after.person.familyName, 'Lindqvist');
});

test('one subject at two connections is two people, unless a shared attribute says otherwise', async () => {
  await using room = await openDirectory();

  const staff = found(await room.signIn({ subject: '4711', mail: 'mira@halden.example' }));
  const other = found(
    await room.signIn({ connection: 'access-manager', subject: '4711', mail: 'mira@halden.example' }),
  );

  assert.notEqual(other.person.id, staff.person.id);
});

test('a mail address that somebody gave up may be given to somebody new', async () => {
  await using room = await openDirectory();
  const before = found(await room.signIn({ subject: 's1', login: 'sales', mail: 'sales@halden.example' }));
  await room.signIn({ subject: 's1', login: 'mira', mail: 'mira@halden.example' });

  const after = found(await room.signIn({ subject: 's2', login: 'sales', mail: 'sales@halden.example' }));

  assert.notEqual(after.person.id, before.person.id);
  assert.equal((await room.directory.openTasks()).length, 0);
});

test('a known login with another subject is refused, and an administrator is asked once, however often they try', async () => {
  await using room = await openDirectory();
  await room.signIn({ subject: 'before-the-rebuild', login: 'mira' });

  const tries = [
    await room.signIn({ subject: 'after-the-rebuild', login: 'mira' }),
    await room.signIn({ subject: 'after-the-rebuild', login: 'mira' }),
  ];

  for (const match of tries) {
    assert.deepEqual(match, { outcome: 'refused', code: 'directory.relink_needed' });
  }
  const tasks = await room.directory.openTasks();
  assert.deepEqual(
    tasks.map(({ kind, connection, raisedAt }) => ({ kind, connection, raisedAt })),
    [{ kind: 'relink-or-new-person', connection: 'otds', raisedAt: room.clock.now() }],
  );
  assert.deepEqual(
    room.reported.map(({ what }) => what),
    ['created'],
    'a refusal makes and changes nobody',
  );
});

test('a login that is known at one connection says nothing about another connection', async () => {
  await using room = await openDirectory();
  await room.signIn({ subject: 's1', login: 'mira' });

  const match = await room.signIn({ connection: 'access-manager', subject: 'g1', login: 'mira' });

  assert.equal(found(match).created, true);
});

test('a connection that makes nobody refuses whom it does not know, and leaves no trace of them', async () => {
  await using room = await openDirectory({ onNoMatch: 'refuse' });

  const match = await room.signIn({ subject: 'stranger', login: 'stranger' });

  assert.deepEqual(match, { outcome: 'refused', code: 'directory.unknown_person' });
  assert.deepEqual(room.reported, []);
  assert.deepEqual((await sql`select id from directory_identity`.execute(room.db)).rows, []);
  assert.deepEqual((await sql`select id from directory_person`.execute(room.db)).rows, []);
});

test('a shared attribute joins two logins to one person, whose facts are never mixed', async () => {
  await using room = await openDirectory();
  const otds = found(
    await room.signIn({
      subject: 's1',
      ...shared('4711'),
      groups: ['media@staff'],
      mail: 'a@halden.example',
    }),
  );

  const am = found(
    await room.signIn({ connection: 'access-manager', subject: 'g1', ...shared('4711'), groups: ['sales'] }),
  );

  assert.equal(am.person.id, otds.person.id);
  assert.notEqual(am.identityId, otds.identityId);
  assert.deepEqual(am.person.groups, ['access-manager:sales']);
  assert.equal(am.person.mail, undefined, 'the mail address belongs to the other login');
  const behind = await room.directory.personBehind(otds.identityId);
  assert.deepEqual(behind?.person.groups, ['media@staff']);
});

test('several values of a shared attribute join nobody', async () => {
  await using room = await openDirectory();
  const one = found(await room.signIn({ subject: 's1', ...shared('4711') }));

  const two = found(
    await room.signIn({
      connection: 'access-manager',
      subject: 'g1',
      attributes: { sharedKey: ['4711', '4712'] },
    }),
  );

  assert.notEqual(two.person.id, one.person.id);
});

test('an identity that is not known any more has nobody behind it', async () => {
  await using room = await openDirectory();

  assert.equal(await room.directory.personBehind('idn_00000000000000000000000000'), undefined);
});
