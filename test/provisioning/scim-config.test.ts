import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { silentLog } from '../../src/platform/log/index.ts';
import { ScimRole, ScimTarget, scim } from '../../src/provisioning/connectors/scim/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { personOf as mira } from './scim-world.ts';

const BASE = { baseUrl: 'https://wiki.example.com/scim/v2', tokens: [{ token: 'one' }] };

function problemsOf(change: Record<string, unknown>): readonly string[] {
  const settings = ScimTarget.parse({ ...BASE, ...change });
  const context = { attributes: { manager: 'string', badge: 'string' } } as const;
  return scim.checkTarget(settings, context).map(({ path }) => path);
}

suite('the configuration of a SCIM target', () => {
  test('needs little', () => {
    assert.deepEqual(problemsOf({}), []);
  });

  test('takes every kind of attribute and source', () => {
    const attributes = {
      ...{
        title: 'department',
        'name.formatted': '{givenName} {familyName}',
        'phoneNumbers.mobile': 'phone',
      },
      ...{ manager: 'attributes.manager', organization: 'company', employeeNumber: 'attributes.badge' },
      ...{ 'urn:example:params:2.0:User:badge': 'attributes.badge', 'roles.main': 'login' },
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter': 'department',
    };

    assert.deepEqual(
      problemsOf({ attributes, userName: '{login}@example.com', authority: { title: 'first' } }),
      [],
    );
  });

  const WRONG: readonly (readonly [string, Record<string, unknown>, readonly string[]])[] = [
    ['no credentials', { tokens: undefined }, ['tokens']],
    [
      'two kinds of credentials',
      { oauth: { tokenUrl: 'https://a.example/token', clients: [{ clientId: 'a', clientSecret: 'b' }] } },
      ['tokens'],
    ],
    ['a header with another use', { tokenHeader: 'Content-Type' }, ['tokenHeader']],
    ['a query in the base URL', { baseUrl: 'https://wiki.example.com/scim?v=2' }, ['baseUrl']],
    ['a source that nobody declared', { userName: 'attributes.shoe' }, ['userName']],
    ['a template without values', { userName: 'everybody{}' }, ['userName']],
    ['an unknown attribute', { attributes: { shoeSize: 'login' } }, ['attributes.shoeSize']],
    [
      'an attribute with a setting of its own',
      { attributes: { active: 'login', emails: 'mail' } },
      ['attributes.active', 'attributes.emails'],
    ],
    [
      'authority over access',
      { authority: { groups: 'target', externalId: 'first' } },
      ['authority.groups', 'authority.externalId'],
    ],
    ['groups made by id', { groupsBy: 'id', createGroups: true }, ['createGroups']],
    ['deletion before groups go', { ladder: { removeGroups: '30d', delete: '7d' } }, ['ladder.delete']],
  ];
  for (const [name, change, paths] of WRONG) {
    test(`names what is wrong: ${name}`, () => {
      assert.deepEqual(problemsOf(change), paths);
    });
  }

  test('refuses what no target can be', () => {
    for (const change of [
      { tokens: [] },
      { baseUrl: 'ftp://x.example' },
      { baseUrl: 'https://u:p@x.example' },
      { server: { pageSize: 0 } },
      { surprise: 1 },
    ]) {
      assert.equal(ScimTarget.safeParse({ ...BASE, ...change }).success, false, JSON.stringify(change));
    }
    assert.equal(ScimRole.safeParse({ groups: 'Editors' }).success, false);
    assert.deepEqual(ScimRole.parse({}), { groups: [] });
  });

  test('never prints a secret', () => {
    const oauth = {
      tokenUrl: 'https://a.example/token',
      clients: [{ clientId: 'a', clientSecret: 'hush-2' }],
    };
    const settings = ScimTarget.parse({ ...BASE, tokens: [{ token: 'hush-1' }], oauth });

    assert.doesNotMatch(JSON.stringify(settings), /hush/);
  });
});

/** Nobody is asked here. */
const NOTHING_TO_CALL = {
  id: 'wiki',
  http: { request: () => assert.fail('nobody is called'), fetchFor: () => assert.fail('nobody is called') },
  clock: new ManualClock(),
  log: silentLog,
};

suite('what is desired', () => {
  const open = (change: Record<string, unknown>) =>
    scim.open(ScimTarget.parse({ ...BASE, ...change }), {
      ...NOTHING_TO_CALL,
      relyingParties: [
        {
          id: 'wiki',
          access: {},
          roles: [
            { id: 'a', account: { groups: ['B', 'A'] } },
            { id: 'b', account: { groups: ['C', 'A'] } },
          ],
        },
      ],
    });
  const image = (change: Record<string, unknown>, person = mira()) => {
    const accesses = ['b', 'a'].map((role) => ({ relyingParty: 'wiki', role }));
    const answer = open(change).desire(person, accesses);
    return answer.outcome === 'desired' ? answer.image : answer;
  };

  test('groups of all roles, each once', () => {
    assert.deepEqual((image({}) as { groups: unknown }).groups, ['A', 'B', 'C']);
    assert.deepEqual(open({}).managed?.('groups'), ['A', 'B', 'C']);
  });

  test('a template is whole or not there', () => {
    const templated = {
      userName: '{login}@corp.example',
      attributes: { nickName: '{company}/{login}', title: 'company' },
    };

    const made = image(templated) as Record<string, unknown>;
    const { login: _login, ...nameless } = mira();

    assert.deepEqual([made['userName'], made['nickName'], made['title']], ['mira@corp.example', '', '']);
    assert.equal((image(templated, nameless) as { code: string }).code, 'provisioning.detail_invalid');
  });

  test('values are tidy, and too long ones are reported', () => {
    const person = mira({ department: `Mer\u0000chan\n dising${'x'.repeat(1_100)}`, givenName: ' Mi\tra ' });
    const answer = open({ attributes: { department: 'department', 'name.givenName': 'givenName' } }).desire(
      person,
      [{ relyingParty: 'wiki', role: 'a' }],
    );

    assert.ok(answer.outcome === 'desired');
    assert.equal(answer.image['name.givenName'], 'Mi ra');
    assert.deepEqual(
      answer.problems.map(({ field }) => field),
      ['department'],
    );
  });
});
