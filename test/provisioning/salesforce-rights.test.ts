import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY } from '../../src/base/index.ts';
import type { Access } from '../../src/provisioning/connector/connector.ts';
import { assignments, byHand, setNames } from './salesforce-by-hand.ts';
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

const HOUR_OF_GRACE = '2026-03-31T23:00:00.000Z';
const END = new Date('2026-03-31T22:00:00Z');
const until = (role: string, ends?: Date): Access => ({
  ...{ relyingParty: 'salesforce', role },
  ...(ends && { ends }),
});

test('a name that two permission sets have means neither of them', async () => {
  await using world = await startWorld();
  const image = desired(world.target, world.person(), SALES);
  assert.deepEqual(world.target.unresolved(image), []);
  await world.act('edit-rights', { name: 'Halden_Auditor', rename: 'Halden_Forecasts' });

  await world.target.prepare(budget());

  assert.deepEqual(world.target.unresolved(image), ['permission set Halden_Forecasts']);
});

suite('end dates of permission sets', () => {
  test('what a role gives expires by itself an hour after its end, also groups of sets', async () => {
    await using world = await startWorld();
    const image = desired(world.target, world.person(), [until('lead', END)]);

    const account = await create(world.target, image);

    assert.deepEqual(
      assignments(world, account.externalId).map(({ ExpirationDate }) => iso(ExpirationDate)),
      [HOUR_OF_GRACE, HOUR_OF_GRACE, HOUR_OF_GRACE],
    );
    assert.deepEqual(await left(world.target, account.externalId, image), []);
  });

  test('the date moves with the end, and goes when there is no end any more', async () => {
    await using world = await startWorld();
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, [until('sales', END)]));
    const later = desired(world.target, person, [until('sales', new Date(END.getTime() + DAY))]);

    assert.deepEqual(await left(world.target, account.externalId, later), ['expiry']);
    written(await apply(world.target, account.externalId, later));
    assert.deepEqual(
      assignments(world, account.externalId).map((each) => iso(each['ExpirationDate'])),
      ['2026-04-01T23:00:00.000Z'],
    );

    const endless = desired(world.target, person, SALES);
    written(await apply(world.target, account.externalId, endless));
    assert.equal(assignments(world, account.externalId)[0]?.['ExpirationDate'], null);
    assert.deepEqual(await left(world.target, account.externalId, endless), []);
  });

  test('of several roles that give a set the last end counts, and none is the last of all', async () => {
    await using world = await startWorld();
    const person = world.person();
    const expiry = (accesses: readonly Access[]) => desired(world.target, person, accesses)['expiry'];
    const later = new Date(END.getTime() + DAY);

    assert.deepEqual(expiry([until('lead', later), until('sales', END)]), {
      'permissionSetGroups/Halden_Sales_Lead': '2026-04-01T23:00:00.000Z',
      'permissionSets/Halden_Forecasts': '2026-04-01T23:00:00.000Z',
      'permissionSets/Halden_Service_Console': '2026-04-01T23:00:00.000Z',
    });
    assert.deepEqual(expiry([until('support', END), until('sales')]), {
      'permissionSets/Halden_Order_Entry': HOUR_OF_GRACE,
    });
  });

  test('an assignment that has expired is given again by another date', async () => {
    await using world = await startWorld();
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, [until('sales', END)]));
    world.clock.set('2026-04-02T00:00:00Z');
    const again = desired(world.target, person, [until('sales', new Date('2026-05-01T00:00:00Z'))]);

    assert.deepEqual(
      (await read(world.target, account.externalId, again)).image['permissionSets'],
      [],
      'expired is as good as taken away',
    );
    written(await apply(world.target, account.externalId, again));

    assert.deepEqual(await left(world.target, account.externalId, again), []);
    assert.equal(assignments(world, account.externalId).length, 1);
  });

  test('a date that has passed while a change waited is refused as that, not as a missing licence', async () => {
    await using world = await startWorld();
    const image = desired(world.target, world.person(), [until('sales', END)]);
    world.clock.set('2026-04-02T00:00:00Z');

    const answer = await world.target.create(atCreation(world.target, image), 'marker', budget());

    assert.deepEqual(answer, { outcome: 'invalid', detail: 'the end date has passed' });
  });

  test('a date that somebody moved by hand is put back; dates of what others gave are theirs', async () => {
    await using world = await startWorld();
    const image = desired(world.target, world.person(), [until('sales', END)]);
    const account = await create(world.target, image);
    const own = assignments(world, account.externalId)[0]?.['Id'];
    await world.act('write-record', {
      ...{ object: 'PermissionSetAssignment', id: own },
      fields: { ExpirationDate: '2027-01-01T00:00:00.000Z' },
    });
    await byHand(world, account.externalId, 'Halden_Sales_Tools', '2028-01-01T00:00:00.000Z');

    assert.deepEqual(await left(world.target, account.externalId, image), ['expiry']);
    written(await apply(world.target, account.externalId, image));
    assert.deepEqual(await left(world.target, account.externalId, image), []);
  });
});

