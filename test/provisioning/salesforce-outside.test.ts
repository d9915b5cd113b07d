import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Access } from '../../src/provisioning/connector/connector.ts';
import { SalesforceRole } from '../../src/provisioning/connectors/salesforce/index.ts';
import {
  atCreation,
  budget,
  create,
  desired,
  left,
  type Options,
  startWorld,
  type World,
} from './salesforce-world.ts';

const OLU = '003Ha0000000001IAA';
const END = new Date('2026-06-30T22:00:00Z');
const PARTNER: readonly Access[] = [{ relyingParty: 'salesforce', role: 'partner', ends: END }];
const AGENCY = {
  profile: 'Halden Partner',
  external: true,
  partnerAccount: 'Brightline Agency',
  permissionSets: ['Halden_Partner_Portal'],
};

/** The owner of a partner's account must have a place in the hierarchy; the demo's has one. */
const withAgency = (options: Options = {}): Promise<World> =>
  startWorld({ ...options, roles: { partner: AGENCY, ...options.roles } });

suite('people from outside (S46)', () => {
  test('get an external profile, an end, and come from the contact that carries their id', async () => {
    await using world = await withAgency();
    const person = world.person({ mail: 'olu@halden.example' });
    await mark(world, OLU, person.id);
    const image = desired(world.target, person, PARTNER);

    const account = await create(world.target, image);

    const user = world.user(account.externalId);
    assert.deepEqual([user.Profile, user['UserRoleId']], ['Halden Partner', null]);
    const contacts = await world.query("SELECT Id FROM Contact WHERE Email = 'olu@halden.example'");
    assert.deepEqual(
      [user['ContactId']],
      contacts.map(({ Id }) => Id),
    );
    assert.deepEqual(await left(world.target, account.externalId, image), []);
    const [given] = world
      .records('PermissionSetAssignment')
      .filter(({ AssigneeId, ExpirationDate }) => AssigneeId === account.externalId && ExpirationDate);
    assert.equal(new Date(String(given?.['ExpirationDate'])).toISOString(), '2026-06-30T23:00:00.000Z');
  });

  test('get a contact of their own when there is none, and only one when that must be repeated', async () => {
    await using world = await withAgency();
    const image = desired(world.target, world.person({ mail: 'new@brightline.example' }), PARTNER);
    // The contact is made, and the user meets a fault.
    world.org.fail({ kind: 'lost-reply', match: { method: 'POST', path: '/services/data' }, times: 1 });
    const first = await world.target.create(atCreation(world.target, image), 'marker', budget());
    world.org.fail();

    await create(world.target, image);

    assert.equal(first.outcome, 'unavailable');
    const contacts = await world.query(
      "SELECT LastName, Account.Name FROM Contact WHERE Email = 'new@brightline.example'",
    );
    assert.deepEqual(
      contacts.map(({ LastName }) => LastName),
      ['Okonkwo'],
    );
  });

  test('without an end date nobody gets in', async () => {
    await using world = await withAgency();

    const answer = world.target.desire(world.person(), [{ relyingParty: 'salesforce', role: 'partner' }]);

    assert.deepEqual(answer, {
      ...{ outcome: 'refused', code: 'provisioning.end_missing' },
      detail: 'role partner needs an end date and has none',
    });
  });

  test('with one endless way in beside a dated one, nobody gets in either', async () => {
    await using world = await withAgency();

    const answer = world.target.desire(world.person(), [
      ...PARTNER,
      { relyingParty: 'salesforce', role: 'partner' },
    ]);

    assert.equal(answer.outcome, 'refused');
  });

  test('somebody must answer for them where the target is set so', async () => {
    await using world = await withAgency({ settings: { sponsor: 'attributes.sponsor' } });
    const sponsored = world.person({ attributes: { sponsor: 'mira@halden.example' } });

    assert.equal(world.target.desire(world.person(), PARTNER).outcome, 'refused');
    assert.equal(world.target.desire(sponsored, PARTNER).outcome, 'desired');
  });

  test('nobody is inside and outside at once', async () => {
    await using world = await withAgency();

    const answer = world.target.desire(world.person(), [
      ...PARTNER,
      { relyingParty: 'salesforce', role: 'sales', ends: END },
    ]);

    assert.ok(answer.outcome === 'refused' && answer.code === 'provisioning.role_unmapped');
    assert.match(answer.detail, /mixed/);
  });

  test('a far-reaching set is internal whatever licence it hangs on', async () => {
    await using world = await withAgency();
    const prepared = await world.target.prepare(budget());
    assert.ok(prepared.outcome === 'prepared');
    const facts = structuredClone(prepared.facts) as {
      permissionSets: Record<string, { isPrivileged: boolean }>;
    };
    const set = facts.permissionSets['Halden_Partner_Portal'] ?? assert.fail();
    set.isPrivileged = true;
    world.target.restore(facts);

    assert.equal(world.target.desire(world.person(), PARTNER).outcome, 'refused');
  });

  const WRONG: readonly (readonly [name: string, account: Record<string, unknown>, expected: RegExp])[] = [
    ['an internal profile', { ...AGENCY, profile: 'Standard User' }, /is for employees/],
    [
      'a set of an internal licence',
      { ...AGENCY, permissionSets: ['Halden_Forecasts'] },
      /Forecasts is internal/,
    ],
    ['a set that sees all data', { ...AGENCY, permissionSets: ['Halden_Auditor'] }, /Auditor is internal/],
    [
      'a group that holds an internal set',
      { ...AGENCY, permissionSetGroups: ['Halden_Sales_Lead'] },
      /holds an internal permission set/,
    ],
    ['an external profile without the word', { profile: 'Halden Partner' }, /add external: true/],
  ];
  for (const [name, account, expected] of WRONG) {
    test(`a role with ${name} is a problem, and gives nothing`, async () => {
      await using world = await startWorld({ roles: { partner: account } });
      const prepared = await world.target.prepare(budget());

      const answer = world.target.desire(world.person(), PARTNER);

      assert.ok(answer.outcome === 'refused' && answer.code === 'provisioning.role_unmapped');
      assert.match(answer.detail, expected);
      assert.ok(prepared.outcome === 'prepared');
      assert.deepEqual(
        prepared.problems.map(({ path }) => path),
        ['relyingParties.salesforce.roles.partner.account'],
      );
    });
  }

  test('the schema refuses what could never be right', () => {
    const problems = (role: Record<string, unknown>) =>
      (SalesforceRole.safeParse(role).error?.issues ?? []).map(({ path }) => path.join('.'));

    assert.deepEqual(problems({ external: true }), ['profile']);
    assert.deepEqual(problems({ ...AGENCY, role: 'Sales_EMEA' }), ['role']);
    assert.deepEqual(problems({ ...AGENCY, queues: ['Q'], territories: [{ name: 'EMEA' }] }), [
      'queues',
      'territories',
    ]);
    assert.deepEqual(problems({ profile: 'Standard User', partnerAccount: 'X' }), ['partnerAccount']);
  });

  const BLOCKED: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    [
      'an account that is not there',
      { ...AGENCY, partnerAccount: 'Nobody Ltd' },
      /there is no account Nobody Ltd/,
    ],
    [
      'no account at all',
      { ...AGENCY, partnerAccount: undefined },
      /come from a contact; name partnerAccount/,
    ],
  ];
  for (const [name, account, expected] of BLOCKED) {
    test(`${name} is said, and nobody is made`, async () => {
      await using world = await startWorld({ roles: { partner: account } });
      const image = desired(world.target, world.person(), PARTNER);

      const answer = await world.target.create(atCreation(world.target, image), 'marker', budget());

      assert.ok(answer.outcome === 'blocked', JSON.stringify(answer));
      assert.match(answer.reasons[0] ?? '', expected);
      assert.ok(!world.users().some(({ FederationIdentifier }) => FederationIdentifier));
    });
  }

  test('another agency is work for people: Salesforce binds a user to one contact', async () => {
    await using world = await withAgency({
      roles: { other: { ...AGENCY, partnerAccount: 'Another Agency' } },
    });
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, PARTNER));
    const image = desired(world.target, person, [{ relyingParty: 'salesforce', role: 'other', ends: END }]);

    assert.deepEqual(await left(world.target, account.externalId, image), ['partnerAccount']);
    assert.equal(world.target.fields['partnerAccount']?.byHand, true);
  });
});

