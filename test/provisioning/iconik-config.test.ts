import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapSecrets } from '../../src/platform/config/index.ts';
import { IconikTarget, RoleMeaning } from '../../src/provisioning/connectors/iconik/config.ts';
import { iconik as connector } from '../../src/provisioning/connectors/iconik/index.ts';
import { CLIENT, CREDENTIAL } from './iconik-world.ts';

const MINIMAL = { url: 'https://app.iconik.io', credentials: [CREDENTIAL] };

function problemsOf(settings: object): readonly string[] {
  const parsed = IconikTarget.parse({ ...MINIMAL, ...settings });
  return connector.checkTarget(parsed, { attributes: {} }).map(({ path, message }) => `${path}: ${message}`);
}

test('a minimal target has safe defaults', () => {
  const settings = IconikTarget.parse(MINIMAL);

  assert.equal(settings.onExisting, 'refuse');
  assert.equal(settings.administrators, 'untouchable');
  assert.equal(settings.onBlocked, 'leave');
  assert.equal(settings.createGroups, false);
  assert.equal(settings.accessModel, 'detect');
  assert.equal(settings.ladder.leaveGroups, 30 * 86_400_000);
  assert.deepEqual(problemsOf({}), []);
});

test('application tokens and OAuth clients may stand side by side, newest first', () => {
  assert.deepEqual(problemsOf({ credentials: [CLIENT, CREDENTIAL] }), []);
});

const BAD_CREDENTIALS: readonly (readonly [string, object, RegExp])[] = [
  ['no token', { appId: 'a' }, /^credentials\[0\]\.authToken: missing/],
  ['no application', { authToken: 't' }, /^credentials\[0\]\.appId: missing/],
  ['nothing', {}, /^credentials\[0\]\.appId: missing/],
  ['no client secret', { clientId: 'c' }, /^credentials\[0\]\.clientSecret: missing/],
  ['no client id', { clientSecret: 's' }, /^credentials\[0\]\.clientId: missing/],
  [
    'both kinds',
    { ...CLIENT, ...CREDENTIAL },
    /^credentials\[0\]: has an application token and an OAuth client/,
  ],
  ['scopes for a token', { ...CREDENTIAL, scopes: ['x'] }, /^credentials\[0\]: tokenUrl and scopes belong/],
];
for (const [name, credential, expected] of BAD_CREDENTIALS) {
  test(`a credential with ${name} is refused with what to do`, () => {
    assert.match(problemsOf({ credentials: [credential] })[0] ?? '', expected);
  });
}

test('a host with a path is refused, because paths are known', () => {
  assert.match(problemsOf({ url: 'https://app.iconik.io/API/' })[0] ?? '', /^url: give the host alone/);
});

test('a mail domain that is named twice is refused, whatever its case', () => {
  const identityProvider = { domains: ['halden.example', 'Halden.example'] };

  assert.match(problemsOf({ identityProvider })[0] ?? '', /^identityProvider\.domains\[1\]/);
});

test('an address is no mail domain', () => {
  const parsed = IconikTarget.safeParse({
    ...MINIMAL,
    identityProvider: { domains: ['mira@halden.example'] },
  });

  assert.equal(parsed.success, false);
});

test('secrets of a parsed target do not print, and the schema knows where they are', () => {
  const credentials = [CREDENTIAL, CLIENT];
  const seen: string[] = [];
  mapSecrets(IconikTarget, { ...MINIMAL, credentials }, { secret: (_value, path) => seen.push(path) });

  const text = JSON.stringify(IconikTarget.parse({ ...MINIMAL, credentials }));

  assert.ok(!text.includes(CREDENTIAL.authToken) && !text.includes(CLIENT.clientSecret));
  assert.deepEqual(seen, ['credentials[0].authToken', 'credentials[1].clientSecret']);
});

const BAD_ROLES: readonly (readonly [string, object, string])[] = [
  ['no type', { groups: ['Editors'] }, 'type'],
  ['a type that iconik does not have', { type: 'ADMIN', groups: ['Editors'] }, 'type'],
  ['neither group nor team', { type: 'STANDARD' }, 'groups'],
  ['groups and teams', { type: 'STANDARD', groups: ['A'], teams: ['B'] }, 'teams'],
  [
    'a primary group that is none of its groups',
    { type: 'STANDARD', groups: ['A'], primaryGroup: 'B' },
    'primaryGroup',
  ],
  ['a permission that iconik does not have', project({ permissions: ['own'] }), 'projects.0.permissions.0'],
  ['a project without permissions', project({ permissions: [] }), 'projects.0.permissions'],
  ['a word that nobody knows', { type: 'STANDARD', groups: ['A'], admin: true }, ''],
];
function project(own: object): object {
  return { type: 'STANDARD', groups: ['A'], projects: [{ collection: 'C', ...own }] };
}
for (const [name, role, path] of BAD_ROLES) {
  test(`a role with ${name} is refused`, () => {
    const parsed = RoleMeaning.safeParse(role);

    assert.equal(parsed.success, false);
    assert.equal(parsed.error?.issues[0]?.path.join('.'), path);
  });
}

test('the group of a project is enough of a group', () => {
  const role = { type: 'STANDARD', projects: [{ collection: 'C', group: 'Team C' }] };

  assert.equal(RoleMeaning.safeParse(role).success, true);
});
