import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { jwtVerify } from 'jose';
import { Secret, VestibuleError } from '../../src/base/index.ts';
import {
  type CustomerLoginRequest,
  isStorePath,
  mintCustomerLogin,
  storefrontSignOutUrl,
} from '../../src/issuing/index.ts';

const NOW = new Date('2026-03-02T09:00:00.900Z');
const REQUEST: CustomerLoginRequest = {
  settings: {
    storeHash: 'abc123',
    storefrontUrl: new URL('https://www.store-emea.example'),
    login: [
      { clientId: 'newest', clientSecret: new Secret('schlüssel-der-neu-ist') },
      { clientId: 'older', clientSecret: new Secret('older-secret') },
    ],
  },
  externalId: '42',
  channelId: 3,
  to: '/categories/shoes?sort=new',
  now: NOW,
  offsetMs: 0,
};

function read(url: URL): { header: unknown; payload: Record<string, unknown>; token: string } {
  const token = url.pathname.replace('/login/token/', '');
  const [header = '', payload = ''] = token.split('.');
  const parse = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: parse(header), payload: parse(payload) as Record<string, unknown>, token };
}

test('the token carries exactly the claims that the store knows', () => {
  const login = mintCustomerLogin(REQUEST);

  const { header, payload } = read(login.url);
  assert.deepEqual(header, { alg: 'HS256', typ: 'JWT' });
  assert.deepEqual(payload, {
    iss: 'newest',
    iat: Date.parse('2026-03-02T08:59:58Z') / 1000,
    jti: login.jti,
    operation: 'customer_login',
    store_hash: 'abc123',
    customer_id: 42,
    channel_id: 3,
    redirect_to: '/categories/shoes?sort=new',
  });
  assert.equal(login.url.origin, 'https://www.store-emea.example');
});

test('the newest credential signs, with the UTF-8 bytes of its secret', async () => {
  const { token } = read(mintCustomerLogin(REQUEST).url);

  const key = new TextEncoder().encode('schlüssel-der-neu-ist');
  await jwtVerify(token, key, { algorithms: ['HS256'], currentDate: NOW });
  const [header, payload, signature] = token.split('.');
  assert.equal(createHmac('sha256', key).update(`${header}.${payload}`).digest('base64url'), signature);
});

test('a store whose clock is ahead gets tokens dated by its own clock', () => {
  const login = mintCustomerLogin({ ...REQUEST, offsetMs: 95_000 });

  assert.equal(read(login.url).payload['iat'], Date.parse('2026-03-02T09:01:33Z') / 1000);
  assert.equal(login.expiresAt.toISOString(), '2026-03-02T09:00:28.000Z');
});

test('every token has its own id', () => {
  assert.notEqual(mintCustomerLogin(REQUEST).jti, mintCustomerLogin(REQUEST).jti);
});

test('path and address are left out when nobody gave them', () => {
  const { to: _to, ...rest } = REQUEST;

  const { payload } = read(mintCustomerLogin(rest).url);

  assert.equal('redirect_to' in payload || 'request_ip' in payload, false);
  assert.equal(
    read(mintCustomerLogin({ ...REQUEST, ip: '192.0.2.7' }).url).payload['request_ip'],
    '192.0.2.7',
  );
});

for (const externalId of ['', '0', '-1', '4.2', '42abc', '99999999999999999999', ' 42']) {
  test(`the customer id "${externalId}" never becomes a token`, () => {
    assert.throws(
      () => mintCustomerLogin({ ...REQUEST, externalId }),
      (error) => error instanceof VestibuleError && error.code === 'issuing.customer_id_invalid',
    );
  });
}

const REFUSED = [
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/%2fevil.example',
  '/%252fevil.example',
  '/%5cevil.example',
  '/x/..//evil.example',
  '/%0d%0aSet-Cookie:x',
  '/a\nb',
  '/%zz',
  'account.php',
  '',
  '/login.php',
  '/LOGIN.php?action=logout',
  '/login.php%3Faction=logout',
  '/%6cogin.php',
  '/x/../login.php',
  '/login/token/eyJ',
  '/de/login/token/eyJ',
  '/session-sync?jwt=x',
  `/${'a'.repeat(1024)}`,
];
for (const to of REFUSED) {
  test(`the path ${JSON.stringify(to).slice(0, 40)} is refused`, () => {
    assert.equal(isStorePath(to), false);
    assert.throws(
      () => mintCustomerLogin({ ...REQUEST, to }),
      (error) => error instanceof VestibuleError && error.code === 'issuing.login_path_refused',
    );
  });
}

for (const to of ['/', '/account.php', '/cart.php?suggest=a%20b', '/de/schuhe/größe-40', '/login-hilfe']) {
  test(`the path ${to} may be opened`, () => {
    assert.equal(isStorePath(to), true);
  });
}

test('signing out of a storefront is a visit to its own host', () => {
  const url = storefrontSignOutUrl(new URL('https://store-na.example'));

  assert.equal(url.href, 'https://store-na.example/login.php?action=logout');
});
