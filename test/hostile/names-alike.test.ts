import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { found, openDirectory } from '../directory/world.ts';

// R1.2: a login or mail address that is known for another subject stops the sign-in. Applications and targets drop
// white space and do not tell letters apart that look and mean the same, so neither may we.

const MIRA = { subject: 'mira', login: 'mira', mail: 'mira.jos\u00e9@halden.example' };

suite('a name that differs from a known one only in how it is written is known', () => {
  for (const [title, facts] of [
    ['a mail address with a space behind it', { mail: `${MIRA.mail} ` }],
    ['a mail address with a no-break space before it', { mail: `\u00a0${MIRA.mail}` }],
    ['a mail address with its accent written apart', { mail: MIRA.mail.normalize('NFD') }],
    ['a mail address in wide letters', { mail: MIRA.mail.replace('mira', '\uff4d\uff49\uff52\uff41') }],
    ['a login in capitals, with a tab', { login: 'MIRA\t' }],
  ] as const) {
    test(title, async () => {
      await using room = await openDirectory();
      await room.signIn(MIRA);

      const other = await room.signIn({ subject: 'mallory', ...facts });

      assert.deepEqual(other, { outcome: 'refused', code: 'directory.relink_needed' });
      const taking = await room.signIn({ subject: 'm2', login: 'm2' });
      assert.equal(taking.outcome, 'person');
      assert.equal((await room.signIn({ subject: 'm2', ...facts })).outcome, 'refused');
    });
  }
});

test('whoever is asked for by a name is found, however it is written', async () => {
  await using room = await openDirectory();
  const { person } = found(await room.signIn({ ...MIRA, mail: ` ${MIRA.mail.normalize('NFD')}` }));

  for (const name of [MIRA.mail, MIRA.mail.toUpperCase(), `${MIRA.mail} `]) {
    assert.deepEqual(await room.directory.bearersOf(name), [{ personId: person.id, connection: 'otds' }]);
    assert.deepEqual(
      (await room.directory.peopleWithMail(name)).map((known) => known.person.id),
      [person.id],
    );
  }
});