suite('rights that roles give', () => {
  test('what somebody assigned by hand is left, or removed when the target is set so', async () => {
    await using world = await startWorld({
      roles: { support: { profile: 'Halden Sales', role: 'Sales_EMEA' } },
    });
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, SALES));
    await byHand(world, account.externalId, 'Halden_Order_Entry');
    // A name that a role of the configuration gives is ours to take, whoever assigned it.
    await byHand(world, account.externalId, 'Halden_Sales_Tools');
    const image = desired(world.target, person, SUPPORT);

    written(await apply(world.target, account.externalId, image));
    assert.deepEqual(setNames(world, account.externalId), ['Halden_Order_Entry', 'Halden_Sales_Tools']);

    written(await apply(world.target, account.externalId, image, { onExtra: 'remove' }));
    assert.deepEqual(setNames(world, account.externalId), []);
  });

  test('a set that some role gives is taken when the person’s roles do not, although others assigned it', async () => {
    await using world = await startWorld();
    const image = desired(world.target, world.person(), SALES);
    const account = await create(world.target, image);
    await byHand(world, account.externalId, 'Halden_Order_Entry');

    written(await apply(world.target, account.externalId, image));

    assert.deepEqual(setNames(world, account.externalId), ['Halden_Forecasts']);
  });

  test('licences are given before what needs them and taken after it', async () => {
    await using world = await startWorld();
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, SALES));
    const more = desired(world.target, person, LEAD);

    written(await apply(world.target, account.externalId, more));
    assert.deepEqual(await left(world.target, account.externalId, more), []);
    written(await apply(world.target, account.externalId, desired(world.target, person, SALES)));

    assert.equal(world.records('PermissionSetLicenseAssign').length, 0);
  });

  test('the role in a territory is changed by another association', async () => {
    await using world = await startWorld({
      roles: { admin: { profile: 'Halden Sales', territories: [{ name: 'EMEA', role: 'Administrator' }] } },
    });
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, LEAD));
    const image = desired(world.target, person, [until('admin')]);

    written(await apply(world.target, account.externalId, image));

    const own = world
      .records('UserTerritory2Association')
      .filter((each) => each['UserId'] === account.externalId);
    assert.deepEqual(
      own.map((each) => each['RoleInTerritory2']),
      ['Administrator'],
    );
  });

  test('somebody is in a territory once: of two roles there the first one counts', async () => {
    await using world = await startWorld({
      roles: { admin: { profile: 'Halden Sales', territories: [{ name: 'EMEA', role: 'Administrator' }] } },
    });
    const image = desired(world.target, world.person(), [until('admin'), until('lead')]);

    const account = await create(world.target, image);

    assert.deepEqual(image['territories'], ['EMEA as Sales Rep']);
    assert.deepEqual(await left(world.target, account.externalId, image), []);
  });

  test('an organization without territories is served as any other', async () => {
    await using world = await startWorld({
      positions: { territories: 'not-enabled' },
      roles: { lead: { profile: 'Standard User', groups: ['All_Sales'] } },
    });
    const image = desired(world.target, world.person(), LEAD);

    const account = await create(world.target, image);

    assert.deepEqual(await left(world.target, account.externalId, image), []);
  });

  test('more than fits into one request is given by several', async () => {
    await using world = await startWorld({ positions: { duplicateGroupMember: 'same-record' } });
    const groups = Array.from({ length: 30 }, (_each, index) => `Project_${index}`);
    const roles = { lead: { profile: 'Standard User', groups } };
    const target = await world.open({ roles, unprepared: true });
    target.restore(await factsWithGroups(world, groups));
    const image = desired(target, world.person(), LEAD);
    world.forgetCalls();

    const account = await create(target, image);
    const request = { externalId: account.externalId, call: 'rights', changes: { groups }, desired: image };
    const rest = { current: { groups: [] }, refs: {}, marker: 'marker', takeOver: false };
    written(await target.update({ ...request, ...rest }, budget()));

    assert.equal(world.calls().filter((call) => call === 'POST /composite').length, 3);
  });

  test('a group membership that exists already counts as given', async () => {
    await using world = await startWorld();
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, [until('nothing')]));
    const image = desired(world.target, person, LEAD);
    const { image: current, refs } = await read(world.target, account.externalId, image);
    const request = {
      ...{ externalId: account.externalId, call: 'rights', desired: image, current, refs },
      ...{ marker: 'marker', takeOver: false, changes: { groups: ['All_Sales', 'Sales_EMEA'] } },
    };

    written(await world.target.update(request, budget()));
    written(await world.target.update(request, budget()));

    const own = world.records('GroupMember').filter((each) => each['UserOrGroupId'] === account.externalId);
    assert.equal(own.length, 2);
  });

  test('a membership that somebody removed meanwhile counts as taken', async () => {
    await using world = await startWorld();
    const person = world.person();
    const account = await create(world.target, desired(world.target, person, LEAD));
    const image = desired(world.target, person, SUPPORT);
    const { image: current, refs } = await read(world.target, account.externalId, image);
    const request = {
      ...{ externalId: account.externalId, call: 'rights', desired: image, current, refs },
      ...{ marker: 'marker', takeOver: false, changes: { groups: [], permissionSets: [], queues: [] } },
    };

    written(await world.target.update(request, budget()));
    written(await world.target.update(request, budget()));
    // Without the ids of the records it looks for them first.
    written(await world.target.update({ ...request, refs: {} }, budget()));

    assert.deepEqual((await read(world.target, account.externalId, image)).image['groups'], []);
  });
});

async function factsWithGroups(world: World, groups: readonly string[]): Promise<unknown> {
  const prepared = await world.target.prepare(budget());
  assert.ok(prepared.outcome === 'prepared');
  const facts = prepared.facts as { groups: Record<string, string> };
  const ids = Object.values(facts.groups);
  return {
    ...facts,
    groups: Object.fromEntries(groups.map((name, index) => [name, ids[index % ids.length]])),
  };
}

function iso(value: unknown): string {
  return new Date(String(value)).toISOString();
}
