import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../src/base/index.ts';
import { addPerson, changePerson, eventBehind } from '../support/evidence.ts';
import { iconikState, iconikUser, probe, run, TARGET, todaysClock, withRoles } from '../support/iconik.ts';
import { startWorld, type World } from '../support/world.ts';

// S34, the side of iconik: people from outside, in one project and for their contract. Grants with approval are not
// there yet; a rule with an end stands in their place.

const FREDA = 'freda@halden.example';
const PROJECT = ['Summer campaign', 'Summer campaign, rough cut'];

const configure = withRoles(
  [
    {
      ...{ id: 'staff', group: 'Reviewers' },
      account: { type: 'STANDARD', groups: ['Reviewers'] },
    },
    {
      ...{ id: 'agency', group: 'Reviewers' },
      account: {
        ...{ type: 'BROWSE_ONLY', groups: ['Reviewers'], external: true },
        projects: [{ collection: 'Summer campaign', permissions: ['read'] }],
      },
    },
  ],
  [
    { id: 'staff', role: 'staff', when: '"media@staff" in person.groups' },
    {
      ...{ id: 'agency', role: 'agency', until: 'person.contractEnd' },
      when: '"film-agencies@partners" in person.groups',
    },
  ],
);

/** The broker's day is two days before that of its commands, and the contract ends between the two. */
async function withContract(groups: readonly string[] = ['film-agencies@partners']): Promise<World> {
  const world = await startWorld({ configure, clock: todaysClock(2) });
  const contractEnd = new Date(world.clock.now().getTime() + DAY).toISOString();
  const person = { login: 'freda', partition: 'partners', groups: [...groups], contractEnd };
  await addPerson(world, { ...person, givenName: 'Freda', familyName: 'Ostrow' });
  return world;
}

const enter = (world: World) => world.signIn(world.browser(), 'freda', '/launch/iconik');
const marksOf = ({ metadata }: { metadata: unknown }): Readonly<Record<string, unknown>> =>
  (metadata as { vestibule: Record<string, unknown> }).vestibule;

test('somebody from outside sees the one project, and is marked as external with the end wherever iconik shows users', async () => {
  await using world = await withContract();

  const page = await enter(world);

  assert.equal(page.url.hostname, 'iconik.localhost', page.text);
  const seen = await (await probe(world, FREDA)).sees();
  assert.deepEqual(
    seen.filter((title) => !PROJECT.includes(title)),
    ['Brand library', 'Kettle, turntable', 'Packaging, close-up'],
  );
  assert.deepEqual(
    seen.filter((title) => PROJECT.includes(title)),
    PROJECT,
  );
  const user = await iconikUser(world, FREDA);
  const { contractEnd } = world.sandbox.people.find('freda') ?? assert.fail();
  assert.deepEqual(
    [user.type, marksOf(user)['external'], marksOf(user)['until']],
    ['BROWSE_ONLY', true, contractEnd],
  );
});

test('without an end of the contract nobody from outside gets in, and no user is made', async () => {
  await using world = await withContract();
  await changePerson(world, 'freda', { contractEnd: null });

  const page = await enter(world);

  assert.equal(page.status, 403);
  assert.ok((await iconikState(world)).users.every(({ email }) => email !== FREDA));
});

test('a role for outsiders in a rule without any end is refused, with a reason for the administrator', async () => {
  const roles = [
    {
      ...{ id: 'agency', group: 'Reviewers' },
      account: { type: 'BROWSE_ONLY', groups: ['Reviewers'], external: true },
    },
  ];
  const rules = [{ id: 'agency', role: 'agency', when: '"media@staff" in person.groups' }];
  await using world = await startWorld({ configure: withRoles(roles, rules) });

  const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');

  assert.equal(page.status, 403);
  const refused = await eventBehind(world, page, 'login.refused');
  assert.equal(refused.code, 'provisioning.end_missing');
});

test('the day after the contract the entry is refused, the next cycle disables the user, and the project is gone from every list', async () => {
  await using world = await withContract();
  await enter(world);
  const token = await probe(world, FREDA);
  const running = (await token.get('/API/assets/v1/collections/')).status;

  const applied = await run(world, 'apply', TARGET);
  world.clock.advance(2 * DAY);
  const page = await enter(world);

  assert.match(applied, /: 1 end begun/);
  assert.deepEqual([running, (await token.get('/API/assets/v1/collections/')).status], [200, 401]);
  assert.equal((await iconikUser(world, FREDA)).status, 'INACTIVE');
  assert.equal(page.status, 403);
  assert.equal((await eventBehind(world, page, 'decision.denied')).code, 'policy.ended');
});

test('where something else is left, only the project and the mark end', async () => {
  await using world = await withContract(['film-agencies@partners', 'media@staff']);
  await enter(world);
  const before = await (await probe(world, FREDA)).sees();

  await run(world, 'apply', TARGET);

  const user = await iconikUser(world, FREDA);
  const after = await (await probe(world, FREDA)).sees();
  assert.ok(PROJECT.every((title) => before.includes(title)));
  assert.ok(
    PROJECT.every((title) => !after.includes(title)),
    after.join(),
  );
  assert.deepEqual(
    [user.status, marksOf(user)['external'], marksOf(user)['until']],
    ['ACTIVE', undefined, undefined],
  );
});
