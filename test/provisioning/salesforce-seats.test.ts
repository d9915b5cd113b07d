import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { describeSeats } from '../../src/cli/plan-text.ts';
import type { Person } from '../../src/model/index.ts';
import type { Access } from '../../src/provisioning/connector/connector.ts';
import type { WantedInTarget } from '../../src/provisioning/index.ts';
import { byHand } from './salesforce-by-hand.ts';
import { startEngine } from './salesforce-engine-world.ts';
import { apply, atCreation, budget, create, desired, LEAD, SALES, startWorld } from './salesforce-world.ts';

suite('seats', () => {
  test('nobody is made when the licence of the profile is used up, and the reason names it', async () => {
    await using world = await startWorld({ positions: { salesforceLicences: 2 } });
    const image = desired(world.target, world.person(), SALES);
    world.forgetCalls();

    const answer = await world.target.create(atCreation(world.target, image), 'marker', budget());

    assert.deepEqual(answer, {
      outcome: 'blocked',
      reasons: [
        'all 2 seats of user licence Salesforce are used; buy more, or deactivate users who no longer sign in',
      ],
    });
    assert.equal(world.calls().length, 1, 'asked again, nothing written');
  });

  test('seats that were bought after the last look are used at once', async () => {
    await using world = await startWorld({ positions: { salesforceLicences: 2 } });
    world.org.turn({ salesforceLicences: 10 });

    await create(world.target, desired(world.target, world.person(), SALES));
  });

  test('seats that are gone since the last look are told by Salesforce, and nothing is half made', async () => {
    await using world = await startWorld();
    world.org.turn({ salesforceLicences: 2 });
    const image = desired(world.target, world.person(), SALES);

    const answer = await world.target.create(atCreation(world.target, image), 'marker', budget());

    assert.equal(answer.outcome, 'blocked');
    assert.equal(world.users().filter(({ FederationIdentifier }) => FederationIdentifier).length, 0);
  });

  test('a permission set licence without seats blocks, whether it was known before or not', async () => {
    await using world = await startWorld();
    await world.act('set-seats', { license: 'SalesConsoleUser', total: 0 });
    const image = desired(world.target, world.person(), LEAD);

    const unknown = await world.target.create(atCreation(world.target, image), 'marker', budget());
    await world.target.prepare(budget());
    const known = await world.target.create(atCreation(world.target, image), 'marker', budget());

    assert.deepEqual(unknown, {
      outcome: 'blocked',
      reasons: ['all seats of a permission set licence are used; buy more or free some'],
    });
    assert.deepEqual(known, {
      outcome: 'blocked',
      reasons: [
        'all 0 seats of permission set licence Service Console User are used; buy more, or deactivate users who no longer sign in',
      ],
    });
    assert.ok(!world.users().some(({ Profile }) => Profile === 'Halden Sales'));
  });

  test('a permission set whose licence no role gives is named, before and after', async () => {
    const roles = {
      lead: { profile: 'Halden Sales', permissionSets: ['Halden_Service_Console'] },
    };
    await using world = await startWorld({ roles });
    const prepared = await world.target.prepare(budget());
    const image = desired(world.target, world.person(), LEAD);

    const answer = await world.target.create(atCreation(world.target, image), 'marker', budget());

    assert.ok(prepared.outcome === 'prepared');
    assert.deepEqual(prepared.problems, [
      {
        path: 'relyingParties.salesforce.roles.lead.account.permissionSetLicenses',
        message: 'permission set Halden_Service_Console needs the licence SalesConsoleUser; add it',
      },
    ]);
    assert.ok(answer.outcome === 'blocked');
    assert.match(answer.reasons[0] ?? '', /lacks a licence that a permission set needs/);
    assert.ok(!answer.reasons.join(' ').includes('@halden.example'), 'no address of a person');
  });

  test('a licence that something assigned by hand needs cannot be taken, and that is said', async () => {
    await using world = await startWorld({
      roles: { lead: { profile: 'Halden Sales', permissionSetLicenses: ['SalesConsoleUser'] } },
    });
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, LEAD));
    await byHand(world, account.externalId, 'Halden_Service_Console');

    const answer = await apply(world.target, account.externalId, desired(world.target, person, SALES));

    assert.ok(answer.outcome === 'blocked');
    assert.match(answer.reasons[0] ?? '', /assigned by hand needs a licence/);
  });
});

async function* wants(
  people: readonly Person[],
  accesses: readonly Access[],
): AsyncGenerator<WantedInTarget> {
  for (const person of people) yield { person, accesses, outcome: 'access', trustedMailDomains: [] };
}

test('a plan says which seats it takes, and how many are free, before anybody is turned away', async () => {
  await using world = await startEngine({ positions: { salesforceLicences: 4 } });
  const there = world.org.person();
  await world.ensure(there, SALES);
  await world.provisioning.prepareTargets({ force: true });
  const joiners = [1, 2, 3].map(() => world.org.person());
  const taken = new Map<string, number>();

  const target = 'salesforce';
  for await (const { takes = [] } of world.provisioning.plan(target, wants([there, ...joiners], LEAD))) {
    for (const what of takes) taken.set(what, (taken.get(what) ?? 0) + 1);
  }
  const { seats } = await world.provisioning.forecast(target);

  assert.deepEqual(Object.fromEntries(taken), {
    'user licence Salesforce': 3,
    'permission set licence Service Console User': 4,
  });
  assert.deepEqual(describeSeats(seats, taken), [
    'takes 3 seats of user licence Salesforce; free: 1 of 4, 2 too few: buy more, or free some first',
    'takes 4 seats of permission set licence Service Console User; free: 2 of 2, 2 too few: buy more, or free some first',
  ]);
});
