import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadAccount } from '../../src/provisioning/connector/connector.ts';
import { imageOf } from '../../src/provisioning/connector/ladder.ts';
import { apply, background, type IconikWorld, read, startIconik } from './iconik-world.ts';

const CAMPAIGN = 'Summer campaign';
const PERSONAL = {
  staff: { type: 'STANDARD', groups: ['Editors'] },
  campaign: {
    ...{ type: 'STANDARD', groups: ['Reviewers'] },
    projects: [{ collection: CAMPAIGN, permissions: ['read', 'write'] }],
  },
  emea: {
    type: 'STANDARD',
    groups: ['Reviewers'],
    projects: [{ collection: 'EMEA', permissions: ['read'] }],
  },
};
const BY_GROUP = {
  staff: { type: 'STANDARD', groups: ['Editors'] },
  launch: {
    ...{ type: 'STANDARD', groups: ['Editors'] },
    projects: [{ collection: CAMPAIGN, permissions: ['read', 'write'], group: 'Launch team' }],
  },
};

type Row = readonly [type: string, permissions: string];
function rowsOf(world: IconikWorld, who: string): readonly Row[] {
  return world
    .state()
    .acl.filter((row) => row.who === who)
    .map(({ object_type, permissions }) => [object_type, permissions.join(' ')] as const);
}

async function personal(): Promise<{
  world: IconikWorld;
  account: ReadAccount;
  mail: string;
  person: ReturnType<IconikWorld['person']>;
}> {
  const world = await startIconik({ roles: PERSONAL });
  const person = world.person();
  const account = await world.create(person, 'campaign', 'emea');
  return { world, account, person, mail: person.mail ?? '' };
}

test('a project without a group is given to the person alone, on the collection and for what is inside', async () => {
  const { world, account, person, mail } = await personal();
  await using _open = world;
  const image = world.desire(person, 'campaign', 'emea');

  const { account: done, answers } = await world.apply(account, image);
  const again = await read(world.target, account.externalId, image, done.refs);

  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    ['written'],
  );
  assert.deepEqual(rowsOf(world, account.externalId).toSorted(), [
    ['_propagating_collections', 'read'],
    ['_propagating_collections', 'read write'],
    ['collections', 'read'],
    ['collections', 'read write'],
  ]);
  assert.deepEqual(again.image['projects'], [
    'EMEA: read',
    'Summer campaign: read',
    'Summer campaign: write',
  ]);
  assert.ok((await world.sees(mail)).includes('EMEA raw material'));
});

test('when one project ends its rows go, and the other project and the groups stay (S33, S34)', async () => {
  const { world, account, person, mail } = await personal();
  await using _open = world;
  const { account: both } = await world.apply(account, world.desire(person, 'campaign', 'emea'));

  const { account: one } = await world.apply(both, world.desire(person, 'emea'));

  const user = world.user(mail);
  assert.deepEqual(rowsOf(world, account.externalId), [
    ['collections', 'read'],
    ['_propagating_collections', 'read'],
  ]);
  assert.deepEqual([user.status, user.groups.length], ['ACTIVE', 1]);
  assert.deepEqual(await world.sees(mail), ['Brand library', 'EMEA', 'EMEA raw material']);
  assert.equal(one.refs['projects']?.split(' ').length, 1);
});

test('fewer permissions in a project replace the row of that person and nobody else’s', async () => {
  const { world, account, person } = await personal();
  await using _open = world;
  await world.apply(account, world.desire(person, 'campaign'));
  const others = (): unknown[] => world.state().acl.filter(({ who }) => who !== account.externalId);
  const before = structuredClone(others());
  const roles = {
    campaign: { ...PERSONAL.campaign, projects: [{ collection: CAMPAIGN, permissions: ['read'] }] },
  };
  const target = world.open({ roles });
  await target.prepare(background());
  const desired = target.desire(person, [{ relyingParty: 'iconik', role: 'campaign' }]);
  const image = desired.outcome === 'desired' ? desired.image : assert.fail();

  // What we gave is in the engine's ledger, so a changed mapping takes it away.
  await apply(target, account, image, { given: { projects: ['Summer campaign: write'] } });

  assert.deepEqual(
    rowsOf(world, account.externalId).map(([, permissions]) => permissions),
    ['read', 'read'],
  );
  assert.deepEqual(others(), before);
});

