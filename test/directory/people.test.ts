import assert from 'node:assert/strict';
import { test } from 'node:test';
import { found, openDirectory } from './world.ts';

// Everybody, without anybody signing in: what plans and reports are made from.

test('everybody is listed once with what was last known', async () => {
  await using room = await openDirectory();
  const ids: string[] = [];
  for (let count = 0; count < 12; count += 1) {
    ids.push(found(await room.signIn({ subject: `s${count}`, login: `p${count}` })).person.id);
  }
  await room.signIn({ subject: 's3', login: 'p3', groups: ['media@staff'] });

  const listed = [];
  for await (const { person } of room.directory.people()) listed.push(person);

  assert.deepEqual(
    listed.map(({ id }) => id),
    ids.toSorted(),
  );
  assert.deepEqual(listed.find(({ login }) => login === 'p3')?.groups, ['media@staff']);
});

test('a person who is erased is nobody any more, and everybody else is still listed', async () => {
  await using room = await openDirectory();
  const gone = found(await room.signIn({ subject: 's1', login: 'olu', mail: 'olu@halden.example' }));
  const stays = found(await room.signIn({ subject: 's2', login: 'mira', mail: 'mira@halden.example' }));
  await room.keys.destroy(gone.person.id);

  const listed = [];
  for await (const { person } of room.directory.people()) listed.push(person.id);

  assert.deepEqual(listed, [stays.person.id]);
  assert.deepEqual(await room.directory.peopleWithMail('olu@halden.example'), []);
});
