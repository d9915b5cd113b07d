import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PrepareAnswer } from '../../src/provisioning/connector/connector.ts';
import { nameTable } from '../../src/provisioning/connectors/iconik/facts.ts';
import { withoutTwins } from '../../src/provisioning/connectors/iconik/make-groups.ts';
import type { PrepareNeeds } from '../../src/provisioning/connectors/iconik/prepare-needs.ts';
import {
  background,
  CLIENT,
  type IconikWorld,
  ROLES,
  startIconik,
  type WorldOptions,
} from './iconik-world.ts';

async function problems(world: IconikWorld): Promise<readonly string[]> {
  return (await world.prepare()).problems.map(({ path, message }) => `${path}: ${message}`);
}

test('a domain that has all that roles name is prepared without complaints, in few requests', async () => {
  await using world = await startIconik({ prepare: false });

  const found = await problems(world);

  assert.deepEqual(found, []);
  assert.deepEqual(world.calls(), [
    'GET /users/v1/users/current/',
    'GET /auth/v1/auth/token/',
    'GET /users/v1/users/current/roles/',
    'GET /users/v1/teams/',
    'GET /users/v1/groups/',
  ]);
});

test('OAuth client credentials serve as well, also where App-ID is wanted beside them', async () => {
  const { appId: _none, ...client } = { appId: '', ...CLIENT };
  for (const [oauth, credential] of [
    ['client-credentials', client],
    ['with-app-id', { ...client, appId: client.clientId }],
  ] as const) {
    await using world = await startIconik({ settings: { credentials: [credential] }, positions: { oauth } });

    const account = await world.create(world.person(), 'editor');

    assert.ok(account.externalId !== '');
  }
});

for (const [model, positions, first] of [
  ['teams', { accessModel: 'teams' }, 'team'],
  ['groups', { accessModel: 'groups' }, 'group'],
] as const) {
  test(`names that a domain with ${model} lacks are reported once prepared, and unresolved`, async () => {
    const roles = { x: { type: 'STANDARD', groups: ['Editors', 'Nobody made this'] } };
    await using world = await startIconik({ roles, positions, prepare: false });

    const found = await problems(world);

    assert.deepEqual(found, [
      `roles: there is no ${first} "Nobody made this" that the integration user can see`,
    ]);
    assert.deepEqual(world.target.unresolved(world.desire(world.person(), 'x')), [
      `${first} Nobody made this`,
    ]);
  });
}

test('a domain with teams that still lists groups is one with teams', async () => {
  const roles = { x: { type: 'STANDARD', teams: ['Editors'], roleGroups: ['Editing'] } };
  const positions = { accessModel: 'teams', groupsWithTeams: 'listed' };
  await using world = await startIconik({ roles, positions, prepare: false });

  const { facts, problems: found } = await world.prepare();

  assert.deepEqual(found, []);
  assert.equal((facts as { model: string }).model, 'teams');
});

test('role groups in a domain with groups are a mistake that is told', async () => {
  const roles = { x: { type: 'STANDARD', groups: ['Editors'], roleGroups: ['Editing'] } };
  await using world = await startIconik({ roles, prepare: false });

  const found = await problems(world);

  assert.match(found[0] ?? '', /this domain has groups/);
  assert.deepEqual(world.target.unresolved(world.desire(world.person(), 'x')), ['role group Editing']);
});

for (const [accessModel, position, expected] of [
  ['teams', 'groups', /the domain has no teams/],
  ['groups', 'teams', /the domain has no groups/],
] as const) {
  test(`accessModel: ${accessModel} in a domain with ${position} is told`, async () => {
    await using world = await startIconik({
      ...{ settings: { accessModel }, positions: { accessModel: position }, prepare: false },
    });

    assert.match((await problems(world))[0] ?? '', expected);
  });
}

test('a name that two groups have stands for neither', () => {
  const entries = [
    { id: 'a', name: 'Editors', externalId: '' },
    { id: 'b', name: 'Editors', externalId: 'emea-editors' },
    { id: 'c', name: 'a', externalId: '' },
  ];

  const { table, ambiguous } = nameTable(['Editors', 'emea-editors', 'a'], entries);

  assert.deepEqual(ambiguous, ['Editors']);
  assert.deepEqual(table.ids, { 'emea-editors': 'b', a: 'a' });
  assert.deepEqual(table.names, { a: 'a', b: 'emea-editors', c: '#c' });
});

test('a group named by its id is found though no list shows it', async () => {
  await using world = await startIconik({ prepare: false });
  const id = '7c0e5b1a-40d2-11f0-8f6e-000000000012';
  const target = world.open({ roles: { x: { type: 'STANDARD', groups: [id] } } });
  const body = { objects: [], pages: 1 };
  world.iconik.fail({ kind: 'status', status: 200, body, match: { path: '^/API/users/v1/groups/$' } });

  const answer = await target.prepare(background());

  assert.deepEqual(answer.outcome === 'prepared' && answer.problems, []);
});

test('missing groups are made once, without roles, even while lists are behind', async () => {
  const roles = { x: { type: 'STANDARD', groups: ['Editors', 'New here'] } };
  await using world = await startIconik({
    ...{ roles, settings: { createGroups: true }, positions: { indexLagSeconds: 5 }, prepare: false },
  });

  const first = await problems(world);
  const second = await problems(world);

  const made = world.state().groups.filter(({ name }) => name === 'New here');
  assert.deepEqual([first, second], [[], []]);
  assert.equal(made.length, 1);
  assert.deepEqual((made[0] as unknown as { roles: string[] }).roles, []);
});

