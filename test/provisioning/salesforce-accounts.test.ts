import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { newId } from '../../src/base/index.ts';
import { makeUser } from './salesforce-by-hand.ts';
import {
  apply,
  atCreation,
  budget,
  create,
  desired,
  LEAD,
  left,
  read,
  SALES,
  SUPPORT,
  startWorld,
  type World,
  written,
} from './salesforce-world.ts';

suite('salesforce users', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  test('a new user has Federation ID, profile, role, locale and all rights after one request', async () => {
    const person = world.person();
    const image = desired(world.target, person, SALES);
    const spent = budget();

    const account = written(await world.target.create(atCreation(world.target, image), 'marker', spent));

    assert.equal(spent.calls, 1);
    const user = world.user(account.externalId);
    assert.deepEqual(
      [user.FederationIdentifier, user.Username, user.Profile, user.IsActive, user.IsFrozen],
      [person.id, `${person.mail}.org62`, 'Halden Sales', true, false],
    );
    assert.deepEqual(
      ['TimeZoneSidKey', 'LocaleSidKey', 'LanguageLocaleKey', 'EmailEncodingKey'].map((name) => user[name]),
      ['Europe/London', 'de_DE', 'en_US', 'UTF-8'],
    );
    assert.deepEqual(
      ['Department', 'Title', 'Region__c', 'Alias'].map((name) => user[name]),
      ['Sales', 'Account Executive', 'EMEA', 'sokonkwo'],
    );
    assert.deepEqual(await left(world.target, account.externalId, image), []);
  });

  test('a mover loses what the old role gave before anything new comes', async () => {
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, LEAD));
    const image = desired(world.target, person, SUPPORT);
    world.forgetCalls();

    written(await apply(world.target, account.externalId, image));

    const audit = world.records('SetupAuditTrail').map(({ Action }) => Action);
    assert.ok(audit.lastIndexOf('PermSetUnassign') < audit.lastIndexOf('changeduser'));
    assert.ok(audit.lastIndexOf('changeduser') < audit.lastIndexOf('PermSetAssign'));
    assert.equal(world.calls().length, 4, 'one look, and one request each to take, to change and to give');
    assert.deepEqual(await left(world.target, account.externalId, image), []);
  });

  test('a username that somebody in the world has gets a number, and keeps it', async () => {
    const person = world.person();
    await world.act('claim-username', { username: `${person.mail}.org62` });
    await world.act('claim-username', { username: `${person.mail?.replace('@', '2@')}.org62` });
    const image = desired(world.target, person, SALES);

    const account = await create(world.target, image);

    assert.equal(world.user(account.externalId).Username, `${person.mail?.replace('@', '3@')}.org62`);
    assert.equal(account.refs['usernameAttempt'], '3');
    assert.deepEqual(await left(world.target, account.externalId, image), []);
  });

  test('when all variants of a username are taken, that is said, and nobody is made', async () => {
    const person = world.person();
    for (const n of ['', '2', '3', '4', '5', '6']) {
      await world.act('claim-username', { username: `${person.mail?.replace('@', `${n}@`)}.org62` });
    }
    const image = desired(world.target, person, SALES);

    const answer = await world.target.create(atCreation(world.target, image), 'marker', budget());

    assert.ok(answer.outcome === 'blocked');
    assert.match(answer.reasons[0] ?? '', /^the username and 5 variants.*write a template for username/);
    assert.ok(!world.users().some(({ FederationIdentifier }) => FederationIdentifier === person.id));
  });

  test('a username is not changed when the mail address changes', async () => {
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, SALES));
    const renamed = { ...person, mail: 'renamed@halden.example', familyName: 'Adeyemi' };

    written(await apply(world.target, account.externalId, desired(world.target, renamed, SALES)));

    const user = world.user(account.externalId);
    assert.deepEqual(
      [user.Username, user['Email'], user['LastName']],
      [`${person.mail}.org62`, 'renamed@halden.example', 'Adeyemi'],
    );
  });

  test('what people set themselves stays, unless the directory has their own value', async () => {
    const person = world.person();
    const image = desired(world.target, person, SALES);
    const account = await create(world.target, image);
    await world.act('write-record', {
      ...{ object: 'User', id: account.externalId },
      fields: { LocaleSidKey: 'fr_FR', LanguageLocaleKey: 'fr', TimeZoneSidKey: 'Asia/Tokyo' },
    });

    assert.deepEqual(await left(world.target, account.externalId, image), ['timeZone']);
  });

  test('a Federation ID that somebody changed is put back as a matter of access', async () => {
    const person = world.person();
    const image = desired(world.target, person, SALES);
    const account = await create(world.target, image);
    await world.act('write-record', {
      ...{ object: 'User', id: account.externalId, fields: { FederationIdentifier: 'somebody-else' } },
    });

    assert.equal(world.target.fields['federationId']?.kind, 'exclusive');
    written(await apply(world.target, account.externalId, image));
    assert.equal(world.user(account.externalId).FederationIdentifier, person.id);
  });

  test('a field that the directory empties is emptied', async () => {
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, SALES));
    const image = desired(world.target, { ...person, attributes: {} }, SALES);

    written(await apply(world.target, account.externalId, image));

    assert.deepEqual([world.user(account.externalId)['Title'], image['fields.Title']], [null, '']);
  });

  test('a manager is found by Federation ID or by mail', async () => {
    const manager = world.person();
    const managing = await create(world.target, desired(world.target, manager, SALES));
    for (const named of [manager.id, (manager.mail ?? '').toUpperCase()]) {
      const person = world.person({ attributes: { manager: named } });
      const image = desired(world.target, person, SALES);
      const account = await create(world.target, image);

      assert.deepEqual(await left(world.target, account.externalId, image), ['manager']);
      written(await apply(world.target, account.externalId, image));

      assert.equal(world.user(account.externalId)['ManagerId'], managing.externalId);
      assert.deepEqual(await left(world.target, account.externalId, image), []);
    }
  });

  test('a manager without a user is reported and leaves the rest alone', async () => {
    const person = world.person({ attributes: { manager: 'nobody@halden.example' } });
    const image = desired(world.target, person, SALES);
    const account = await create(world.target, image);

    const answer = await apply(world.target, account.externalId, image);

    assert.ok(answer.outcome === 'blocked');
    assert.match(answer.reasons[0] ?? '', /^the manager has no active user here yet/);
  });

  test('nobody becomes their own manager, and a manager who went away is taken out', async () => {
    const person = world.person();
    const self = { ...person, attributes: { manager: person.mail ?? '' } };
    assert.equal(desired(world.target, self, SALES)['manager'], '');

    const manager = world.person();
    await create(world.target, desired(world.target, manager, SALES));
    const managed = { ...person, attributes: { manager: manager.id } };
    const account = await create(world.target, desired(world.target, managed, SALES));
    written(await apply(world.target, account.externalId, desired(world.target, managed, SALES)));
    written(await apply(world.target, account.externalId, desired(world.target, person, SALES)));

    assert.equal(world.user(account.externalId)['ManagerId'], null);
  });

  test('a user who carries the person’s Federation ID is theirs, whatever their mail and whoever made them', async () => {
    const person = world.person();
    const id = await makeUser(world, {
      Username: 'old-account@halden.example.org62',
      Email: 'another@halden.example',
      FederationIdentifier: person.id.toUpperCase(),
    });

    const answer = await world.target.findCandidates(desired(world.target, person, SALES), budget());

    assert.ok(answer.outcome === 'read');
    assert.deepEqual(
      answer.accounts.map(({ externalId, ours }) => [externalId, ours]),
      [[id, true]],
    );
  });

  test('mail and username only nominate', async () => {
    const person = world.person();
    const byMail = await makeUser(world, {
      ...{ Username: `x-${person.login}@other.example`, Email: (person.mail ?? '').toUpperCase() },
    });
    const byName = await makeUser(world, {
      Username: `${person.mail}.org62`,
      Email: 'former@halden.example',
    });

    const answer = await world.target.findCandidates(desired(world.target, person, SALES), budget());

    assert.ok(answer.outcome === 'read');
    assert.deepEqual(
      answer.accounts.map(({ externalId, ours }) => [externalId, ours]).sort(),
      [
        [byMail, undefined],
        [byName, undefined],
      ].sort(),
    );
  });

  test('a user with the same mail and the Federation ID of another person is told to be theirs', async () => {
    const person = world.person();
    const names = { Username: `y-${person.login}@other.example`, Email: person.mail ?? '' };
    await makeUser(world, { ...names, FederationIdentifier: newId('per') });

    const answer = await world.target.findCandidates(desired(world.target, person, SALES), budget());

    assert.ok(answer.outcome === 'read');
    assert.deepEqual(
      answer.accounts.map(({ ours, theirs }) => [ours, theirs]),
      [[undefined, true]],
    );
  });

  test('somebody else’s user who happens to have the username is no candidate, but a collision', async () => {
    const person = world.person();
    await makeUser(world, {
      Username: `${person.mail}.org62`,
      Email: 'namesake@halden.example',
      FederationIdentifier: newId('per'),
    });
    const image = desired(world.target, person, SALES);

    const answer = await world.target.findCandidates(image, budget());
    const account = await create(world.target, image);

    assert.ok(answer.outcome === 'read' && answer.accounts.length === 0);
    assert.equal(world.user(account.externalId).Username, `${person.mail?.replace('@', '2@')}.org62`);
  });

  test('a Federation ID that exists already makes a creation a duplicate', async () => {
    const person = world.person();
    const image = desired(world.target, person, SALES);
    await create(world.target, image);

    const again = await world.target.create(atCreation(world.target, image), 'marker', budget());

    assert.deepEqual(again, { outcome: 'duplicate' });
  });

  test('what a user had is read whole: sets of rights by name, and the profile’s own left out', async () => {
    const person = world.person();
    const image = desired(world.target, person, LEAD);
    const account = await create(world.target, image);

    const { image: found, refs } = await read(world.target, account.externalId, image);

    assert.deepEqual(found['permissionSets'], ['Halden_Forecasts', 'Halden_Service_Console']);
    assert.deepEqual(found['territories'], ['EMEA as Sales Rep']);
    assert.ok(refs['permissionSetGroups/Halden_Sales_Lead']?.startsWith('0Pa'));
  });

  test('an id that is none of a user finds nobody and asks nobody', async () => {
    const spent = budget();
    for (const id of ["005' OR Id != '", '00eHa000000ZStdIAG', '', '005Ha0000000001IAA/../x']) {
      assert.deepEqual(await world.target.findById(id, {}, {}, spent), { outcome: 'read', accounts: [] });
    }
    assert.equal(spent.calls, 0);
  });
});

