import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { suite, test } from 'node:test';
import type { Secret } from '../../src/base/index.ts';
import { mapSecrets } from '../../src/platform/config/index.ts';
import { SalesforceTarget, salesforce } from '../../src/provisioning/connectors/salesforce/index.ts';
import {
  templateProblem,
  usernameCandidate,
  usernameFor,
} from '../../src/provisioning/connectors/salesforce/username.ts';
import { budget, sam, settingsFor, startWorld } from './salesforce-world.ts';

const pem = (bits: number): string =>
  String(
    generateKeyPairSync('rsa', { modulusLength: bits }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  );
const KEY = {
  ...{ consumerKey: 'app', consumerSecret: 'unused', username: 'integration@example.com' },
  privateKeyPem: pem(2048),
};
const URL_ = 'https://halden.my.salesforce.com';
const ATTRIBUTES = { region: 'string', title: 'string', timeZone: 'string', manager: 'string' } as const;

function problems(own: Readonly<Record<string, unknown>>, url = URL_): readonly (readonly string[])[] {
  const settings = SalesforceTarget.parse(settingsFor(url, KEY, own));
  return salesforce
    .checkTarget(settings, { attributes: ATTRIBUTES })
    .map(({ path, message }) => [path, message]);
}

suite('the configuration of an organization', () => {
  test('as in the demo is sound', () => {
    assert.deepEqual(problems({}), []);
  });

  const WRONG: readonly (readonly [
    name: string,
    own: Record<string, unknown>,
    path: string,
    message: RegExp,
  ])[] = [
    [
      'a template with an unknown word',
      { username: '{email}.x' },
      'username',
      /unknown placeholder \{email\}/,
    ],
    ['a template without an at sign', { username: '{login}' }, 'username', /form of a mail address/],
    ['a template that is the same for all', { username: 'sales@example.com' }, 'username', /same name/],
    ['an open brace', { username: '{mail}.{x' }, 'username', /not closed/],
    ['an unknown source', { fields: { Title: 'titel' } }, 'fields.Title', /unknown source "titel"/],
    ['an undeclared attribute', { manager: 'attributes.boss' }, 'manager', /attributes\.boss/],
    ['a sponsor from nowhere', { sponsor: 'constructor' }, 'sponsor', /unknown source/],
    ['a field of ours', { fields: { isactive: 'login' } }, 'fields.isactive', /set by this product/],
    ['an unknown authority', { authority: { username: 'directory' } }, 'authority.username', /unknown field/],
    [
      'rungs in the wrong order',
      { ladder: { unassignAfter: '2d', deactivateAfter: '1d' } },
      'ladder.deactivateAfter',
      /before unassignAfter/,
    ],
  ];
  for (const [name, own, path, message] of WRONG) {
    test(`${name} is found, with what to do`, () => {
      const found = problems(own);

      assert.equal(found.length, 1, JSON.stringify(found));
      assert.equal(found[0]?.[0], path);
      assert.match(found[0]?.[1] ?? '', message);
    });
  }

  test('only the My Domain is an address', () => {
    assert.match(problems({}, 'https://login.salesforce.com')[0]?.[1] ?? '', /My Domain/);
    assert.match(problems({}, `${URL_}/services/data`)[0]?.[1] ?? '', /only the host/);
  });

  test('a key that RS256 cannot use is found before anybody waits for it', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    for (const privateKey of ['no key', String(ec), pem(1024)]) {
      const auth = { flow: 'jwt-bearer', username: 'a@b.example', keys: [{ clientId: 'app', privateKey }] };

      assert.deepEqual(
        problems({ auth }).map(([path]) => path),
        ['auth.keys[0].privateKey'],
      );
    }
  });

  test('roles that contradict the target are found by their place', () => {
    const settings = SalesforceTarget.parse(settingsFor(URL_, KEY));
    const found = (...roles: Record<string, unknown>[]) =>
      salesforce.checkTarget(settings, {
        attributes: ATTRIBUTES,
        parties: [
          {
            ...{ id: 'sales', access: {} },
            roles: roles.map((account, index) => ({ id: `role-${index}`, account })),
          },
        ],
      });

    assert.deepEqual(
      found({ profile: 'Standard User' }, { profile: 'System Administrator' }).map(({ path }) => path),
      ['relyingParties.sales.roles.role-1.account.profile'],
    );
    assert.deepEqual(
      found({ groups: ['All_Sales'] }, {}).map(({ path }) => path),
      ['relyingParties.sales.roles'],
    );
    assert.deepEqual(found({ profile: 'Standard User' }, { groups: ['All_Sales'] }), []);
  });

  test('every credential is a secret', () => {
    const seen: string[] = [];
    const note = (_value: unknown, path: string): void => void seen.push(path);
    const clients = [{ clientId: 'app', clientSecret: 'x' }];
    mapSecrets(SalesforceTarget, settingsFor(URL_, KEY), { secret: note });
    mapSecrets(SalesforceTarget, settingsFor(URL_, KEY, { auth: { flow: 'client-credentials', clients } }), {
      secret: note,
    });

    assert.deepEqual(seen, ['auth.keys[0].privateKey', 'auth.clients[0].clientSecret']);
    const parsed = SalesforceTarget.parse(settingsFor(URL_, KEY));
    assert.ok(!JSON.stringify(parsed).includes('PRIVATE KEY'));
    const secret: Secret | undefined =
      parsed.auth.flow === 'jwt-bearer' ? parsed.auth.keys[0]?.privateKey : undefined;
    assert.ok(secret?.reveal().includes('PRIVATE KEY'));
  });

  test('names that the organization does not have are told by role, and nobody gets less instead', async () => {
    await using world = await startWorld({
      roles: {
        sales: {
          ...{
            profile: 'Halden Sale',
            role: 'Sales',
            permissionSets: ['Forecasts'],
            groups: ['Dealer_Support'],
          },
          ...{ queues: ['All_Sales'], territories: [{ name: 'EMEA_Next_Year' }] },
        },
      },
      settings: {
        fields: { Shoe_Size__c: 'login' },
        regional: { timeZone: { default: 'Europe/Bonn' }, locale: { default: 'de_DE' } },
      },
    });

    const prepared = await world.target.prepare(budget());
    const answer = world.target.desire(world.person(), [{ relyingParty: 'salesforce', role: 'sales' }]);

    assert.ok(prepared.outcome === 'prepared' && answer.outcome === 'desired');
    const role = 'relyingParties.salesforce.roles.sales.account';
    assert.deepEqual(
      prepared.problems.map(({ path, message }) => [path, message.split(';')[0]]),
      [
        ['fields.Shoe_Size__c', 'User has no such field here, or the integration may not see it'],
        ['regional.timeZone.default', '"Europe/Bonn" is not among this organization’s values'],
        [role, 'the organization has no permission set Forecasts'],
        [role, 'the organization has no public group Dealer_Support'],
        [role, 'the organization has no queue All_Sales'],
        [role, 'the organization has no territory EMEA_Next_Year'],
        [role, 'the organization has no profile Halden Sale'],
        [role, 'the organization has no role Sales'],
      ],
    );
    assert.equal(world.target.unresolved(answer.image).length, 6);
    assert.ok(!('fields.Shoe_Size__c' in answer.image));
  });

  test('of a role that only adds, and leaves the profile to another, names are looked up too', async () => {
    await using world = await startWorld({ roles: { region: { groups: ['Nowhere'], role: 'Lost' } } });

    const prepared = await world.target.prepare(budget());

    assert.ok(prepared.outcome === 'prepared');
    const path = 'relyingParties.salesforce.roles.region.account';
    assert.deepEqual(
      prepared.problems.map((each) => [each.path, each.message.split(';')[0]]),
      [
        [path, 'the organization has no public group Nowhere'],
        [path, 'the organization has no role Lost'],
      ],
    );
  });
});

