import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { type DirectoryWorld, found, openDirectory } from './world.ts';

// R6.2: a task for an administrator keeps login and mail, sealed under a key that no erasure destroys.

const mira = { subject: 's-mira', login: 'mira', mail: 'mira@halden.example' };

async function forget(
  { db, directory }: DirectoryWorld,
  match: Awaited<ReturnType<DirectoryWorld['signIn']>>,
) {
  await db.transaction().execute((trx) => directory.forget(trx, found(match).person.id));
}

async function tasks({ db }: DirectoryWorld): Promise<unknown[]> {
  const { rows } = await sql`
    select 'task' as of, id from directory_task union all
    select 'person', task_id from directory_task_person`.execute(db);
  return rows;
}

for (const [what, before, other] of [
  ['login', { subject: 's-mira', login: 'mira' }, { subject: 's-new', login: 'MIRA' }],
  ['mail', mira, { subject: 's-new', login: 'other', mail: mira.mail }],
  [
    'shared attribute',
    { ...mira, attributes: { sharedKey: ['4711'] } },
    { subject: 's-new', login: 'other', attributes: { sharedKey: ['4711'] } },
  ],
] as const) {
  test(`a task about the ${what} of somebody goes when they are forgotten`, async () => {
    await using room = await openDirectory();
    const known = await room.signIn(before as never);
    await room.signIn(other as never);
    const raised = await room.directory.openTasks();

    await forget(room, known);

    assert.equal(raised.length, 1);
    assert.deepEqual(await tasks(room), []);
    assert.equal(found(await room.signIn(other as never)).created, true, 'nobody is in doubt any more');
  });
}

test('a task goes when somebody is forgotten who gave up its name meanwhile', async () => {
  await using room = await openDirectory();
  const known = await room.signIn(mira);
  await room.signIn({ ...mira, subject: 's-new' });
  await room.signIn({ ...mira, login: 'lindqvist', mail: 'lindqvist@halden.example' });

  await forget(room, known);

  assert.deepEqual(await tasks(room), []);
});

test('a task goes when whoever it was raised by is forgotten, known before or known since', async () => {
  for (const isKnown of [true, false]) {
    await using room = await openDirectory();
    await room.signIn(mira);
    const olu = { subject: 's-olu', login: 'olu', mail: 'olu@halden.example' };
    if (isKnown) await room.signIn(olu);
    await room.signIn({ ...olu, mail: mira.mail });
    const raised = await room.directory.openTasks();
    const since = await room.signIn(olu);

    await forget(room, since);

    assert.equal(raised.length, 1);
    assert.deepEqual(await tasks(room), []);
  }
});

test('tasks about others stay, and whoever is still in doubt is asked about again', async () => {
  await using room = await openDirectory();
  const known = await room.signIn(mira);
  await room.signIn({ subject: 's-ines', login: 'ines', mail: 'ines@halden.example' });
  await room.signIn({ subject: 's-other', login: 'ines' });
  const both = { subject: 's-both', login: 'ines', mail: mira.mail };
  await room.signIn(both);

  await forget(room, known);
  const left = await room.directory.openTasks();
  await room.signIn(both);

  assert.equal(left.length, 1);
  assert.equal((await room.directory.openTasks()).length, 2);
});

// Rows that outlive the key: of a process that died, or of a backup that came back.
test('whoever is erased is behind no session any more, and no rows that were left make a fault of a sign-in', async () => {
  await using room = await openDirectory();
  const shared = { attributes: { sharedKey: ['4711'] } };
  const known = found(await room.signIn({ ...mira, ...shared }));
  await room.keys.destroy(known.person.id);

  assert.equal(await room.directory.personBehind(known.identityId), undefined);
  const joining = found(await room.signIn({ ...shared, connection: 'access-manager', subject: 'a1' }));
  const back = found(await room.signIn({ ...mira, login: 'lindqvist', ...shared }));

  assert.notEqual(joining.person.id, known.person.id);
  assert.equal(back.person.id, joining.person.id, 'the shared attribute is theirs now');
});

test('who is erased while changed facts of theirs are being compared is somebody new', async () => {
  await using room = await openDirectory();
  const known = found(await room.signIn(mira));
  const { keys } = room;
  const { sealer } = keys;
  let asked = 0;
  keys.sealer = async (owner) => {
    asked += 1;
    if (asked === 2) await keys.destroy(owner);
    return sealer.call(keys, owner);
  };

  const back = found(await room.signIn({ ...mira, displayName: 'Mira L.' }));

  assert.notEqual(back.person.id, known.person.id);
});
