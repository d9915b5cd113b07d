import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, assertExit, changePerson, eventsOf, threadOf, until } from '../support/evidence.ts';
import {
  assertInside,
  type Configure,
  enter,
  findUser,
  lastLogin,
  partyOf,
  query,
  run,
  salesforceState,
  type Tree,
  targetOf,
  userWith,
} from '../support/salesforce.ts';
import { startWorld, type World } from '../support/world.ts';

// S39: employees, groups and role attributes make and change users of Salesforce.

const SAM = 'sam@halden.example';
/** Calls for fields, names and licences. */
const LOOK = 3;
const REGIONAL = 'TimeZoneSidKey, LocaleSidKey, LanguageLocaleKey, EmailEncodingKey';

async function fieldsOf(world: World, names: string): Promise<readonly unknown[]> {
  const [user] = await query(world, `SELECT ${names} FROM User WHERE Email = '${SAM}'`);
  return names.split(', ').map((name) => user?.[name]);
}

/** Time zone and locale come from the directory, as far as it has them. */
const ownRegion: Configure = (config: Tree) => {
  Object.assign(config.attributes, { locale: 'string', zone: 'string' });
  Object.assign(config.connections[0].attributes, { locale: 'locale', zone: 'zoneinfo' });
  Object.assign(targetOf(config).regional, {
    timeZone: { default: 'Europe/Berlin', from: 'attributes.zone' },
    locale: { default: 'en_GB', from: 'attributes.locale' },
  });
};

test('a first login makes the user with Federation ID, profile and locale, and SAML then lets exactly this user in', async () => {
  await using world = await startWorld();
  assert.equal(await findUser(world, SAM), undefined);

  const page = await enter(world, 'sam');

  const { id, federationId, ...standing } = await userWith(world, SAM);
  assert.deepEqual(standing, {
    ...{ username: 'sam@halden.example.org62', active: true, frozen: false },
    ...{ profile: 'Halden Sales', role: 'Sales_North_America' },
    ...{ permissionSets: ['Halden_Forecasts'], permissionSetGroups: ['Halden_Sales_Representative'] },
    ...{ permissionSetLicenses: [], groups: ['All_Sales', 'Sales_North_America'] },
    ...{ queues: ['Inbound_Leads'], territories: ['North_America'] },
  });
  assert.deepEqual(await fieldsOf(world, REGIONAL), ['Europe/Berlin', 'en_GB', 'en_US', 'UTF-8']);
  assert.deepEqual(await fieldsOf(world, 'FirstName, LastName, Department'), ['Sam', 'Okafor', 'Sales']);
  const [issued] = await eventsOf(world, { types: ['login.issued'] });
  assert.equal(federationId, issued?.personId);
  assertInside(page, 'sam@halden.example.org62');
  const { sessions } = await salesforceState(world);
  assert.deepEqual(
    sessions.map(({ userId, nameId }) => [userId, nameId]),
    [[id, federationId]],
  );
  assert.equal(await lastLogin(world, id), 'Success');
});

test('the access log leads from the entry to the rules and the user, under one reference', async () => {
  await using world = await startWorld();
  await enter(world, 'sam');

  const [issued] = await eventsOf(world, { types: ['login.issued'] });
  const thread = await threadOf(world, issued?.thread ?? '');

  assert.deepEqual(issued?.facts['because'], ['sales', 'sales-na']);
  const created = thread.find(({ type }) => type === 'account.created');
  assert.equal(created?.facts['externalId'], (await userWith(world, SAM)).id);
});

test('name, department, region and groups of the directory are in the same user at the next login', async () => {
  await using world = await startWorld();
  await enter(world, 'sam');
  const before = await userWith(world, SAM);

  await changePerson(world, 'sam', { familyName: 'Okafor-Lind', department: 'Key accounts', region: 'EMEA' });
  const page = await enter(world, 'sam');

  assertInside(page, before.username);
  const after = await userWith(world, SAM);
  assert.deepEqual([after.id, after.federationId], [before.id, before.federationId]);
  assert.deepEqual([after.role, after.territories], ['Sales_EMEA', ['EMEA']]);
  assert.deepEqual(after.groups, ['All_Sales', 'Sales_EMEA']);
  assert.deepEqual(await fieldsOf(world, 'LastName, Department'), ['Okafor-Lind', 'Key accounts']);
});

test('a time zone and locale of the person are used, and one that the organization lacks gives way to the default', async () => {
  await using world = await startWorld({ configure: ownRegion });
  const own = { locale: 'en_US', zoneinfo: 'America/Chicago' };
  await changePerson(world, 'sam', { more: own });
  await enter(world, 'sam');
  assert.deepEqual(await fieldsOf(world, 'TimeZoneSidKey, LocaleSidKey'), ['America/Chicago', 'en_US']);

  await changePerson(world, 'sam', { more: { ...own, locale: 'tlh_KX' } });
  const page = await enter(world, 'sam');

  assertInside(page, 'sam@halden.example.org62');
  assert.deepEqual(await fieldsOf(world, 'TimeZoneSidKey, LocaleSidKey'), ['America/Chicago', 'en_GB']);
});

