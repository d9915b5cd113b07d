import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  planMembership,
  type WantedMembership,
} from '../../src/provisioning/connectors/iconik/membership.ts';
import { apply, background, startIconik, type WorldOptions } from './iconik-world.ts';

suite('the order of changes to groups', () => {
  const KEEP_NOTHING = { keep: [], dropsFormer: true };
  const plan = (members: string, primary: string, wanted: Partial<WantedMembership>): string =>
    planMembership({ members: members.split(' '), primary, roleGroups: [] }, { ...KEEP_NOTHING, ...wanted })
      .map(({ kind, group }) => `${kind} ${group}`)
      .join(', ');

  test('a swap joins the new primary group, sets it, and leaves the old one', () => {
    assert.equal(plan('A', 'A', { primary: 'B', others: [] }), 'join B, primary B, leave A');
  });
  test('a swap to a group that is held already needs no joining', () => {
    assert.equal(plan('A B', 'A', { primary: 'B', others: [] }), 'primary B, leave A');
  });
  test('two groups change places without leaving any', () => {
    assert.equal(plan('A B', 'A', { primary: 'B', others: ['A'], keep: ['A', 'B'] }), 'primary B');
  });
  test('other groups are left before any is joined', () => {
    assert.equal(plan('A B', 'A', { others: ['C'] }), 'leave B, join C');
  });
  test('the primary group is never left without another in its place', () => {
    assert.equal(plan('A B', 'A', { others: [] }), 'leave B');
  });
  test('the next primary group is not left by a step that takes groups away', () => {
    assert.equal(plan('A B C', 'A', { others: [], keep: ['B'] }), 'leave C');
  });
  test('a former primary group that somebody chose by hand stays as an ordinary one', () => {
    assert.equal(plan('A', 'A', { primary: 'B', dropsFormer: false }), 'join B, primary B');
  });
  test('nothing to do is nothing to send', () => {
    assert.equal(plan('A B', 'A', { primary: 'A', others: ['B'] }), '');
  });
});

const TEAMS: WorldOptions = {
  roles: {
    producer: { type: 'POWER', teams: ['Producers', 'Editors'], roleGroups: ['Producing'] },
    editor: { type: 'STANDARD', teams: ['Editors', 'Media EMEA'], roleGroups: ['Editing'] },
    reviewer: { type: 'BROWSE_ONLY', teams: ['Reviewers'], roleGroups: ['Browsing'] },
  },
  positions: { accessModel: 'teams' },
};
for (const [name, options] of [
  ['groups', {}],
  ['groups, rule of the pages only', { positions: { primaryGroup: 'pages-only' } }],
  ['teams', TEAMS],
] as const) {
  test(`${name}: somebody who moves to another role ends in exactly its groups`, async () => {
    await using world = await startIconik(options);
    const person = world.person();
    const account = await world.create(person, 'producer');
    const image = world.desire(person, 'editor');

    const { answers } = await world.apply(account, image);

    const user = world.user(person.mail ?? '');
    assert.ok(answers.every(({ outcome }) => outcome === 'written'));
    assert.deepEqual([user.primary_group, [...user.groups].sort()], ['Editors', ['Editors', 'Media EMEA']]);
    assert.equal(user.type, 'STANDARD');
    if (options === TEAMS) assert.deepEqual(user.role_groups, ['Editing']);
  });
}

test('a changed mapping takes the former primary group away, though no role names it any more', async () => {
  await using world = await startIconik();
  const person = world.person();
  const account = await world.create(person, 'reviewer');
  const target = world.open({ roles: { reviewer: { type: 'BROWSE_ONLY', groups: ['Media NA'] } } });
  await target.prepare(background());
  const desired = target.desire(person, [{ relyingParty: 'iconik', role: 'reviewer' }]);

  await apply(target, account, desired.outcome === 'desired' ? desired.image : assert.fail());

  assert.deepEqual(world.user(person.mail ?? '').groups, ['Media NA']);
});

