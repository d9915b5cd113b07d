import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectors, StorefrontAccess, StorefrontTarget } from '../../src/provisioning/index.ts';

const MINIMAL = {
  storeHash: 'abc123',
  login: [{ clientId: 'login', clientSecret: 'secret' }],
  api: [{ clientId: 'api', accessToken: 'token' }],
};
const connector = connectors.get('bigcommerce-storefront') ?? assert.fail();

function problemsOf(settings: object): readonly string[] {
  const parsed = StorefrontTarget.parse({ ...MINIMAL, ...settings });
  const context = { attributes: { region: 'string' } } as const;
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
