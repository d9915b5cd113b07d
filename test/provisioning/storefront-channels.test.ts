import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budget } from '../conformance/connector-driver.ts';
import { BOTH, EMEA, type StorefrontWorld, startStorefront, TRADE } from './storefront-world.ts';

const PAT = { mail: 'pat@orchard.example' };

const candidates = async (world: StorefrontWorld, accesses: typeof BOTH, change: object) => {
  const image = world.driver.desire(world.person(change), accesses);
  const answer = await world.target.findCandidates(image, budget());
  assert.ok(answer.outcome === 'read');
  return answer.accounts.map(({ externalId }) => externalId);
};

test('one account covers all wanted channels, and comes from the first of the configuration', async () => {
  await using world = await startStorefront({ emea: { channelId: 3 }, trade: { channelId: 2 } });

  const { account } = await world.driver.settled(world.person(), BOTH);

  const customer = world.customer(account.externalId);
  assert.deepEqual(customer?.channel_ids, [2, 3]);
  assert.equal(customer?.origin_channel_id, 3);
});

test('two customers with one address are candidates only where they can be used', async () => {
  await using world = await startStorefront();

  assert.deepEqual(await candidates(world, EMEA, PAT), ['102']);
  assert.deepEqual(await candidates(world, TRADE, PAT), ['103']);
  assert.deepEqual(await candidates(world, BOTH, PAT), ['102', '103']);
});

test('customers of other addresses are nobody, even if a store ignores the filter', async () => {
  await using world = await startStorefront();
  const stranger = { id: 102, email: 'pat@orchard.example', first_name: 'Pat', channel_ids: [1] };
  world.store.fail({ kind: 'status', status: 200, body: { data: [stranger] } });

  assert.deepEqual(await candidates(world, EMEA, {}), []);
});

for (const allowGlobalLoginsPlace of ['top', 'nested'] as const) {
  test(`a customer of all channels is one where global logins are allowed, told at ${allowGlobalLoginsPlace}`, async () => {
    await using world = await startStorefront({ positions: { allowGlobalLoginsPlace } });
    const freya = { mail: 'freya@fjord.example' };

    assert.deepEqual(await candidates(world, EMEA, freya), ['104']);
    assert.deepEqual(await candidates(world, TRADE, freya), []);
  });
}

test('a store that does not tell which channels are open makes customers of all channels candidates', async () => {
  await using world = await startStorefront();
  world.store.fail({ kind: 'status', status: 403, match: { path: '^.*/customers/settings/' } });
  const target = world.open();
  await world.prepare(target);

  const image = world.driver.desire(world.person({ mail: 'freya@fjord.example' }), TRADE);
  const answer = await target.findCandidates(image, budget());

  assert.ok(answer.outcome === 'read' && answer.accounts.length === 1);
});

test('a channel where a stranger has the address is not taken: people are told what to do', async () => {
  await using world = await startStorefront();
  const person = world.person();
  const { account } = await world.driver.settled(person, EMEA);
  world.act('sign-up', { email: person.mail, channel: 2 });
  const stranger = world.calls().length;
  const image = world.driver.desire(person, BOTH);

  const answer = await world.target.update(
    {
      ...{ externalId: account.externalId, call: 'customer', changes: { channels: ['1', '2'] } },
      ...{ desired: image, current: account.image, marker: 'm', refs: {}, takeOver: false },
    },
    budget(),
  );

  assert.ok(stranger > 0 && answer.outcome === 'blocked');
  assert.match(answer.reasons.join(), /channel 1, 2 already/);
  assert.deepEqual(world.customer(account.externalId)?.channel_ids, [1]);
});

test('a mail address that a stranger has is a detail that is not taken, and nothing is blocked', async () => {
  await using world = await startStorefront();
  const { account, image } = await world.driver.settled(world.person(), EMEA);

  const answer = await world.target.update(
    {
      ...{ externalId: account.externalId, call: 'customer', changes: { mail: PAT.mail } },
      ...{ desired: image, current: account.image, marker: 'm', refs: {}, takeOver: false },
    },
    budget(),
  );

  assert.deepEqual(answer, { outcome: 'duplicate' });
});

for (const attributeValuesLimit of ['items', 'customers'] as const) {
  test(`more attributes than a request takes go in several, where the limit counts ${attributeValuesLimit}`, async () => {
    const names = Array.from({ length: 23 }, (_, index) => [`Note ${index}`, 'department'] as const);
    const settings = { attributes: { vestibule_id: 'id', ...Object.fromEntries(names) } };
    await using world = await startStorefront({ settings, positions: { attributeValuesLimit } });

    await world.driver.settled(world.person(), EMEA);

    const writes = world.calls().filter(({ path }) => path === '/v3/customers/attribute-values');
    assert.deepEqual(
      writes.map(({ items }) => items),
      [10, 10, 3],
    );
  });
}

test('attributes of another type than text take only what fits', async () => {
  await using world = await startStorefront({ positions: { attributeTypes: 'checked' } });
  await world.api('POST', '/v3/customers/attributes', [
    { name: 'Hours', type: 'number' },
    { name: 'Since', type: 'date' },
  ]);
  const attributes = { vestibule_id: 'id', Hours: 'attributes.hours', Since: 'attributes.since' };
  const target = world.open({ settings: { attributes } });
  await world.prepare(target);

  const wrong = target.desire(world.person({ attributes: { hours: 'many', since: 'long ago' } }), EMEA);
  const right = target.desire(
    world.person({ attributes: { hours: 32, since: new Date('2024-05-01T00:00:00Z') } }),
    EMEA,
  );

  assert.ok(wrong.outcome === 'desired' && right.outcome === 'desired');
  assert.deepEqual(
    wrong.problems.map(({ field }) => field),
    ['attributes.Hours', 'attributes.Since'],
  );
  assert.deepEqual([right.image['attributes.Hours'], right.image['attributes.Since']], ['32', '2024-05-01']);
});

test('a channel that the store does not have blocks with what to do, and accuses nobody of wrong data', async () => {
  await using world = await startStorefront({ trade: { channelId: 77 } });
  const before = world.driver.desire(world.person(), EMEA);
  const image = world.driver.desire(world.person(), BOTH);
  const account = await world.driver.create(before, 'marker-of-a-person');

  const created = await world.target.create(image, 'marker-of-another', budget());
  const changed = await world.target.update(
    {
      ...{ externalId: account.externalId, call: 'customer', changes: { channels: ['1', '77'] } },
      ...{ current: account.image, desired: image, marker: 'marker-of-a-person', refs: {}, takeOver: false },
    },
    budget(),
  );

  for (const answer of [created, changed]) {
    assert.ok(answer.outcome === 'blocked', JSON.stringify(answer));
    assert.match(answer.reasons.join(), /no channel 77; correct channelId/);
  }
});

test('other data that the store refuses are still refused, whatever it tells of its channels', async () => {
  await using world = await startStorefront();
  const image = world.driver.desire(world.person({ mail: 'no-domain@halden' }), EMEA);

  const answer = await world.target.create(image, 'marker-of-a-person', budget());

  assert.equal(answer.outcome, 'invalid');
});
