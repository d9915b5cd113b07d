import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR, MINUTE } from '../../src/base/index.ts';
import { act, changePerson, eventsOf, setFaults, until } from '../support/evidence.ts';
import {
  addGroups,
  groupsOf,
  iconikState,
  named,
  readBack,
  run,
  TARGET,
  type Tree,
  todaysClock,
  withRoles,
} from '../support/iconik.ts';
import { startWorld, type World } from '../support/world.ts';

// S32: view, edit, approve and publish in iconik, by group of the directory.

const RAVI = 'ravi@halden.example';

const VIEW = ['can_read_assets', 'can_read_collections', 'can_search'];
/** As iconik's administrator has set the groups up. */
const GROUPS = {
  View: VIEW,
  Edit: [...VIEW, 'can_write_assets'],
  Approve: [...VIEW, 'can_write_approval_status'],
  Publish: [...VIEW, 'can_write_shares'],
};
const TELLING = ['can_write_assets', 'can_write_approval_status', 'can_write_shares'];

const kind = (name: keyof typeof GROUPS): string => name.toLowerCase();
const roleOf = (group: keyof typeof GROUPS) => ({
  ...{ id: kind(group), group },
  account: { type: group === 'View' ? 'BROWSE_ONLY' : 'STANDARD', groups: [group] },
});
/** The strongest first: it decides the type of the user. */
const ORDER = ['Publish', 'Approve', 'Edit', 'View'] as const;
const configure = withRoles(
  ORDER.map(roleOf),
  ORDER.map((group) => ({
    ...{ id: `media-${kind(group)}`, role: kind(group) },
    when: `"media-${kind(group)}@staff" in person.groups`,
  })),
);

/** Comes in by another browser, as on another day. */
async function enter(world: World): Promise<string> {
  const page = await world.signIn(world.browser(), 'ravi', '/launch/iconik');
  return page.url.hostname;
}

const inGroups = (...names: string[]) => ({ groups: names.map((name) => `media-${name}@staff`) });

async function start(options: Parameters<typeof startWorld>[0] = {}): Promise<World> {
  const world = await startWorld({ configure, ...options });
  await addGroups(world, GROUPS);
  // Whatever the broker saw when it started: a name that it does not know is asked for again after a minute.
  world.clock.advance(2 * MINUTE);
  return world;
}

const STEPS = [
  { directory: ['view'], groups: ['View'], type: 'BROWSE_ONLY', may: [] },
  { directory: ['edit'], groups: ['Edit'], type: 'STANDARD', may: ['can_write_assets'] },
  {
    ...{ directory: ['edit', 'approve'], groups: ['Approve', 'Edit'], type: 'STANDARD' },
    may: ['can_write_assets', 'can_write_approval_status'],
  },
  { directory: ['publish'], groups: ['Publish'], type: 'STANDARD', may: ['can_write_shares'] },
  { directory: ['view'], groups: ['View'], type: 'BROWSE_ONLY', may: [] },
];

test('each change of group in the directory is a change of membership in iconik, and read back it equals the rule', async () => {
  await using world = await start();
  const seen: object[] = [];

  for (const { directory } of STEPS) {
    await changePerson(world, 'ravi', inGroups(...directory));
    const host = await enter(world);
    const { status, type, groups, roles } = await readBack(world, RAVI);
    seen.push({ host, status, type, groups, may: TELLING.filter((role) => roles.includes(role)) });
  }

  assert.deepEqual(
    seen,
    STEPS.map(({ groups, type, may }) => ({ host: 'iconik.localhost', status: 'ACTIVE', type, groups, may })),
  );
  const { users } = await iconikState(world);
  assert.equal(users.filter(({ email }) => email === RAVI).length, 1);
});

test('what is lost is gone before anybody enters; while it cannot be taken away, nobody enters', async () => {
  await using world = await start();
  await changePerson(world, 'ravi', inGroups('edit', 'publish'));
  await enter(world);
  await changePerson(world, 'ravi', inGroups('publish'));
  await setFaults(world, 'iconik', { kind: 'status', status: 500, match: { method: 'DELETE' } });

  const whileBroken = await enter(world);
  const before = await groupsOf(world, RAVI);
  await setFaults(world, 'iconik');
  const afterwards = await enter(world);

  assert.deepEqual([whileBroken, before], ['sso.localhost', ['Edit', 'Publish']]);
  assert.deepEqual([afterwards, await groupsOf(world, RAVI)], ['iconik.localhost', ['Publish']]);
});

test('a change that becomes known elsewhere reaches iconik by itself, without anybody entering it', async () => {
  await using world = await start();
  await changePerson(world, 'ravi', inGroups('edit'));
  await enter(world);

  await changePerson(world, 'ravi', inGroups('approve'));
  await world.signIn(world.browser(), 'ravi', '/launch/wiki');

  await until('the group follows', async () => (await groupsOf(world, RAVI)).join() === 'Approve');
});

test('a membership changed by hand is told by the plan, put back at the next look, and then the plan is empty', async () => {
  await using world = await start({ clock: todaysClock() });
  await changePerson(world, 'ravi', inGroups('view'));
  await enter(world);
  const settled = await run(world, 'plan', TARGET, '--live', '--json');
  await act(world, 'iconik', 'change-user', { email: RAVI, groups: ['Publish'], primaryGroup: 'Publish' });

  const told = await run(world, 'plan', TARGET, '--live', '--json');
  world.clock.advance(25 * HOUR);
  await enter(world);
  const after = await run(world, 'plan', TARGET, '--live', '--json');

  assert.deepEqual([settled, after], ['', '']);
  const { changes } = JSON.parse(told) as { changes: { field: string }[] };
  assert.ok(
    changes.some(({ field }) => field === 'primaryGroup'),
    told,
  );
  assert.deepEqual((await readBack(world, RAVI)).groups, ['View']);
  const [drifted] = await eventsOf(world, { types: ['account.drifted'] });
  assert.equal(drifted?.facts['reaction'], 'put-back');
});

test('when only the meaning of a role changes, people move to the new group at the next look, and leave the old one', async () => {
  await using world = await start();
  await changePerson(world, 'ravi', inGroups('publish'));
  await enter(world);

  await world.apply((config: Tree) => {
    const { roles } = config.relyingParties.find(named('iconik'));
    const publish = roles.find(named('publish'));
    Object.assign(publish, { group: 'Producers', account: { type: 'POWER', groups: ['Producers'] } });
  });
  const host = await enter(world);

  const { type, groups } = await readBack(world, RAVI);
  assert.deepEqual([host, type, groups], ['iconik.localhost', 'POWER', ['Producers']]);
});
