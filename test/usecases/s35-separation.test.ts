import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addPerson, changePerson } from '../support/evidence.ts';
import { groupsOf, iconikState, probe, withRoles } from '../support/iconik.ts';
import { startWorld, type World } from '../support/world.ts';

// S35: separation by region, department and unit: an attribute decides the collections, and nobody sees the others'.

const EMEA = ['EMEA', 'EMEA raw material', 'Harbour at dawn, take 3', 'Wool mill interview'];
const NA = ['North America', 'Outlet tour, Chicago', 'Store opening, Boston'];
const CAMPAIGN = ['Summer campaign', 'Summer campaign, rough cut'];
const EVERYBODYS = ['Brand library', 'Kettle, turntable', 'Packaging, close-up'];
const ID = {
  emea: '7c0e5b1a-40d2-11f0-8f6e-000000000041',
  filmOfEmea: '7c0e5b1a-40d2-11f0-8f6e-000000000071',
  na: '7c0e5b1a-40d2-11f0-8f6e-000000000043',
  filmOfNa: '7c0e5b1a-40d2-11f0-8f6e-000000000073',
};

const mailOf = (login: string): string => `${login}@halden.example`;

/** Somebody of the media team, who comes in once. */
async function join(world: World, login: string, attributes: object): Promise<string> {
  await addPerson(world, { login, groups: ['media@staff'], ...attributes });
  const page = await world.signIn(world.browser(), login, '/launch/iconik');
  assert.equal(page.url.hostname, 'iconik.localhost', page.text);
  return page.text;
}

/** Everything by which a user of iconik could come across something: lists, search, and the address itself. */
async function assertSees(world: World, login: string, own: readonly string[], others: readonly string[]) {
  const user = await probe(world, mailOf(login));
  const seen = await user.sees();
  assert.deepEqual(seen, [...own, ...EVERYBODYS].sort(), `${login} sees`);
  for (const title of own) assert.ok((await user.finds(title)).includes(title), `${login} finds ${title}`);
  for (const title of others) assert.ok(!(await user.finds(title)).includes(title), `${login}: ${title}`);
}

async function statuses(world: World, login: string, collection: string, film: string) {
  const user = await probe(world, mailOf(login));
  const paths = [
    `/API/assets/v1/collections/${collection}/`,
    `/API/assets/v1/collections/${collection}/contents/`,
    `/API/assets/v1/assets/${film}/`,
  ];
  return Promise.all(paths.map(async (path) => (await user.get(path)).status));
}

test('the region decides the collections: each probe sees its own, and none of the other region’s by any way', async () => {
  await using world = await startWorld();

  const europe = await join(world, 'eva', { region: 'EMEA' });
  const america = await join(world, 'nora', { region: 'NA' });

  await assertSees(world, 'eva', EMEA, [...NA, ...CAMPAIGN]);
  await assertSees(world, 'nora', NA, [...EMEA, ...CAMPAIGN]);
  assert.deepEqual(await statuses(world, 'eva', ID.emea, ID.filmOfEmea), [200, 200, 200]);
  assert.deepEqual(await statuses(world, 'eva', ID.na, ID.filmOfNa), [403, 403, 403]);
  assert.deepEqual(await statuses(world, 'nora', ID.emea, ID.filmOfEmea), [403, 403, 403]);
  assert.match(europe, /Wool mill interview/, 'the page of the library shows the same');
  assert.doesNotMatch(europe, /Chicago|Boston|North America/);
  assert.doesNotMatch(america, /Harbour|Wool mill|EMEA/);
});

test('moving to the other region swaps all of it, and a region that nobody knows leaves only what is everybody’s', async () => {
  await using world = await startWorld();
  await join(world, 'eva', { region: 'EMEA' });

  await changePerson(world, 'eva', { region: 'NA' });
  const moved = await world.signIn(world.browser(), 'eva', '/launch/iconik');
  await assertSees(world, 'eva', NA, EMEA);
  const movedGroups = await groupsOf(world, mailOf('eva'));
  await changePerson(world, 'eva', { region: 'APAC' });
  await world.signIn(world.browser(), 'eva', '/launch/iconik');

  assert.match(moved.text, /Store opening, Boston/);
  assert.deepEqual(movedGroups, ['Editors', 'Media NA']);
  await assertSees(world, 'eva', [], [...EMEA, ...NA]);
  assert.deepEqual(await groupsOf(world, mailOf('eva')), ['Editors']);
});

const reading = (id: string, collection: string) => ({
  ...{ id, group: 'Reviewers' },
  account: {
    ...{ type: 'STANDARD', groups: ['Reviewers'] },
    projects: [{ collection, permissions: ['read'] }],
  },
});

test('the department decides as well, also where iconik has no group for it and people are on its lists themselves', async () => {
  const rule = (id: string, department: string) => ({
    ...{ id, role: id },
    when: `"media@staff" in person.groups && person.department == "${department}"`,
  });
  const roles = [reading('film-unit', 'EMEA'), reading('campaigns', 'Summer campaign')];
  await using world = await startWorld({
    configure: withRoles(roles, [rule('film-unit', 'Film unit'), rule('campaigns', 'Campaigns')]),
  });

  await join(world, 'eva', { department: 'Film unit' });
  await join(world, 'nora', { department: 'Campaigns' });
  await assertSees(world, 'eva', EMEA, [...NA, ...CAMPAIGN]);
  await assertSees(world, 'nora', CAMPAIGN, [...EMEA, ...NA]);
  await changePerson(world, 'eva', { department: 'Campaigns' });
  await world.signIn(world.browser(), 'eva', '/launch/iconik');

  await assertSees(world, 'eva', CAMPAIGN, [...EMEA, ...NA]);
  assert.deepEqual(await statuses(world, 'eva', ID.emea, ID.filmOfEmea), [403, 403, 403]);
});

test('while the former region cannot be taken away, nobody gets into iconik with both', async () => {
  await using world = await startWorld();
  await join(world, 'eva', { region: 'EMEA' });
  await changePerson(world, 'eva', { region: 'NA' });
  world.sandbox.system('iconik').fail({ kind: 'status', status: 500, match: { method: 'DELETE' } });

  const refused = await world.signIn(world.browser(), 'eva', '/launch/iconik');

  assert.equal(refused.status, 503);
  const { groups } =
    (await iconikState(world)).users.find(({ email }) => email === mailOf('eva')) ?? assert.fail();
  assert.ok(!(groups.includes('Media EMEA') && groups.includes('Media NA')), groups.join());
});