suite('hostile values', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  test('quotes and reference marks in values stay values', async () => {
    const person = world.person({
      familyName: "O'Hara\\@{user.id}",
      givenName: '@{readUser.records[0].Id}',
      department: "x' OR Name LIKE '%",
      mail: "o'hara+a%26b@halden.example",
      attributes: { manager: "x' OR IsActive = true OR Email = '" },
    });
    const image = desired(world.target, person, SALES);

    const found = await world.target.findCandidates(image, budget());
    const account = await create(world.target, image);

    assert.ok(found.outcome === 'read' && found.accounts.length === 0);
    const user = world.user(account.externalId);
    assert.deepEqual(
      [user['LastName'], user['FirstName'], user['Department']],
      ["O'Hara\\{user.id}", '{readUser.records[0].Id}', "x' OR Name LIKE '%"],
    );
    const again = await world.target.findCandidates(image, budget());
    assert.ok(again.outcome === 'read' && again.accounts[0]?.externalId === account.externalId);
    const answer = await apply(world.target, account.externalId, image);
    assert.ok(answer.outcome === 'blocked', 'the manager fits nobody');
    assert.equal(user['ManagerId'], null);
  });

  test('what Salesforce would refuse is found before anything is sent', () => {
    const problems = (change: Parameters<World['person']>[0]) => {
      const answer = world.target.desire(world.person(change), SALES);
      return answer.outcome === 'desired' ? answer.problems.map(({ field }) => field) : answer.code;
    };

    assert.equal(problems({ mail: ' ' }), 'provisioning.mail_missing');
    assert.equal(problems({ mail: 'sam@localhost' }), 'provisioning.mail_invalid');
    assert.equal(problems({ mail: `${'s'.repeat(70)}@halden.example` }), 'provisioning.detail_invalid');
    assert.equal(problems({ familyName: '', displayName: '\u0000 ' }), 'provisioning.detail_invalid');
    assert.deepEqual(problems({ familyName: '', displayName: 'Sam Okonkwo' }), []);
    assert.deepEqual(problems({ department: 'x'.repeat(81) }), ['fields.Department']);
    assert.deepEqual(problems({ attributes: { timeZone: 'Mars/Olympus' } }), ['timeZone']);
  });
});