test('an API version that the organization does not speak yet prepares nothing', async () => {
  await using world = await startWorld({ settings: { apiVersion: 99 }, unprepared: true });

  const answer = await world.target.prepare(budget());

  assert.deepEqual(answer, { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: false });
});

suite('usernames', () => {
  test('come from a template, in small letters that usernames take', () => {
    const person = sam({ mail: 'Säm.O’Hara@Halden.example', login: 'SÖ' });

    assert.equal(usernameFor('{mail}.org62', person), 'sam.o-hara@halden.example.org62');
    assert.equal(usernameFor('{login}@sales.example', person), 'so@sales.example');
    assert.equal(usernameFor('{mail.local}@{mail.domain}', person), 'sam.o-hara@halden.example');
    assert.equal(usernameFor('{id}@sales.example', person), `${person.id}@sales.example`);
    const { login: _login, ...nameless } = person;
    assert.equal(usernameFor('{login}@sales.example', nameless), undefined);
    assert.equal(templateProblem('{mail.local}.{login}@x.example'), undefined);
  });

  test('get a number before the at sign and stay within 80 characters', () => {
    const long = `${'s'.repeat(66)}@halden.example`.slice(-80);

    assert.equal(usernameCandidate('sam@halden.example', 1), 'sam@halden.example');
    assert.equal(usernameCandidate('sam@halden.example', 2), 'sam2@halden.example');
    assert.equal(usernameCandidate(long, 3).length, 80);
    assert.notEqual(usernameCandidate(long, 3), usernameCandidate(long, 4));
  });
});
