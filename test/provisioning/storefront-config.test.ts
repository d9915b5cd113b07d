import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectors, StorefrontAccess, StorefrontTarget } from '../../src/provisioning/index.ts';

const MINIMAL = {
  storeHash: 'abc123',
  login: [{ clientId: 'login', clientSecret: 'secret' }],
  api: [{ clientId: 'api', accessToken: 'token' }],
};
const connector = connectors.get('bigcommerce-storefront') ?? assert.fail();

const PARTIES = [
  {
    id: 'store-emea',
    roles: [],
    access: StorefrontAccess.parse({ channelId: 1, roles: [{ id: 'a', customerGroup: 'Agency' }] }),
  },
];

function problemsOf(settings: object): readonly string[] {
  const parsed = StorefrontTarget.parse({ ...MINIMAL, ...settings });
  const context = { attributes: { region: 'string' }, parties: PARTIES } as const;
  return connector.checkTarget(parsed, context).map(({ path, message }) => `${path}: ${message}`);
}

test('a minimal target has safe defaults and the stable id', () => {
  const settings = StorefrontTarget.parse(MINIMAL);

  assert.equal(settings.onExisting, 'refuse');
  assert.equal(settings.onInvalidDetail, 'report');
  assert.equal(settings.confirmMaxAge, 86_400_000);
  assert.equal(settings.budgetMs, 3_000);
  assert.equal(settings.apiUrl.href, 'https://api.bigcommerce.com/');
  assert.deepEqual(settings.attributes, { vestibule_id: 'id' });
  assert.deepEqual(settings.ladder, { password: true });
  assert.deepEqual(problemsOf({}), []);
});

test('a mapping without the stable id is refused', () => {
  const problems = problemsOf({ attributes: { Department: 'department' } });

  assert.deepEqual(problems, [
    'attributes.vestibule_id: missing; the stable id is mandatory, add vestibule_id: id',
  ]);
});

for (const source of ['mail', 'login', 'attributes.region']) {
  test(`a mapping that takes ${source} as the stable id is refused`, () => {
    const problems = problemsOf({ attributes: { vestibule_id: source } });

    assert.match(problems[0] ?? '', /^attributes\.vestibule_id: .* is not a stable id/);
  });
}

test('sources that nobody declared are refused with what there is', () => {
  const problems = problemsOf({
    attributes: { vestibule_id: 'id', Region: 'attributes.region', Team: 'attributes.team', Shoe: 'size' },
  });

  assert.deepEqual(
    problems.map((text) => text.split(':')[0]),
    ['attributes.Team', 'attributes.Shoe'],
  );
});

test('more attributes than a store has are refused', () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`A${n}`, 'department']));

  assert.match(problemsOf({ attributes: { vestibule_id: 'id', ...many } })[0] ?? '', /too many/);
});

test('authority names known fields only', () => {
  assert.deepEqual(
    problemsOf({
      attributes: { vestibule_id: 'id', Region: 'attributes.region' },
      authority: { name: 'first', 'attributes.Region': 'target' },
    }),
    [],
  );
  assert.match(problemsOf({ authority: { group: 'target' } })[0] ?? '', /^authority\.group: unknown field/);
});

test('one API account must not both sign logins and write customers', () => {
  const problems = problemsOf({ api: [{ clientId: 'login', accessToken: 'token' }] });

  assert.match(problems[0] ?? '', /^api\[0\]\.clientId: also signs logins/);
});

test('a role that is declared twice is refused', () => {
  const access = StorefrontAccess.parse({
    channelId: 1,
    roles: [{ id: 'a' }, { id: 'a', customerGroup: 'X' }],
  });

  assert.match(connector.checkAccess?.(access)[0]?.message ?? '', /declared twice/);
});

test('secrets of a parsed target do not print', () => {
  const text = JSON.stringify(StorefrontTarget.parse(MINIMAL));

  assert.doesNotMatch(text, /"secret"|"token"/);
});

test('form fields are taken from known sources, and have authority of their own', () => {
  assert.deepEqual(
    problemsOf({ formFields: { Shoe: 'attributes.region' }, authority: { 'formFields.Shoe': 'first' } }),
    [],
  );
  assert.match(
    problemsOf({ formFields: { Shoe: 'size' } }).join(),
    /^formFields\.Shoe: unknown source "size"/,
  );
});

test('people are not let in before the customer exists', () => {
  assert.match(
    problemsOf({ provision: 'queue' }).join(),
    /^provision: .*names its number; write before-sign-in/,
  );
});

const LADDERS: readonly (readonly [string, object, RegExp | undefined])[] = [
  [
    'every rung in order',
    { parking: { channelId: 9, after: '7d' }, group: { name: 'X', after: '30d' }, delete: { after: '90d' } },
    undefined,
  ],
  [
    'rungs after the same time',
    { parking: { channelId: 9, after: '7d' }, group: { name: 'X', after: '7d' } },
    undefined,
  ],
  ['parking as the first rung', { password: false, parking: { channelId: 9 } }, undefined],
  ['no rung at all', { password: false }, /^ladder: nothing that can be undone/],
  [
    'deletion as the only rung',
    { password: false, delete: { after: '90d' } },
    /^ladder: nothing that can be undone/,
  ],
  [
    'a first rung with a delay',
    { password: false, parking: { channelId: 9, after: '7d' } },
    /^ladder\.parking\.after: the first rung/,
  ],
  [
    'deletion before the group',
    { group: { name: 'X', after: '30d' }, delete: { after: '7d' } },
    /^ladder\.delete\.after: shorter than that of group/,
  ],
  [
    'deletion before parking',
    { parking: { channelId: 9, after: '8d' }, delete: { after: '7d' } },
    /^ladder\.delete\.after: shorter/,
  ],
  [
    'parking where people enter',
    { parking: { channelId: 1 } },
    /^ladder\.parking\.channelId: channel 1 is where store-emea is entered/,
  ],
  [
    'a group that a role gives',
    { group: { name: 'Agency' } },
    /^ladder\.group\.name: a role of store-emea gives the group "Agency"/,
  ],
];
for (const [name, ladder, problem] of LADDERS) {
  test(`a ladder with ${name} is ${problem ? 'refused' : 'right'}`, () => {
    const problems = problemsOf({ ladder });

    assert.equal(problems.length, problem ? 1 : 0, problems.join());
    if (problem) assert.match(problems[0] ?? '', problem);
  });
}

test('deleting always has a delay of its own', () => {
  assert.throws(() => StorefrontTarget.parse({ ...MINIMAL, ladder: { delete: {} } }));
});

test('a role of B2B Edition names no customer group', () => {
  const roles = [{ id: 'a', b2b: true, customerGroup: 'X' }];
  const access = StorefrontAccess.parse({ channelId: 1, roles });

  assert.match(connector.checkAccess?.(access)[0]?.message ?? '', /B2B Edition decides/);
});