test('a lost reply while giving a project is made good, and what it gave is found when access ends', async () => {
  const { world, account, person } = await personal();
  await using _open = world;
  const acl = '^/API/acls/';
  world.iconik.fail({ kind: 'lost-reply', times: 1, match: { method: 'PUT', path: acl } });
  const { answers } = await world.apply(account, world.desire(person, 'campaign'));
  world.iconik.fail();
  assert.equal(answers.at(-1)?.outcome, 'unavailable');
  assert.equal(rowsOf(world, account.externalId).length, 1);

  // The person never comes again: the ladder must find rows that nobody wrote down.
  const ended = imageOf(world.target.ladder);
  const halfway = await world.read(account.externalId, ended, account.refs);
  await world.apply(account, world.desire(person, 'campaign'));
  await world.apply(account, ended);

  assert.ok('projects' in halfway.image);
  assert.deepEqual(rowsOf(world, account.externalId), []);
});

test('a collection whose list we may not change blocks with words for an administrator', async () => {
  const { world, account, person } = await personal();
  await using _open = world;
  world.iconik.fail({ kind: 'status', status: 403, match: { method: 'PUT', path: '^/API/acls/' } });

  const { answers } = await world.apply(account, world.desire(person, 'campaign'));

  const last = answers.at(-1);
  assert.ok(last?.outcome === 'blocked' && /change-acl/.test(last.reasons[0] ?? ''));
});

test('a project group is made, holds the permissions, and people only come and go (S38)', async () => {
  await using world = await startIconik({ roles: BY_GROUP, settings: { createGroups: true } });
  const team = world.state().groups.find(({ name }) => name === 'Launch team') ?? assert.fail();
  const person = world.person();
  const account = await world.create(person, 'staff', 'launch');
  const inTeam = await world.sees(person.mail ?? '');
  world.forgetCalls();

  await world.apply(account, world.desire(person, 'staff'));
  const sent = world.calls();

  assert.ok(sent.every((call) => !call.includes('/acls/')));
  assert.equal(team.external_id, 'vestibule:iconik-halden:Launch team');
  assert.deepEqual(rowsOf(world, team.id), [
    ['collections', 'read write'],
    ['_propagating_collections', 'read write'],
  ]);
  assert.ok(inTeam.includes(CAMPAIGN));
  assert.ok(!(await world.sees(person.mail ?? '')).includes(CAMPAIGN));
  assert.equal(world.user(person.mail ?? '').status, 'ACTIVE');
});

test('a manual addition to a project team is seen and taken out or left, as the engine says', async () => {
  await using world = await startIconik({ roles: BY_GROUP, settings: { createGroups: true } });
  const person = world.person();
  const account = await world.create(person, 'staff');
  world.act('change-user', { email: person.mail, groups: ['Editors', 'Launch team', 'Media NA'] });
  const image = world.desire(person, 'staff');

  const found = await world.read(account.externalId, image);
  await world.apply(account, image);

  assert.deepEqual(found.image['groups'], ['Launch team', 'Media NA']);
  assert.deepEqual(world.target.managed?.('groups'), ['Editors', 'Launch team']);
  // Named by a role, so it is ours to take; the other one is somebody's own decision.
  assert.deepEqual([...world.user(person.mail ?? '').groups].sort(), ['Editors', 'Media NA']);
});

test('permissions that somebody else gave the project group stay', async () => {
  await using world = await startIconik({ roles: BY_GROUP, settings: { createGroups: true } });
  const { acl, groups } = world.state();
  const team = groups.find(({ name }) => name === 'Launch team') ?? assert.fail();
  for (const row of acl.filter(({ who }) => who === team.id)) {
    Object.assign(row, { permissions: ['delete'] });
  }

  await world.prepare();
  world.forgetCalls();
  await world.prepare();

  assert.deepEqual(
    rowsOf(world, team.id).map(([, permissions]) => permissions),
    ['read write delete', 'read write delete'],
  );
  assert.ok(world.calls().every((call) => !call.startsWith('PUT')));
});
