import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { send } from '../client/request.ts';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());

type Field = {
  __typename: string;
  label: string;
  isBuiltIn: boolean;
  isRequired: boolean;
  options?: object[];
};
type Answer = {
  data: { site: { settings: { formFields: { customer: Field[] } } } } | null;
  errors?: { extensions: object }[];
};

async function form(scopes: readonly string[]): Promise<Answer> {
  const expires = Math.floor(world.clock.now().getTime() / 1_000) + 300;
  const body = { channel_id: 1, expires_at: expires, scopes };
  const { data } = await world.json('POST', '/v3/storefront/api-token-private', { body });
  const { token } = data as unknown as { token: string };
  const query = `{ site { settings { formFields { customer {
    __typename label isBuiltIn isRequired ... on PicklistFormField { options { label } }
  } } } } }`;
  const reply = await send(world.storefront('store-emea', '/graphql'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  return reply.json() as Answer;
}

test('the storefront tells the fields of the sign-up form with type, demand and choices', async () => {
  world.sandbox.system('bigcommerce').actions?.['set-form-field']?.run({
    ...{ store: 'store-emea', name: 'Tax number', required: true },
  });

  const { data } = await form(['Unauthenticated']);

  const fields = data?.site.settings.formFields.customer ?? [];
  assert.ok(fields.some(({ label, isBuiltIn }) => label === 'Email Address' && isBuiltIn));
  assert.deepEqual(
    fields.find(({ label }) => label === 'Cost centre'),
    {
      ...{ __typename: 'PicklistFormField', label: 'Cost centre', isBuiltIn: false, isRequired: false },
      options: [{ label: '4711' }, { label: '4712' }, { label: '4713' }],
    },
  );
  assert.deepEqual(
    fields.find(({ label }) => label === 'Tax number'),
    { __typename: 'TextFormField', label: 'Tax number', isBuiltIn: false, isRequired: true },
  );
  assert.ok(!fields.some(({ label }) => label === 'Delivery note'), 'fields of addresses are elsewhere');
});

test('a token for something else is not told the form', async () => {
  const { data, errors } = await form(['Customer']);

  assert.equal(data, null);
  assert.deepEqual(errors?.[0]?.extensions, {
    code: 'INSUFFICIENT_ACCESS_SCOPE',
    requiredScopes: ['Unauthenticated'],
  });
});
