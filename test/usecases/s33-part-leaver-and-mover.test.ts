import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, MINUTE } from '../../src/base/index.ts';
import { changePerson, eventBehind, eventsOf, until, untilJobsEnded } from '../support/evidence.ts';
import { groupsOf, iconikUser, pass, probe, TARGET, withRoles } from '../support/iconik.ts';
import { startWorld, type World } from '../support/world.ts';

// S33, as far as a sign-in tells it: leavers and movers lose access in iconik. A directory that says so between two
// sign-ins is not read yet.

const RAVI = 'ravi@halden.example';

const project = (id: string, collection: string) => ({
  ...{ id, group: 'Reviewers' },
  account: {
    type: 'STANDARD',
    groups: ['Reviewers'],
    projects: [{ collection, permissions: ['read', 'write'] }],
  },
});
const rule = (role: string) => ({ id: role, role, when: `"${role}@staff" in person.groups` });
/** Two projects, each with a group of the directory. */
const configure = withRoles(
  [project('film-unit', 'EMEA'), project('campaign', 'Summer campaign')],
  [rule('film-unit'), rule('campaign')],
);

async function bothProjects(): Promise<World> {
  const world = await startWorld({ configure });
  await changePerson(world, 'ravi', { groups: ['film-unit@staff', 'campaign@staff'] });
  await world.signIn(world.browser(), 'ravi', '/launch/iconik');
  return world;
}

async function collectionsOf(world: World): Promise<readonly string[]> {
  const all = await (await probe(world, RAVI)).sees();
  return all.filter((title) => ['EMEA', 'Summer campaign', 'Brand library'].includes(title));
}

for (const way of ['/launch/iconik', '/launch/wiki']) {
  test(`a mover who comes in by ${way} loses the permission on the project that was left, and keeps the others`, async () => {
    await using world = await bothProjects();
    const before = await collectionsOf(world);

    await changePerson(world, 'ravi', { groups: ['campaign@staff'] });
    const page = await world.signIn(world.browser(), 'ravi', way);

    if (way === '/launch/iconik') assert.equal(page.url.hostname, 'iconik.localhost');
    else await until('the permission is gone', async () => !(await collectionsOf(world)).includes('EMEA'));
    assert.deepEqual(before, ['Brand library', 'EMEA', 'Summer campaign']);
    assert.deepEqual(await collectionsOf(world), ['Brand library', 'Summer campaign']);
    assert.equal((await iconikUser(world, RAVI)).status, 'ACTIVE');
  });
}

test('somebody whom no group lets in any more is refused at once, inactive within the first run, out of the groups later', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'ravi', '/launch/iconik');
  const token = await probe(world, RAVI);
  const before = (await token.get('/API/assets/v1/collections/')).status;

  await changePerson(world, 'ravi', { groups: ['sales@staff'] });
  const refused = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  assert.equal(refused.status, 403);
  assert.match(refused.text, /iconik is for the media team/);
  await untilJobsEnded(world, 'provisioning.finish-account');
  assert.equal((await iconikUser(world, RAVI)).status, 'INACTIVE');
  assert.equal(before, 200);
  assert.equal((await token.get('/API/assets/v1/collections/')).status, 401, 'tokens of the user are gone');
  const denied = await eventBehind(world, refused, 'decision.denied');
  const [reduced] = await eventsOf(world, { types: ['account.reduced'] });
  assert.deepEqual(
    [reduced?.thread, reduced?.target, reduced?.facts['rung']],
    [denied.thread, TARGET, 'deactivate'],
  );
  assert.deepEqual(
    await groupsOf(world, RAVI),
    ['Editors', 'Media EMEA'],
    'who returns finds the same place',
  );

  await pass(world, 7 * DAY + MINUTE);
  await until('groups are left', async () => (await groupsOf(world, RAVI)).join() === 'Editors');
});

test('who comes back is active again, in the groups of the rules, as the same user', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'ravi', '/launch/iconik');
  const { id } = await iconikUser(world, RAVI);
  await changePerson(world, 'ravi', { groups: ['sales@staff'] });
  await world.signIn(world.browser(), 'ravi', '/launch/iconik');
  await until('the user is inactive', async () => (await iconikUser(world, RAVI)).status === 'INACTIVE');

  await changePerson(world, 'ravi', { groups: ['media@staff'] });
  const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  assert.equal(page.url.hostname, 'iconik.localhost', page.text);
  const user = await iconikUser(world, RAVI);
  assert.deepEqual(
    [user.id, user.status, [...user.groups].sort()],
    [id, 'ACTIVE', ['Editors', 'Media EMEA']],
  );
});

test('somebody disabled upstream gets no further than the directory', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  await changePerson(world, 'ravi', { disabled: true });
  const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  assert.equal(page.url.hostname, 'otds.localhost');
});

test('while iconik takes no change the end stays due and is seen to fail, and is made when iconik does again', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'ravi', '/launch/iconik');
  const iconik = world.sandbox.system('iconik');
  iconik.fail({ kind: 'status', status: 500, match: { method: 'PATCH' } });
  await changePerson(world, 'ravi', { groups: ['sales@staff'] });

  const refused = await world.signIn(world.browser(), 'ravi', '/launch/iconik');
  await until(
    'it was tried',
    async () => (await eventsOf(world, { types: ['provisioning.failed'] })).length > 0,
  );
  const whileAway = (await iconikUser(world, RAVI)).status;
  iconik.fail();
  await pass(world, 10 * MINUTE);
  await until('the user is inactive', async () => (await iconikUser(world, RAVI)).status === 'INACTIVE');

  assert.deepEqual([refused.status, whileAway], [403, 'ACTIVE']);
});
