import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JWTHeaderParameters, SignJWT } from 'jose';
import { createBigCommerce, demoStores, type StoreSeed } from '../../../src/sandbox/bigcommerce/index.ts';
import { outbound } from '../../../src/sandbox/frame/outbound.ts';
import { createShiftedClock } from '../../../src/sandbox/frame/shifted-clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Browser } from '../client/browser.ts';
import { serve } from './serve.ts';

// Tokens made by a library of their own, so that the simulator is not only right about tokens made by itself.
const SECRET = 'a made-up client secret, 31 byte';
const IAT = 1_767_225_600;
const CLAIMS = {
  iss: 'testclientid',
  iat: IAT,
  operation: 'customer_login',
  store_hash: 'abc123',
  customer_id: 42,
};

const [emea] = demoStores;
assert.ok(emea);
const STORE: StoreSeed = {
  ...emea,
  id: 'store-abc',
  hash: 'abc123',
  accounts: [
    {
      name: 'login',
      level: 'store',
      clientId: 'testclientid',
      clientSecret: SECRET,
      accessToken: 'unused',
      scopes: ['store_v2_customers_login'],
    },
  ],
  channels: [
    {
      id: 1,
      name: 'One',
      kind: 'stencil',
      status: 'active',
      host: 'one.localhost',
      allow_global_logins: true,
    },
    {
      id: 3,
      name: 'Three',
      kind: 'stencil',
      status: 'active',
      host: 'three.localhost',
      allow_global_logins: true,
    },
  ],
  customers: emea.customers.slice(-1).map((customer) => ({ ...customer, id: 42 })),
};

const OK: JWTHeaderParameters = { alg: 'HS256', typ: 'JWT' };
const sign = (claims: Record<string, unknown>, header = OK) =>
  new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader(header).sign(new TextEncoder().encode(SECRET));

type Vector = {
  readonly name: string;
  readonly host?: string;
  readonly header?: JWTHeaderParameters;
  readonly claims?: Record<string, unknown>;
  readonly leadsTo: string;
};
const VECTORS: readonly Vector[] = [
  { name: 'a minimal token signs in', leadsTo: '/account.php' },
  {
    name: 'a token with channel and redirect leads there',
    host: 'three',
    claims: { channel_id: 3, redirect_to: '/cart.php' },
    leadsTo: '/cart.php',
  },
  {
    name: 'a token that redirects to the logout leads there',
    claims: { redirect_to: '/login.php?action=logout' },
    leadsTo: '/login.php?action=logout',
  },
  { name: 'a token issued 31 seconds ago fails', claims: { iat: IAT + 10 - 31 }, leadsTo: '/login.php' },
  { name: 'another operation fails', claims: { operation: 'login' }, leadsTo: '/login.php' },
  { name: 'a header without typ fails', header: { alg: 'HS256' }, leadsTo: '/login.php' },
  { name: 'a customer_id in quotes fails', claims: { customer_id: '42' }, leadsTo: '/login.php' },
];

for (const { name, host = 'one', header, claims, leadsTo } of VECTORS) {
  test(`known tokens: ${name}, and the same token once more fails`, async () => {
    await using site = await serve(openStore());
    const token = await sign({ jti: name, ...claims }, header);
    const url = site.url(`${host}.localhost`, `/login/token/${token}`);
    const browser = new Browser();

    const first = await browser.visit(url);
    const replay = await browser.visit(url);

    assert.deepEqual([first.status, first.headers.location], [302, leadsTo]);
    assert.deepEqual([replay.status, replay.headers.location], [302, '/login.php']);
  });
}

function openStore() {
  const clock = createShiftedClock(new ManualClock(new Date((IAT + 10) * 1000)));
  return createBigCommerce({ clock, outbound, stores: [STORE] }).handler;
}
