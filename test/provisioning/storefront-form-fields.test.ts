import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { budget } from '../conformance/connector-driver.ts';
import { EMEA, type StorefrontWorld, startStorefront } from './storefront-world.ts';

const settings = {
  formFields: {
    'Employee number': 'login',
    'Cost centre': 'attributes.costCentre',
    'Hours a week': 'attributes.hours',
    'Member since': 'attributes.since',
    Interests: 'attributes.interests',
  },
};
const attributes = {
  region: 'EMEA',
  costCentre: '4712',
  hours: 32,
  since: new Date('2024-05-01T00:00:00Z'),
  interests: ['Workshop', 'Kitchen'],
};
/** Whether a write keeps what it does not name, and whether types are checked, is not documented. */
const POSITIONS = [
  { formFieldTypes: 'unchecked', requiredFormFields: 'ignored', formFieldsInWrite: 'merged' },
  { formFieldTypes: 'checked', requiredFormFields: 'enforced', formFieldsInWrite: 'replaced' },
] as const;

for (const positions of POSITIONS) {
  suite(`form fields of a store that has them ${Object.values(positions).join(', ')}`, () => {
    let world: StorefrontWorld;
    before(async () => {
      world = await startStorefront({ settings, positions });
    });
    after(() => world[Symbol.asyncDispose]());
    const fieldsOf = (id: string): unknown =>
      Object.fromEntries((world.customer(id)?.form_fields ?? []).map(({ name, value }) => [name, value]));

    test('values arrive in the form of their type', async () => {
      const { account } = await world.driver.settled(world.person({ attributes }), EMEA);

      assert.deepEqual(fieldsOf(account.externalId), {
        'Employee number': 'mira',
        'Cost centre': '4712',
        'Hours a week': '32',
        'Member since': '2024-05-01',
        Interests: ['Kitchen', 'Workshop'],
      });
    });

    test('fields that nobody mapped keep what the shopper chose', async () => {
      const person = world.person({ attributes });
      const { account } = await world.driver.settled(person, EMEA);
      world.act('edit-customer', {
        id: Number(account.externalId),
        change: {
          form_fields: [
            ...(world.customer(account.externalId)?.form_fields ?? []),
            { name: 'Contact by', value: 'Telephone' },
          ],
        },
      });

      const moved = { ...person, attributes: { ...attributes, costCentre: '4711' } };
      await world.driver.apply(account, world.driver.desire(moved, EMEA));

      assert.deepEqual(fieldsOf(account.externalId), {
        'Employee number': 'mira',
        'Cost centre': '4711',
        'Hours a week': '32',
        'Member since': '2024-05-01',
        Interests: ['Kitchen', 'Workshop'],
        'Contact by': 'Telephone',
      });
    });

    test('a value that the directory no longer has is emptied', async () => {
      const person = world.person({ attributes });
      const { account } = await world.driver.settled(person, EMEA);
      const less = { ...person, attributes: { region: 'EMEA' } };
      const image = world.driver.desire(less, EMEA);

      const emptied = await world.driver.apply(account, image);

      assert.deepEqual(await world.driver.plan(emptied, image), []);
    });

    test('values that do not fit are reported by field and not sent', async () => {
      const wrong = { costCentre: '9999', hours: 'many', since: 'long ago', interests: ['Gardens'] };
      const answer = world.target.desire(world.person({ attributes: wrong }), EMEA);

      assert.ok(answer.outcome === 'desired');
      assert.deepEqual(
        answer.problems.map(({ field }) => field),
        [
          'formFields.Cost centre',
          'formFields.Hours a week',
          'formFields.Member since',
          'formFields.Interests',
        ],
      );
      assert.ok(!('formFields.Interests' in answer.image));
    });
  });
}

test('a required field travels with the creation', async () => {
  await using world = await startStorefront({ positions: { requiredFormFields: 'enforced' } });
  world.act('set-form-field', { name: 'Tax number', required: true });
  const target = world.open({ settings: { formFields: { 'Tax number': 'login' } } });
  const { problems } = await world.prepare(target);
  const wanted = target.desire(world.person(), EMEA);
  assert.ok(wanted.outcome === 'desired');

  const made = await target.create(wanted.image, 'marker', budget());

  assert.deepEqual(problems, []);
  assert.ok(made.outcome === 'written', JSON.stringify(made));
  assert.deepEqual(world.customer(made.account.externalId)?.form_fields, [
    { name: 'Tax number', value: 'mira' },
  ]);
});

test('fields that are required and not mapped, that do not exist or hold passwords are reported', async () => {
  await using world = await startStorefront();
  world.act('set-form-field', { name: 'Tax number', required: true });
  world.act('set-form-field', { name: 'Pass phrase', type: 'password' });
  const mapped = { 'Pass phrase': 'login', 'Shoe size': 'login', 'Delivery note': 'login' };
  const target = world.open({ settings: { formFields: mapped } });

  const { problems } = await world.prepare(target);

  assert.deepEqual(
    problems.map(({ path, message }) => `${path}: ${message.slice(0, 40)}`),
    [
      'formFields.Pass phrase: a password field takes no value of a dir',
      'formFields.Shoe size: the store has no such field in its sign-',
      'formFields.Delivery note: the store has no such field in its sign-',
      'formFields: the store requires "Tax number" of new c',
    ],
  );
});

test('a token that may not read the form is reported, and values are sent unchecked', async () => {
  await using world = await startStorefront();
  world.store.fail({
    ...{ kind: 'status', status: 403, body: { status: 403 } },
    match: { path: '^/stores/[a-z]+/v3/storefront/' },
  });
  const target = world.open({ settings });

  const { problems } = await world.prepare(target);
  const wanted = target.desire(world.person({ attributes: { hours: 'many' } }), EMEA);

  assert.match(
    problems[0]?.message ?? '',
    /could not be read \(provisioning\.forbidden\).*Storefront API tokens/,
  );
  assert.ok(wanted.outcome === 'desired' && wanted.image['formFields.Hours a week'] === 'many');
});

test('a store whose mapping names no form field is not asked for its form', async () => {
  await using world = await startStorefront();

  assert.ok(!world.calls().some(({ path }) => path.includes('/storefront/')));
});
