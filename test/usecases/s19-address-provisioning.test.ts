import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CustomerAddress,
  changePerson,
  customersMade,
  customerWithMail,
  eventBehind,
  eventsOf,
  storeState,
  untilJobsEnded,
} from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// S19: the five address fields.

async function addressOf(world: World, mail: string): Promise<readonly CustomerAddress[]> {
  const customer = await customerWithMail(world, 'store-emea', mail);
  const { addresses } = await storeState(world, 'store-emea');
  return addresses.filter(({ customer_id: id }) => id === customer.id);
}

test('street, city, state, postal code and country of the directory are the address of the customer', async () => {
  await using world = await startWorld();

  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await untilJobsEnded(world, 'provisioning.finish-account');

  const [address, ...others] = await addressOf(world, 'mira@halden.example');
  assert.deepEqual(others, []);
  assert.deepEqual(
    {
      address1: address?.address1,
      city: address?.city,
      state_or_province: address?.state_or_province,
      postal_code: address?.postal_code,
      country_code: address?.country_code,
    },
    {
      address1: 'Speicherstadt 12',
      city: 'Hamburg',
      state_or_province: 'Hamburg',
      postal_code: '20457',
      country_code: 'DE',
    },
  );
});

test('a person who moves has the new address in place of the old one', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await untilJobsEnded(world, 'provisioning.finish-account');

  const address = {
    street: 'Torstrasse 140',
    city: 'Berlin',
    state: 'Berlin',
    postalCode: '10119',
    country: 'DE',
  };
  await changePerson(world, 'mira', { address });
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  const addresses = await addressOf(world, 'mira@halden.example');
  assert.deepEqual(
    addresses.map(({ address1, city, postal_code }) => [address1, city, postal_code]),
    [['Torstrasse 140', 'Berlin', '10119']],
  );
});

for (const [what, wrong, says] of [
  ['country', { country: 'XX' }, /country/],
  ['postal code', { postalCode: '2O457' }, /postal code/],
] as const) {
  test(`an invalid ${what} is reported for the person and does not keep them out`, async () => {
    await using world = await startWorld();
    const right = { street: 'Speicherstadt 12', city: 'Hamburg', state: 'Hamburg', postalCode: '20457' };
    await changePerson(world, 'mira', { address: { ...right, country: 'DE', ...wrong } });

    const page = await world.signIn(world.browser(), 'mira', '/launch/store-emea');
    await untilJobsEnded(world, 'provisioning.finish-account');

    assert.match(page.text, /Mira Lindqvist/);
    assert.deepEqual(await addressOf(world, 'mira@halden.example'), []);
    const [report, ...others] = await eventsOf(world, { types: ['provisioning.failed'] });
    assert.deepEqual(others, [], 'once, not at every sign-in');
    assert.equal(report?.code, 'provisioning.detail_invalid');
    assert.equal(report?.target, 'bc-emea');
    assert.match(String(report?.facts['step']), /address$/);
    assert.match(String(report?.personal['reason']), says);
    const [issued] = await eventsOf(world, { types: ['login.issued'] });
    assert.equal(report?.personId, issued?.personId);
    assert.equal(report?.thread, issued?.thread, 'the help desk finds it under the sign-in');
  });
}

test('a store that is set to refuse invalid details keeps the person out and makes nothing', async () => {
  await using world = await startWorld({
    configure: (config) => {
      config.targets[0].onInvalidDetail = 'refuse';
    },
  });
  const address = { street: 'A 1', city: 'Hamburg', state: '', postalCode: '2', country: 'DE' };
  await changePerson(world, 'mira', { address });

  const page = await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  assert.equal(page.status, 403);
  assert.match(page.text, /Ask your help desk to correct your directory entry/);
  assert.equal((await eventBehind(world, page, 'login.refused')).code, 'provisioning.detail_invalid');
  assert.deepEqual(await customersMade(world, 'store-emea'), []);
});
