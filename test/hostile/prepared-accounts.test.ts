import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE, newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import {
  codeOf,
  type EngineWorld as IconikEngine,
  startEngine as startIconik,
} from '../provisioning/iconik-engine-world.ts';
import { ravi } from '../provisioning/iconik-world.ts';
import { makeUser } from '../provisioning/salesforce-by-hand.ts';
import { startEngine as startSalesforce } from '../provisioning/salesforce-engine-world.ts';
import { SALES } from '../provisioning/salesforce-world.ts';

/**
 * Somebody who may edit accounts in a target prepares one with a password that they know, writes the id of a person
 * of ours into it, and waits for that person's first sign-in.
 */
const TRUSTED = { trustedMailDomains: ['halden.example'] };
const ELIN = 'elin@halden.example';

async function prepareInIconik({ iconik }: IconikEngine, mail: string, person: Person): Promise<void> {
  const metadata = { vestibule: { person: person.id } };
  assert.equal(await iconik.call('PATCH', `/users/v1/users/${iconik.user(mail).id}/`, { metadata }), 200);
}

const ensure = (world: IconikEngine, person: Person) =>
  world.provisioning.ensureAccount({ ...world.request(person, 'reviewer'), ...TRUSTED });

const isLockedOut = ({ iconik }: IconikEngine, mail: string): boolean =>
  (iconik.user(mail) as unknown as { password_changed: string | null }).password_changed !== null;

test('a user of iconik that was given a person’s id is not theirs by that', async () => {
  await using world = await startIconik();
  const person = ravi({ mail: ELIN });
  await prepareInIconik(world, ELIN, person);

  const result = await ensure(world, person);

  assert.equal(codeOf(result), 'provisioning.id_taken');
  assert.equal((await world.provisioning.accountOf('iconik-halden', person.id))?.externalId, undefined);
  assert.notEqual(world.iconik.user(ELIN).primary_group, 'Reviewers');
});

test('where policy lets it be taken over, its former password is locked out first', async () => {
  await using world = await startIconik({ settings: { onExisting: 'adopt' } });
  const person = ravi({ mail: ELIN });
  await prepareInIconik(world, ELIN, person);

  const result = await ensure(world, person);

  assert.equal(codeOf(result), 'ready');
  assert.ok(isLockedOut(world, ELIN));
});

test('a user of Salesforce that was given a person’s Federation ID keeps out of their sign-in', async () => {
  for (const [onExisting, expected, tokens] of [
    ['refuse', 'provisioning.id_taken', 1],
    ['admin-approve', 'provisioning.needs_approval', 1],
    ['adopt', 'ready', 0],
  ] as const) {
    await using world = await startSalesforce({ settings: { onExisting } });
    const person = world.org.person();
    await makeUser(world.org, {
      ...{ Username: 'prepared@halden.example.org62', Email: person.mail },
      FederationIdentifier: person.id,
    });
    await world.org.act('add-token', { username: 'prepared@halden.example.org62' });

    const result = await world.ensure(person, SALES);

    assert.equal(codeOf(result), expected);
    assert.equal((await world.org.query('SELECT Id FROM OauthToken')).length, tokens, onExisting);
  }
});

test('a Federation ID that an administrator of Salesforce set beforehand waits for an approval that names it', async () => {
  await using world = await startSalesforce({ settings: { onExisting: 'admin-approve' } });
  const person = world.org.person();
  const id = await makeUser(world.org, {
    ...{ Username: 'sam@halden.example.org62', Email: 'another@halden.example' },
    FederationIdentifier: person.id,
  });
  await makeUser(world.org, { Username: `${newId('ref')}@halden.example`, Email: person.mail });

  const waiting = await world.ensure(person, SALES);
  await world.provisioning.approveCandidate({
    ...{ target: 'salesforce', person: person.id, externalId: id, by: { via: 'cli' }, thread: newId('lgn') },
  });
  const approved = await world.ensure(person, SALES);

  assert.equal(codeOf(waiting), 'provisioning.needs_approval');
  assert.equal(approved.outcome === 'ready' && approved.externalId, id);
});

test('one that is made while we create is not ours either, also when nobody could look at once', async () => {
  await using world = await startSalesforce();
  const person = world.org.person();
  const fields = { Username: 'prepared@halden.example.org62', Email: person.mail };
  await using slow = await world.open({
    onStep: async (step) => {
      if (step === 'creation written')
        await makeUser(world.org, { ...fields, FederationIdentifier: person.id });
      if (step === 'creation answered') world.org.org.fail({ kind: 'status', status: 500, times: 1 });
    },
  });
  await slow.provisioning.prepareTargets();

  const unsure = await world.ensure(person, SALES, slow.provisioning);
  const result = await world.ensure(person, SALES);

  assert.notEqual(codeOf(unsure), 'ready');
  assert.equal(codeOf(result), 'provisioning.id_taken');
});

test('an import takes an id for no more than a sign-in does', async () => {
  for (const [onExisting, linked] of [
    ['refuse', 0],
    ['adopt', 1],
  ] as const) {
    await using world = await startIconik({ settings: { onExisting } });
    const person = ravi({ mail: ELIN });
    await prepareInIconik(world, ELIN, person);
    const { accesses, thread } = world.request(person, 'reviewer');
    const wanted = { outcome: 'access', person, accesses, ...TRUSTED } as const;
    const people = { idOf: () => person.id, byId: async () => wanted, withMail: async () => [] };

    const imported = await world.provisioning.importAccounts('iconik-halden', people, { thread });
    await world.pass(MINUTE);

    assert.deepEqual([imported.linked, isLockedOut(world, ELIN)], [linked, linked === 1]);
    const account = await world.provisioning.accountOf('iconik-halden', person.id);
    assert.equal(account?.externalId, linked === 1 ? world.iconik.user(ELIN).id : undefined);
  }
});
