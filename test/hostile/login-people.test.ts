import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { migrations } from '../../src/app/index.ts';
import { HOUR, newId } from '../../src/base/index.ts';
import { type ConnectionRules, createDirectory } from '../../src/directory/index.ts';
import type { Identity } from '../../src/model/index.ts';
import { MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Two connections that share employee numbers, as in the demo. */
async function openRoom() {
  const stack = new AsyncDisposableStack();
  const clock = new ManualClock();
  const database = stack.use(await createTestDatabase(migrations, { maxConnections: 20 }));
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const keys = stack.use(
    await openKeys({ db: database.db, listen: (...args) => database.listen(...args), clock, masterKeys }),
  );
  const rulesOf = (id: string): ConnectionRules => ({
    primary: id === 'otds',
    onNoMatch: 'create',
    factsMaxAgeMs: HOUR,
    others: ['otds', 'access-manager'].filter((other) => other !== id),
  });
  const nothing = async () => undefined;
  const directory = createDirectory({
    ...{ db: database.db, keys, clock, attributes: {}, rulesOf },
    events: { prepare: nothing, personCreated: nothing, personChanged: nothing, personConfirmed: nothing },
  });
  const signIn = (facts: Partial<Identity>) =>
    directory.signIn(
      {
        ...{ connection: 'otds', issuer: 'https://otds.example', subject: 's1', groups: [], attributes: {} },
        ...{ authTime: clock.now(), verifiedAt: clock.now(), amr: [], upstreamSession: {} },
        ...facts,
      },
      newId('lgn'),
    );
  return { directory, signIn, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

type Match = Awaited<ReturnType<Awaited<ReturnType<typeof openRoom>>['signIn']>>;
const personIn = (match: Match): string => (match.outcome === 'person' ? match.person.id : match.code);
const numbered = (employeeNumber: string) => ({ attributes: { sharedKey: [employeeNumber] } });

test('one employee number at two connections is one person', async () => {
  await using room = await openRoom();

  const first = await room.signIn({ subject: 's1', ...numbered('4711') });
  const second = await room.signIn({ connection: 'access-manager', subject: 'g1', ...numbered('4711') });

  assert.equal(personIn(second), personIn(first));
});

test('a second entry of one directory that claims the employee number of somebody is not let in as them', async () => {
  await using room = await openRoom();
  const victim = await room.signIn({ subject: 's1', ...numbered('4711') });

  const attacker = await room.signIn({ subject: 's2', ...numbered('4711') });

  assert.equal(personIn(attacker), 'directory.relink_needed');
  assert.equal((await room.directory.openTasks()).length, 1);
  assert.equal(personIn(await room.signIn({ subject: 's1', ...numbered('4711') })), personIn(victim));
});

test('of many entries of one directory that claim one employee number at once a single one becomes the person', async () => {
  await using room = await openRoom();
  await room.signIn({ connection: 'access-manager', subject: 'g1', ...numbered('4711') });

  const matches = await Promise.all(
    Array.from({ length: 12 }, (_, index) => room.signIn({ subject: `s${index}`, ...numbered('4711') })),
  );

  assert.equal(matches.filter(({ outcome }) => outcome === 'person').length, 1);
});

for (const [name, value] of [
  ['nothing', ''],
  ['a space', ' '],
  ['a no-break space', '\u00a0'],
  ['a control character', '\u0000'],
] as const) {
  test(`an employee number of ${name} joins nobody`, async () => {
    await using room = await openRoom();

    const first = await room.signIn({ subject: 's1', ...numbered(value) });
    const second = await room.signIn({ connection: 'access-manager', subject: 'g1', ...numbered(value) });

    assert.notEqual(personIn(second), personIn(first));
    assert.equal(second.outcome, 'person');
  });
}

test('employee numbers that differ in case or white space are different ones', async () => {
  await using room = await openRoom();
  const people = [
    await room.signIn({ subject: 's1', ...numbered('a47') }),
    await room.signIn({ connection: 'access-manager', subject: 'g1', ...numbered('A47') }),
    await room.signIn({ connection: 'access-manager', subject: 'g2', ...numbered('a47 ') }),
  ];

  assert.equal(new Set(people.map(personIn)).size, 3);
});

test('a mail address or login name that is known never links, whatever its case', async () => {
  await using room = await openRoom();
  await room.signIn({ subject: 's1', mail: 'mira@halden.example', login: 'mira' });

  const byMail = await room.signIn({ subject: 's2', mail: 'MIRA@halden.example' });
  const byLogin = await room.signIn({ subject: 's3', login: 'Mira' });

  assert.equal(personIn(byMail), 'directory.relink_needed');
  assert.equal(personIn(byLogin), 'directory.relink_needed');
});

test('of parallel first sign-ins of two subjects with one mail address one is refused', async () => {
  await using room = await openRoom();
  for (let round = 0; round < 5; round += 1) {
    const mail = `mira${round}@halden.example`;

    const matches = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => room.signIn({ subject: `${name}${round}`, mail })),
    );

    assert.equal(matches.filter(({ outcome }) => outcome === 'person').length, 1);
  }
});

test('fifty parallel first sign-ins of one subject make one person', async () => {
  await using room = await openRoom();

  const matches = await Promise.all(
    Array.from({ length: 50 }, () =>
      room.signIn({ subject: 's1', mail: 'mira@halden.example', ...numbered('4711') }),
    ),
  );

  assert.equal(new Set(matches.map(personIn)).size, 1);
  assert.equal(matches.filter((match) => match.outcome === 'person' && match.created).length, 1);
});

test('fifty parallel first sign-ins with one employee number at two connections make one person', async () => {
  await using room = await openRoom();

  const matches = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      room.signIn({
        ...(index % 2 === 0 ? { subject: 's1' } : { connection: 'access-manager', subject: 'g1' }),
        ...numbered('4711'),
      }),
    ),
  );

  assert.equal(new Set(matches.map(personIn)).size, 1);
});

test('a group of the primary directory cannot pass for a group of another connection', async () => {
  await using room = await openRoom();

  const match = await room.signIn({ groups: ['staff', 'access-manager:admins', 'sales: north'] });

  assert.ok(match.outcome === 'person');
  assert.deepEqual(match.person.groups, ['staff', 'otds:access-manager:admins', 'sales: north']);
});
