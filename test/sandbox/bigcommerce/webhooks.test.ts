import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { bigCommerceCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { type Served, serve } from './serve.ts';
import { startWorld, type World } from './world.ts';

type Message = { readonly headers: IncomingHttpHeaders; readonly body: string };

let world: World;
let receiver: Served;
let messages: Message[] = [];
let answer = 204;
let wake = (): void => undefined;
before(async () => {
  world = await startWorld();
  receiver = await serve((req, res) => {
    let body = '';
    req.setEncoding('utf8');
    req.on('data', (chunk: string) => {
      body += chunk;
    });
    req.on('end', () => {
      messages.push({ headers: req.headers, body });
      res.writeHead(answer).end();
      wake();
    });
  });
});
after(async () => {
  await receiver[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});
beforeEach(() => {
  world.sandbox.reset();
  messages = [];
  answer = 204;
});

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const destination = () => receiver.url('broker.localhost', '/webhooks');
const subscribe = (scope: string, more: Record<string, unknown> = {}) =>
  world.api('POST', '/v3/hooks', { body: { scope, destination: destination(), ...more } });
const rename = () => world.api('PUT', '/v3/customers', { body: [{ id: 104, company: 'Fjord' }] });

async function received(count: number): Promise<readonly Message[]> {
  while (messages.length < count) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  return messages;
}

test('a message is signed with the client secret of the account that subscribed', async () => {
  await subscribe('store/customer/updated', { headers: { 'x-shared': 'word' } });
  await rename();

  const [message] = await received(1);

  assert.ok(message);
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = message.headers;
  const mac = createHmac('sha256', bigCommerceCredentials['store-emea'].api.clientSecret);
  assert.equal(signature, `v1,${mac.update(`${id}.${at}.${message.body}`).digest('base64')}`);
  assert.equal(message.headers['x-shared'], 'word');
  const data = { type: 'customer', id: 104, origin_channel_id: 1 };
  assert.deepEqual(JSON.parse(message.body), {
    scope: 'store/customer/updated',
    store_id: '1025601',
    data,
    hash: createHash('sha1').update(JSON.stringify(data)).digest('hex'),
    created_at: Number(at),
    producer: 'stores/haldenemea',
  });
});

test('signatures can be absent, and a delivery can come twice', async () => {
  turn({ webhookSignature: 'absent', webhookDelivery: 'twice' });
  await subscribe('store/customer/*');
  await rename();

  const [first, second] = await received(2);

  assert.equal(first?.headers['webhook-signature'], undefined);
  assert.equal(first?.body, second?.body);
});

test('customers, their channels and their addresses are scopes of their own', async () => {
  turn({ webhookDelivery: 'held' });
  for (const scope of [
    'store/customer/*',
    'store/customer/address/*',
    'store/customer/channel/login/access/updated',
  ]) {
    await subscribe(scope);
  }
  const mira = { email: 'mira@halden.example', first_name: 'Mira', last_name: 'L', channel_ids: [1] };
  const { data } = await world.json('POST', '/v3/customers', { body: [mira] });
  const id = Number(data[0]?.['id']);
  await world.api('PUT', '/v3/customers', { body: [{ id, channel_ids: [9] }] });
  const home = { customer_id: id, first_name: 'M', last_name: 'L', address1: 'Kai 1', city: 'Kiel' };
  await world.api('POST', '/v3/customers/addresses', {
    body: [{ ...home, country_code: 'DE', postal_code: '24103', state_or_province: '' }],
  });
  await world.api('DELETE', `/v3/customers?id:in=${id}`);

  await world.act('deliver-webhooks', { order: 'reversed' });

  const scopes = (await received(5)).map(({ body }) => (JSON.parse(body) as { scope: string }).scope);
  assert.deepEqual(scopes, [
    'store/customer/deleted',
    'store/customer/address/created',
    'store/customer/channel/login/access/updated',
    'store/customer/updated',
    'store/customer/created',
  ]);
});

test('a hook that nobody answers is tried twelve times and then deactivated', async () => {
  turn({ webhookMinuteMs: 0, webhookDelivery: 'held' });
  answer = 500;
  await subscribe('store/customer/updated');
  await rename();

  for (let tries = 0; tries < 13; tries += 1) await world.act('deliver-webhooks', {});

  const { data } = await world.json('GET', '/v3/hooks');
  assert.equal(messages.length, 12);
  assert.equal(new Set(messages.map(({ headers }) => headers['webhook-id'])).size, 1);
  assert.equal(data[0]?.['is_active'], false);
});

test('hooks are seen by their account alone, are unique, and at most ten per scope', async () => {
  const first = await subscribe('store/customer/updated');
  const twin = await subscribe('store/customer/updated');
  const token = bigCommerceCredentials['store-emea'].readOnlyApi.accessToken;
  const foreign = await world.json('GET', '/v3/hooks', { token });
  for (let n = 0; n < 9; n += 1) {
    await subscribe('store/customer/updated', { destination: `${destination()}/${n}` });
  }
  const eleventh = await subscribe('store/customer/updated', { destination: `${destination()}/11` });

  assert.deepEqual([first.status, twin.status, eleventh.status], [200, 422, 422]);
  assert.equal(foreign.data.length, 0);
});

test('hooks can be switched off, deleted, and go with their account', async () => {
  const made = (await subscribe('store/customer/updated')).json() as { data: { id: number } };
  const path = `/v3/hooks/${made.data.id}`;
  const off = await world.api('PUT', path, { body: { is_active: false } });
  const gone = await world.api('DELETE', path);
  const missing = await world.api('GET', path);
  await subscribe('store/customer/updated');
  world.act('revoke-account', { account: 'api' });

  assert.deepEqual([off.status, gone.status, missing.status], [200, 200, 404]);
  assert.deepEqual((world.state() as unknown as { hooks: unknown[] }).hooks, []);
});

test('destinations and scopes are checked', async () => {
  const missing = await world.json('POST', '/v3/hooks', { body: { scope: 'store/customer/updated' } });
  const scope = await subscribe('store/everything');
  turn({ webhookDestinations: 'https-443' });
  const plain = await subscribe('store/customer/updated');
  const secure = await subscribe('store/customer/updated', {
    destination: 'https://broker.example/webhooks',
  });

  assert.deepEqual(missing.errors, { destination: 'error.path.missing' });
  assert.deepEqual([scope.status, plain.status, secure.status], [422, 422, 200]);
});

test('a signature can be too old, or of another account', async () => {
  await subscribe('store/customer/updated');
  turn({ webhookSignature: 'stale' });
  await rename();
  const [stale] = await received(1);
  turn({ webhookSignature: 'foreign' });
  await rename();
  const [, foreign] = await received(2);

  const age = ({ headers, body }: Message) =>
    (JSON.parse(body) as { created_at: number }).created_at - Number(headers['webhook-timestamp']);
  assert.ok(stale && foreign);
  assert.deepEqual([age(stale), age(foreign)], [600, 0]);
  assert.equal(stale.headers['webhook-signature'], signatureOf(stale));
  assert.notEqual(foreign.headers['webhook-signature'], signatureOf(foreign));
});

test('an update that changes nothing is told, or not', async () => {
  await subscribe('store/customer/updated');
  turn({ webhookDelivery: 'held' });
  await rename();
  await rename();
  const told = await world.act('deliver-webhooks', {});
  turn({ webhookOnSameValues: 'silent' });
  await rename();
  const silent = await world.act('deliver-webhooks', {});

  assert.deepEqual(
    [told, silent].map((each) => (each as unknown[]).length),
    [2, 0],
  );
});

test('the platform switches hooks off', async () => {
  await subscribe('store/customer/updated');
  await subscribe('store/customer/deleted');

  world.act('disable-webhooks', { scope: 'store/customer/deleted' });

  const { data } = await world.json('GET', '/v3/hooks');
  assert.deepEqual(
    data.map(({ scope, is_active }) => [scope, is_active]),
    [
      ['store/customer/updated', true],
      ['store/customer/deleted', false],
    ],
  );
});

function signatureOf({ headers, body }: Message): string {
  const { 'webhook-id': id, 'webhook-timestamp': at } = headers;
  const mac = createHmac('sha256', bigCommerceCredentials['store-emea'].api.clientSecret);
  return `v1,${mac.update(`${id}.${at}.${body}`).digest('base64')}`;
}
