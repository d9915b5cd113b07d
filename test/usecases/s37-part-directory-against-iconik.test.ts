import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, addPerson, changePerson } from '../support/evidence.ts';
import { iconikState, iconikUser, named, run, TARGET, type Tree, todaysClock } from '../support/iconik.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// S37, without reviews: the directory against iconik's own list. What a rule no longer gives is remedied and read
// again; accounts of people whom nobody knows are shown, and ended by hand in iconik.

type Row = {
  readonly externalId: string;
  readonly class: string;
  readonly person?: string;
  readonly note?: string;
};
type Report = {
  readonly accounts: number;
  readonly totals: Readonly<Record<string, number>>;
  readonly rows: readonly Row[];
};

async function reportOf(world: World): Promise<Report> {
  await run(world, 'import', TARGET);
  return JSON.parse(await run(world, 'report', 'accounts', TARGET, '--json')) as Report;
}

async function classOf(world: World, report: Report, email: string): Promise<string | undefined> {
  const { id } = await iconikUser(world, email);
  return report.rows.find(({ externalId }) => externalId === id)?.class;
}

/** Nobody may come to iconik from here on: rules change, and nobody signs in. */
const closed: NonNullable<WorldOptions['configure']> = (config: Tree) => {
  for (const rule of ['media', 'media-emea', 'media-na'])
    config.rules.find(named(rule)).when = '"nobody@staff" in person.groups';
};

test('orphans and excess rows are told apart, remediation acts, and the list that is read again shows it', async () => {
  await using world = await startWorld({ clock: todaysClock() });
  await world.signIn(world.browser(), 'ravi', '/launch/iconik');
  const before = await reportOf(world);
  const classes = await Promise.all(
    ['ravi', 'leo', 'elin', 'grit', 'vestibule'].map((login) =>
      classOf(world, before, `${login}@halden.example`),
    ),
  );

  await world.apply(closed);
  const excess = await classOf(world, await reportOf(world), 'ravi@halden.example');
  await run(world, 'apply', TARGET);
  await act(world, 'iconik', 'change-user', { email: 'leo@halden.example', status: 'INACTIVE' });
  const after = await reportOf(world);

  assert.deepEqual(classes, ['ok', 'orphan', 'orphan', 'untouchable', 'untouchable']);
  assert.equal(excess, 'excess');
  const { users } = await iconikState(world);
  assert.deepEqual(
    [before.accounts, before.rows.length],
    [users.length, users.length],
    'no account is left out',
  );
  assert.equal(
    Object.values(before.totals).reduce((sum, each) => sum + each),
    users.length,
  );
  assert.equal((await iconikUser(world, 'ravi@halden.example')).status, 'INACTIVE');
  assert.deepEqual(
    [await classOf(world, after, 'ravi@halden.example'), await classOf(world, after, 'leo@halden.example')],
    ['ok', 'ok'],
  );
});

test('somebody whom only the mail address matches is nobody’s until policy says so', async () => {
  await using world = await startWorld({ clock: todaysClock() });
  await addPerson(world, { login: 'nina', groups: ['media@staff'] });
  await act(world, 'iconik', 'add-user', { email: 'nina@halden.example', firstName: 'Nina' });
  await world.signIn(world.browser(), 'nina', '/launch/wiki');
  const wanted = await classOf(world, await reportOf(world), 'nina@halden.example');

  await changePerson(world, 'nina', { groups: ['sales@staff'] });
  await world.signIn(world.browser(), 'nina', '/launch/wiki');
  const unwanted = await classOf(world, await reportOf(world), 'nina@halden.example');

  assert.deepEqual([wanted, unwanted], ['unclaimed', 'excess']);
});