/** An administrator says whose a contact is. */
async function mark(world: World, id: string, person: string): Promise<void> {
  await world.act('write-record', { object: 'Contact', id, fields: { Vestibule_Id__c: person } });
}

suite('contacts of people from outside (R1.3)', () => {
  const MAIL = 'olu@halden.example';
  const make = (world: World, person = world.person({ mail: MAIL })) =>
    world.target.create(atCreation(world.target, desired(world.target, person, PARTNER)), 'marker', budget());
  const contactsOf = (world: World, mail = MAIL) =>
    world.query(`SELECT Id, Vestibule_Id__c FROM Contact WHERE Email = '${mail}' ORDER BY Id`);

  test('one with the same mail address is nobody’s until an administrator says so', async () => {
    await using world = await withAgency();
    const person = world.person({ mail: MAIL });

    const answer = await make(world, person);

    assert.ok(answer.outcome === 'blocked');
    assert.match(
      answer.reasons[0] ?? '',
      new RegExp(`^contact ${OLU} .*write ${person.id} into its field Vestibule_Id__c`),
    );
    assert.ok(!world.users().some(({ FederationIdentifier }) => FederationIdentifier));
    await mark(world, OLU, person.id);
    assert.equal((await make(world, person)).outcome, 'written');
    assert.equal((await contactsOf(world)).length, 1);
  });

  test('a new one is made beside it where the configuration says so, and carries the id', async () => {
    await using world = await withAgency({ settings: { contacts: { onExisting: 'make' } } });
    const person = world.person({ mail: MAIL });

    const answer = await make(world, person);

    assert.ok(answer.outcome === 'written');
    const contacts = await contactsOf(world);
    assert.deepEqual(
      contacts.map((each) => each['Vestibule_Id__c']),
      [null, person.id],
    );
    assert.equal(world.user(answer.account.externalId)['ContactId'], contacts[1]?.['Id']);
  });

  test('that of another person is left alone, whatever its mail address', async () => {
    await using world = await withAgency();
    const [other, person] = [world.person(), world.person({ mail: MAIL })];
    await mark(world, OLU, other.id);

    assert.equal((await make(world, person)).outcome, 'blocked');
    assert.deepEqual(
      (await contactsOf(world)).map((each) => each['Vestibule_Id__c']),
      [other.id],
    );
  });

  test('their own one in another account is for people to move', async () => {
    await using world = await withAgency();
    const person = world.person({ mail: MAIL });
    const [account] = await world.query("SELECT Id FROM Account WHERE Name = 'Prairie Outfitters'");
    const fields = { LastName: 'Adeyemi', AccountId: account?.['Id'], Vestibule_Id__c: person.id };
    await world.act('write-record', { object: 'Contact', fields });

    const answer = await make(world, person);

    assert.ok(answer.outcome === 'blocked');
    assert.match(answer.reasons[0] ?? '', /is not in the account Brightline Agency; move it there/);
  });

  test('two with the id are for people to merge', async () => {
    await using world = await withAgency();
    const person = world.person();
    await mark(world, OLU, person.id);
    const fields = { LastName: 'Adeyemi', Vestibule_Id__c: person.id };
    await world.act('write-record', { object: 'Contact', fields });

    const answer = await make(world, person);

    assert.ok(answer.outcome === 'blocked');
    assert.match(answer.reasons[0] ?? '', /^several contacts carry the id .*; merge them/);
  });

  test('without the field nobody is made, and the check and the task say which one to make', async () => {
    await using world = await withAgency({ settings: { contacts: { field: 'Person_Key__c' } } });

    const prepared = await world.target.prepare(budget());
    const answer = await make(world);

    assert.ok(prepared.outcome === 'prepared');
    assert.deepEqual(
      prepared.problems.map(({ path }) => path),
      ['contacts.field'],
    );
    assert.ok(answer.outcome === 'blocked');
    assert.match(answer.reasons[0] ?? '', /Contact has no field Person_Key__c.*make it there/);
  });
});