suite('a group that several brokers, or somebody by hand, make at once', () => {
  const options = (positions: Readonly<Record<string, unknown>>): WorldOptions => ({
    roles: { x: { type: 'STANDARD', groups: ['Editors', 'New here'] } },
    ...{ settings: { createGroups: true }, prepare: false, positions },
  });
  const newOnes = (world: IconikWorld) => world.state().groups.filter(({ name }) => name === 'New here');
  const idIn = (answer: PrepareAnswer): string | undefined =>
    answer.outcome === 'prepared'
      ? (answer.facts as { groups: { ids: Record<string, string> } }).groups.ids['New here']
      : undefined;

  for (const positions of [
    { groupNames: 'unique', indexLagSeconds: 0 },
    { groupNames: 'free', indexLagSeconds: 0 },
    { groupNames: 'free', indexLagSeconds: 5 },
  ]) {
    test(`is one group to all of them in the end (${JSON.stringify(positions)})`, async () => {
      await using world = await startIconik(options(positions));
      const brokers = Array.from({ length: 4 }, () => world.open());

      await Promise.all(brokers.map((each) => each.prepare(background())));
      world.clock.advance(10_000);
      const answers = await Promise.all(brokers.map((each) => each.prepare(background())));

      const ids = new Set(answers.map(idIn));
      const made = newOnes(world);
      assert.equal(ids.size, 1);
      assert.ok(made.some(({ id }) => ids.has(id)));
      const told = answers[0]?.outcome === 'prepared' ? answers[0].problems : [];
      assert.equal(told.length, made.length - 1, 'each of the others is reported');
    });
  }

  test('is made once when the reply is lost', async () => {
    await using world = await startIconik(options({ indexLagSeconds: 0 }));
    world.iconik.fail({
      kind: 'lost-reply',
      match: { method: 'POST', path: '^/API/users/v1/groups/$' },
      times: 1,
    });

    const answer = await world.prepare();

    const posts = world.calls().filter((call) => call === 'POST /users/v1/groups/');
    assert.deepEqual([answer.problems, newOnes(world).length, posts.length], [[], 1, 1]);
    assert.equal(idIn(answer), newOnes(world)[0]?.id);
  });

  test('is the same for all of them, in whatever order they see the list', () => {
    const needs = { id: 'iconik-halden', named: { members: ['New here'] } } as unknown as PrepareNeeds;
    const entries = ['b', 'a', 'c'].map((id) => ({
      ...{ id, name: 'New here', externalId: 'vestibule:iconik-halden:New here' },
    }));

    for (const seen of [entries, [...entries].reverse(), [...entries, ...entries]]) {
      assert.deepEqual(
        withoutTwins(needs, seen, []).map(({ id }) => id),
        ['a'],
      );
    }
  });

  test('is not made when it stands where the list of all groups is not read any more', async () => {
    await using world = await startIconik(options({ indexLagSeconds: 0, maxPerPage: 1 }));
    const others = Array.from({ length: 60 }, (_, index) => `Another group ${index}`);
    for (const name of [...others, 'New here']) {
      assert.equal(await world.call('POST', '/users/v1/groups/', { name }), 201);
    }

    const answer = await world.prepare();

    assert.equal(newOnes(world).length, 1);
    assert.equal(idIn(answer), newOnes(world)[0]?.id);
  });
});

test('what one process found serves another, and what nobody can read is ignored', async () => {
  await using world = await startIconik();
  const { facts } = await world.prepare();
  const other = world.open();
  const image = world.desire(world.person(), 'editor');

  const before = other.unresolved(image);
  other.restore({ groups: 'nonsense' });
  const broken = other.unresolved(image);
  other.restore(JSON.parse(JSON.stringify(facts)));

  assert.deepEqual(before, ['group Editors', 'group Media EMEA']);
  assert.deepEqual(broken, before);
  assert.deepEqual(other.unresolved(image), []);
});

test('a frozen domain, and one that does not answer, are no facts', async () => {
  await using world = await startIconik({ positions: { domainStatus: 'FROZEN' }, prepare: false });

  const frozen = await world.target.prepare(background());
  world.iconik.fail({ kind: 'refuse-connection' });
  const silent = await world.target.prepare(background());

  assert.equal(frozen.outcome === 'unavailable' && frozen.code, 'provisioning.forbidden');
  assert.equal(silent.outcome === 'unavailable' && silent.code, 'provisioning.target_unreachable');
});

test('a domain with a warning is told, and works', async () => {
  await using world = await startIconik({ positions: { domainStatus: 'WARNING' }, prepare: false });

  assert.match((await problems(world))[0] ?? '', /^url: .*WARNING/);
});

test('collections are found by title, external id or id, and one that is not there is told', async () => {
  const collections = ['Summer campaign', '7c0e5b1a-40d2-11f0-8f6e-000000000041', 'Not there'];
  const roles = {
    x: {
      ...ROLES.editor,
      projects: collections.map((collection) => ({ collection, permissions: ['read'] })),
    },
  };
  await using world = await startIconik({ roles, prepare: false });

  const found = await problems(world);

  assert.deepEqual(found, ['roles: there is no collection "Not there" that the integration user can see']);
  assert.deepEqual(world.target.unresolved(world.desire(world.person(), 'x')), ['collection Not there']);
});

test('more groups than fit one page are all read', async () => {
  const roles = { x: { type: 'STANDARD', groups: ['Group 230'] } };
  await using world = await startIconik({ roles, prepare: false });
  for (let number = 1; number <= 230; number += 1) {
    assert.equal(await world.call('POST', '/users/v1/groups/', { name: `Group ${number}` }), 201);
  }

  assert.deepEqual(await problems(world), []);
});