test('a group and a primary group that somebody gave by hand are put right without losing the group', async () => {
  await using world = await startIconik();
  const person = world.person();
  const account = await world.create(person, 'reviewer');
  world.act('change-user', {
    email: person.mail,
    groups: ['Reviewers', 'Summer campaign'],
    primaryGroup: 'Summer campaign',
  });
  const image = world.desire(person, 'reviewer');

  await world.apply(account, image);

  const user = world.user(person.mail ?? '');
  assert.equal(user.primary_group, 'Reviewers');
  assert.deepEqual([...user.groups].sort(), ['Reviewers', 'Summer campaign']);
});

test('with onExtra: remove the group that somebody made primary by hand goes too', async () => {
  await using world = await startIconik({ settings: { onExtra: 'remove' } });
  const person = world.person();
  const account = await world.create(person, 'reviewer');
  world.act('change-user', {
    email: person.mail,
    groups: ['Summer campaign'],
    primaryGroup: 'Summer campaign',
  });

  await world.apply(account, world.desire(person, 'reviewer'));

  assert.deepEqual(world.user(person.mail ?? '').groups, ['Reviewers']);
});

test('memberships travel one by one, so that nobody else’s change is overwritten', async () => {
  await using world = await startIconik();
  const person = world.person();
  const account = await world.create(person, 'reviewer');
  world.forgetCalls();

  await world.apply(account, world.desire(person, 'reviewer', 'editor'));

  const sent = world.iconik.calls.list().filter(({ method }) => method !== 'GET');
  assert.ok(sent.every(({ method, path }) => method !== 'PATCH' || !path.includes('/groups/')));
  assert.ok(world.calls().some((call) => /^POST .*\/groups\/.*\/users\//.test(call)));
});

const MISSING = [
  ['403', { missingRole: '403' }],
  ['401', { missingRole: '401' }],
] as const;
for (const [status, positions] of MISSING) {
  test(`who may not take people out of groups learns which role is missing, told by ${status}`, async () => {
    await using world = await startIconik({ positions });
    const person = world.person();
    const account = await world.create(person, 'producer');
    removeRole(world, 'can_delete_groups');
    const { problems } = await world.prepare();

    const { answers } = await world.apply(account, world.desire(person, 'editor'));

    const last = answers.at(-1);
    assert.ok(problems.some(({ message }) => message.includes('can_delete_groups')));
    assert.ok(last?.outcome === 'blocked' && last.reasons[0]?.includes('can_delete_groups'));
  });
}

test('teams that cannot be written are asked of people', async () => {
  await using world = await startIconik(TEAMS);
  const person = world.person();
  const account = await world.create(person, 'producer');
  world.iconik.turn({ teamWrites: 'none' });

  const { answers } = await world.apply(account, world.desire(person, 'editor'));

  const last = answers.at(-1);
  assert.ok(last?.outcome === 'blocked' && /by hand/.test(last.reasons[0] ?? ''));
});

for (const cut of [1, 2, 3, 4]) {
  test(`a swap that breaks off after request ${cut} ends right when it is run again`, async () => {
    await using world = await startIconik();
    const person = world.person();
    const account = await world.create(person, 'producer');
    const image = world.desire(person, 'reviewer');
    const writes = '^/API/users/v1/(groups/|users/[0-9a-f-]+/$)';
    world.iconik.fail(
      { kind: 'slow', ms: 0, times: cut, match: { path: writes } },
      { kind: 'lost-reply', times: 1, match: { path: writes } },
    );

    await world.apply(account, image).catch(() => undefined);
    world.iconik.fail();
    await world.apply(account, image);

    const user = world.user(person.mail ?? '');
    assert.deepEqual([user.primary_group, user.groups], ['Reviewers', ['Reviewers']]);
  });
}

/** An administrator of iconik takes a role from the group of the integration. */
function removeRole(world: { readonly iconik: { state(): unknown } }, role: string): void {
  const { groups } = world.iconik.state() as { groups: { name: string; roles: string[] }[] };
  const group = groups.find(({ name }) => name === 'Integrations') ?? assert.fail();
  group.roles = group.roles.filter((each) => each !== role);
}
