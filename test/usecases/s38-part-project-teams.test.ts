import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR } from '../../src/base/index.ts';
import { act, addPerson, changePerson, eventsOf, until } from '../support/evidence.ts';
import { iconikUser, membersOf, probe, run, TARGET, todaysClock, withRoles } from '../support/iconik.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// S38, the side of iconik: project teams follow directory groups. A cycle learns of people when they sign in
// somewhere; the directory is not read by itself yet.

const TEAM = 'Summer campaign';
const CLEO = 'cleo@halden.example';
const mails = (...logins: string[]): readonly string[] => logins.map((login) => `${login}@halden.example`);

const project = { collection: 'Summer campaign', permissions: ['read', 'write'], group: TEAM };
/**
 * The broker gives the project's permissions to a group, and people come and go. Assertions do not name that group, so
 * that iconik's own mapping at sign-on has no part in it.
 */
const configure = (settings: object = {}): NonNullable<WorldOptions['configure']> =>
  withRoles(
    [
      { id: 'reviewer', group: 'Reviewers', account: { type: 'STANDARD', groups: ['Reviewers'] } },
      {
        ...{ id: 'campaign', group: 'Reviewers' },
        account: { type: 'STANDARD', groups: ['Reviewers'], projects: [project] },
      },
    ],
    [
      { id: 'campaign', role: 'campaign', when: '"campaign@staff" in person.groups' },
      { id: 'reviewer', role: 'reviewer', when: '"media@staff" in person.groups' },
    ],
    settings,
  );

const inTeam = ['media@staff', 'campaign@staff'];
const outside = ['media@staff'];

/** People of media, each of whom has been in iconik once. */
async function startTeam(
  logins: Readonly<Record<string, readonly string[]>>,
  options: WorldOptions,
): Promise<World> {
  const world = await startWorld(options);
  for (const [login, groups] of Object.entries(logins)) {
    await addPerson(world, { login, groups: [...groups] });
    const page = await world.signIn(world.browser(), login, '/launch/iconik');
    assert.equal(page.url.hostname, 'iconik.localhost', page.text);
  }
  return world;
}

test('two members added and one removed upstream: after the next cycle the team in iconik is the group, and so is the project', async () => {
  const start = { ana: inTeam, ben: inTeam, cleo: outside, dev: outside };
  await using world = await startTeam(start, { configure: configure() });
  const before = await membersOf(world, TEAM);

  for (const login of ['cleo', 'dev']) await changePerson(world, login, { groups: inTeam });
  await changePerson(world, 'ben', { groups: outside });
  for (const login of ['ben', 'cleo', 'dev']) await world.signIn(world.browser(), login, '/launch/wiki');

  assert.deepEqual(before, mails('ana', 'ben'));
  const wanted = mails('ana', 'cleo', 'dev').join();
  await until('the team follows', async () => (await membersOf(world, TEAM)).join() === wanted);
  const seesProject = await Promise.all(
    mails('ana', 'ben', 'cleo', 'dev').map(async (mail) =>
      (await (await probe(world, mail)).sees()).includes('Summer campaign, rough cut'),
    ),
  );
  assert.deepEqual(seesProject, [true, false, true, true]);
});

const setByHand = (world: World, ...groups: string[]) =>
  act(world, 'iconik', 'change-user', { email: CLEO, groups });

/** The account is due for a look again, and cleo comes in. */
async function lookAgain(world: World): Promise<void> {
  world.clock.advance(25 * HOUR);
  const page = await world.signIn(world.browser(), 'cleo', '/launch/iconik');
  assert.equal(page.url.hostname, 'iconik.localhost', page.text);
}

test('somebody added to the team by hand in iconik is put back at the next look, and that is on record', async () => {
  await using world = await startTeam({ ana: inTeam, cleo: outside }, { configure: configure() });
  await setByHand(world, 'Reviewers', TEAM);

  await lookAgain(world);

  assert.deepEqual(await membersOf(world, TEAM), mails('ana'));
  const [drifted, ...others] = await eventsOf(world, { types: ['account.drifted'] });
  assert.deepEqual([drifted?.target, drifted?.facts['reaction'], others], [TARGET, 'put-back', []]);
  assert.deepEqual(drifted?.personal['found'], { groups: [TEAM] });
  assert.equal(drifted?.facts['externalId'], (await iconikUser(world, CLEO)).id);
});

test('where that is only to be reported, a task flags the addition until somebody takes it back', async () => {
  await using world = await startTeam(
    { ana: inTeam, cleo: outside },
    { configure: configure({ onDrift: 'report' }), clock: todaysClock() },
  );
  await setByHand(world, 'Reviewers', TEAM);

  await lookAgain(world);
  const flagged = await run(world, 'tasks', TARGET);
  const left = await membersOf(world, TEAM);
  await setByHand(world, 'Reviewers');
  await lookAgain(world);
  const afterwards = await run(world, 'tasks', TARGET);

  assert.match(flagged, /drift: groups/);
  assert.match(flagged, /found: Summer campaign/);
  assert.deepEqual(left, mails('ana', 'cleo'));
  assert.match(afterwards, /nothing to do by hand/);
});
