import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { newId } from '../../src/base/index.ts';
import { type DirectoryWorld, found, openDirectory } from './world.ts';

// What the directory keeps about people, and what it says when that changes.

test('a change is reported by the names of what changed, never by its values', async () => {
  await using room = await openDirectory();
  const facts = { login: 'mira', mail: 'mira@halden.example', attributes: { region: ['EMEA'] } };
  const { person } = found(await room.signIn(facts));
  const thread = newId('lgn');

  await room.signIn(
    { ...facts, mail: 'm.lindqvist@halden.example', attributes: { region: ['NA'] }, groups: ['media@staff'] },
    thread,
  );

  assert.deepEqual(room.reported.slice(1), [
    { what: 'changed', personId: person.id, thread, changed: ['attributes', 'groups', 'mail'] },
  ]);
});

test('a login that joins a known person is reported as a change of their identities, not as a new person', async () => {
  await using room = await openDirectory();
  const attributes = { sharedKey: ['4711'] };
  const { person } = found(await room.signIn({ attributes }));

  await room.signIn({ connection: 'access-manager', subject: 'g1', attributes });

  assert.deepEqual(
    room.reported.map(({ what, personId, changed }) => ({ what, personId, changed })),
    [
      { what: 'created', personId: person.id, changed: undefined },
      { what: 'changed', personId: person.id, changed: ['identities'] },
    ],
  );
});

test('a sign-in that brings nothing new writes nothing, in whatever order the groups come', async () => {
  await using room = await openDirectory();
  await room.signIn({ login: 'mira', groups: ['a@staff', 'b@staff'] });
  const before = await rowsOf(room, 'directory_identity');

  room.clock.advance(60_000);
  await room.signIn({ login: 'mira', groups: ['b@staff', 'a@staff', 'a@staff'] });

  assert.deepEqual(await rowsOf(room, 'directory_identity'), before);
  assert.equal(room.reported.length, 1);
});

test('somebody leaves a group: the next sign-in and every look behind their session show them without it', async () => {
  await using room = await openDirectory();
  const { identityId } = found(await room.signIn({ groups: ['media@staff', 'sales@staff'] }));

  const match = found(await room.signIn({ groups: ['media@staff'] }));

  assert.deepEqual(match.person.groups, ['media@staff']);
  assert.deepEqual((await room.directory.personBehind(identityId))?.person.groups, ['media@staff']);
});

test('a person whose creation cannot be reported is not made, and the next try makes them', async () => {
  let isLogAway = true;
  await using room = await openDirectory({
    onReport: () => {
      if (isLogAway) throw new Error('the log is away');
    },
  });

  await assert.rejects(room.signIn({ login: 'mira' }), /the log is away/);
  assert.deepEqual(await rowsOf(room, 'directory_identity'), []);
  assert.deepEqual(await rowsOf(room, 'directory_person'), []);

  isLogAway = false;
  assert.equal(found(await room.signIn({ login: 'mira' })).created, true);
});

test('a change that cannot be reported is not made', async () => {
  let isLogAway = false;
  await using room = await openDirectory({
    onReport: () => {
      if (isLogAway) throw new Error('the log is away');
    },
  });
  const { identityId } = found(await room.signIn({ groups: ['media@staff'] }));

  isLogAway = true;
  await assert.rejects(room.signIn({ groups: ['sso-admins@staff'] }), /the log is away/);

  assert.deepEqual((await room.directory.personBehind(identityId))?.person.groups, ['media@staff']);
});

test('nothing that says who somebody is stands in the tables in clear', async () => {
  await using room = await openDirectory();
  const attributes = { sharedKey: ['number-4711'], region: ['Hordaland'], phone: ['+47 555 12 34'] };
  const names = {
    login: 'mira.login',
    mail: 'mira@halden.example',
    givenName: 'Mirabella',
    familyName: 'Lindqvist',
  };
  await room.signIn({ subject: 'subject-of-mira', ...names, attributes, groups: ['media@staff'] });
  await room.signIn({ subject: 'somebody-else', login: 'mira.login' });

  const tables = ['person', 'identity', 'alias', 'shared_key', 'task'];
  const rows = await Promise.all(tables.map((table) => rowsOf(room, `directory_${table}`)));
  assert.ok(rows.every((some) => some.length > 0));
  const text = JSON.stringify(rows);
  for (const value of [...Object.values(names), ...Object.values(attributes).flat(), 'subject-of-mira']) {
    assert.ok(!text.toLowerCase().includes(value.toLowerCase()), value);
  }
  assert.ok(!text.includes('somebody-else') && !text.includes('media@staff'));
});

test('a person who was switched off is found as such, at the sign-in and behind a session', async () => {
  await using room = await openDirectory();
  const { identityId } = found(await room.signIn());

  await sql`update directory_person set status = 'disabled'`.execute(room.db);

  assert.equal(found(await room.signIn()).person.status, 'disabled');
  assert.equal((await room.directory.personBehind(identityId))?.person.status, 'disabled');
});

async function rowsOf(room: DirectoryWorld, table: string): Promise<readonly unknown[]> {
  return (await sql`select * from ${sql.table(table)} order by 1`.execute(room.db)).rows;
}