for (const [what, change, code, says] of [
  ['no mail address', { mail: '' }, 'provisioning.mail_missing', /no mail address/],
  ['a mail address that is none', { mail: 'sam at halden' }, 'provisioning.mail_invalid', /no mail address/],
  ['no name at all', { givenName: '', familyName: '' }, 'provisioning.detail_invalid', /directory entry/],
] as const) {
  test(`somebody with ${what} is refused before Salesforce is asked`, async () => {
    await using world = await startWorld();
    await changePerson(world, 'sam', change);
    const calls = async () => (await salesforceState(world)).apiUsage.used;
    await until('the broker has looked at the organization, as it does when it starts', async () => {
      return (await calls()) === LOOK;
    });
    const { users } = await salesforceState(world);

    const page = await enter(world, 'sam');

    await assertExit(world, page, { status: 403, says, type: 'login.refused', code });
    assert.equal(await calls(), LOOK, 'not one more');
    assert.equal((await salesforceState(world)).users.length, users.length);
  });
}

test('names that the organization lacks and values that it would refuse are told by the check, before anybody signs in', async () => {
  await using world = await startWorld();

  const { code, out } = await world.vestibule(['check'], (config: Tree) => {
    targetOf(config).regional.locale.default = 'tlh_KX';
    targetOf(config).fields.Shoe_Size__c = 'attributes.region';
    const [sales, emea] = partyOf(config).roles;
    sales.account.permissionSets = ['Halden_Service_Console'];
    emea.account.groups = ['Nobody_Knows'];
  });

  assert.equal(code, 1);
  assert.match(out, /regional\.locale\.default: "tlh_KX" is not among this organization’s values/);
  assert.match(out, /fields\.Shoe_Size__c: User has no such field here/);
  assert.match(out, /roles\.sales\.account\.permissionSetLicenses: .* needs the licence SalesConsoleUser/);
  assert.match(out, /roles\.sales-emea\.account: the organization has no public group Nobody_Knows/);
});

test('a role without a name that the organization knows lets nobody in, and nobody is made', async () => {
  await using world = await startWorld({
    configure: (config: Tree) => {
      partyOf(config).roles[0].account.profile = 'Halden Salez';
    },
  });

  const page = await enter(world, 'sam');

  await assertExit(world, page, {
    ...{ status: 403, says: /not set up completely/, type: 'account.refused' },
    code: 'provisioning.group_missing',
  });
  assert.equal(await findUser(world, SAM), undefined);
});

test('without a free licence nobody is made, a task says which one is used up, and closes itself when there is one', async () => {
  await using world = await startWorld();
  await act(world, 'salesforce', 'set-seats', { license: 'Salesforce', total: 2 });

  const page = await enter(world, 'sam');

  await assertExit(world, page, {
    ...{ status: 503, says: /not ready for you yet/, type: 'login.failed' },
    code: 'provisioning.blocked',
  });
  assert.equal(await findUser(world, SAM), undefined);
  assert.match(await run(world, 'tasks'), /all 2 seats of user licence Salesforce are used; buy more/);
  await act(world, 'salesforce', 'set-seats', { license: 'Salesforce', total: 3 });
  assertInside(await enter(world, 'sam'), 'sam@halden.example.org62');
  assert.doesNotMatch(await run(world, 'tasks'), /licence/);
});

test('another login, and one of another browser, make nobody and change nothing', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  await enter(world, 'sam', browser);
  const [user, { users }] = [await userWith(world, SAM), await salesforceState(world)];

  await browser.open(`${world.origin}/launch/salesforce`);
  assertInside(await enter(world, 'sam'), user.username);

  assert.deepEqual(await userWith(world, SAM), user);
  assert.equal((await salesforceState(world)).users.length, users.length);
});

test('a username that somebody in another organization of the world has gets a number', async () => {
  await using world = await startWorld();
  await act(world, 'salesforce', 'claim-username', { username: 'sam@halden.example.org62' });

  const page = await enter(world, 'sam');

  assertInside(page, 'sam2@halden.example.org62');
});

test('a user whom somebody made by hand with the same mail is not taken over', async () => {
  await using world = await startWorld();
  const stranger = { username: 'sam.other@halden.example.org62', lastName: 'Other', email: SAM };
  await act(world, 'salesforce', 'add-user', stranger);
  const before = await userWith(world, SAM);

  const page = await enter(world, 'sam');

  await assertExit(world, page, {
    ...{ status: 403, says: /mail address is already in use/, type: 'account.refused' },
    code: 'provisioning.mail_taken',
  });
  assert.deepEqual(await userWith(world, SAM), before);
});
