import assert from 'node:assert/strict';
import { test } from 'node:test';
import { found, openDirectory } from '../directory/world.ts';

// R1.2. Some applications know people by their mail address: whoever could take the address of somebody else, where
// people may change their own, would enter as them.

const mira = { subject: 's-mira', login: 'mira', mail: 'mira@halden.example' };
const olu = { subject: 's-olu', login: 'olu', mail: 'olu@halden.example' };

for (const [what, names] of [
  ['mail address', { mail: 'mira@halden.example' }],
  ['mail address in capitals', { mail: 'MIRA@halden.example' }],
  ['login name', { login: 'mira' }],
] as const) {
  test(`somebody known who comes with the ${what} of somebody else is refused, and an administrator is asked`, async () => {
    await using room = await openDirectory();
    await room.signIn(mira);
    const { identityId } = found(await room.signIn(olu));

    const again = await room.signIn({ ...olu, ...names });

    assert.deepEqual(again, { outcome: 'refused', code: 'directory.relink_needed' });
    assert.equal((await room.directory.openTasks()).length, 1);
    const behind = await room.directory.personBehind(identityId);
    assert.equal(behind?.person.mail, olu.mail, 'nothing was taken over');
    assert.equal(behind?.person.login, olu.login);
  });
}

test('of two who come with one new address at the same instant, one gets it', async () => {
  await using room = await openDirectory();
  await room.signIn(mira);
  await room.signIn(olu);
  const mail = 'new@halden.example';

  const matches = await Promise.all([room.signIn({ ...mira, mail }), room.signIn({ ...olu, mail })]);

  assert.deepEqual(matches.map(({ outcome }) => outcome).sort(), ['person', 'refused']);
});

test('an address that its person gave up may be taken by somebody known', async () => {
  await using room = await openDirectory();
  await room.signIn(mira);
  await room.signIn(olu);
  await room.signIn({ ...mira, mail: 'mira.lindqvist@halden.example' });

  assert.equal(found(await room.signIn({ ...olu, mail: mira.mail })).person.mail, mira.mail);
});
