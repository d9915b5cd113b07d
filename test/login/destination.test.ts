import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createStorefrontIssuer } from '../../src/issuing/index.ts';
import { launchHref, loginHref, parseDestination } from '../../src/login/destination.ts';
import { LoginError } from '../../src/login/errors.ts';
import { createRegistry, type RelyingParty } from '../../src/relying-parties/index.ts';

// R2.5: a link leads to a place that is known here, inside that place, and nowhere else.

const PARTY: RelyingParty = {
  ...{ id: 'store-emea', kind: 'bigcommerce-storefront', title: 'Europe', description: '', target: 'bc' },
  ...{ enabled: true, hidden: false, roles: [], scopes: [], access: {} },
};
const { accepts } = createStorefrontIssuer(() => undefined);
const registry = createRegistry({
  relyingParties: [PARTY, { ...PARTY, id: 'wiki', kind: 'closed' }],
  targets: [],
});
const deps = {
  registry,
  issuerOf: ({ kind }: RelyingParty) =>
    kind === PARTY.kind ? { accepts, issue: () => Promise.reject(new Error('not here')) } : undefined,
};

function codeOf(rp: unknown, to: unknown): string {
  try {
    parseDestination(rp, to, deps);
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof LoginError, String(error));
    return error.code;
  }
}

test('without a store the destination is the launchpad, whatever else the link says', () => {
  assert.deepEqual(parseDestination(undefined, undefined, deps), {});
  assert.deepEqual(parseDestination('', 'https://evil.example', deps), {});
});

test('a store is a destination with or without a page in it', () => {
  assert.deepEqual(parseDestination('store-emea', undefined, deps), { relyingParty: 'store-emea' });
  assert.deepEqual(parseDestination('store-emea', '', deps), { relyingParty: 'store-emea' });
});

for (const rp of [
  'nowhere',
  'STORE-EMEA',
  ' store-emea',
  '__proto__',
  'constructor',
  ['store-emea'],
  { a: 1 },
]) {
  test(`${JSON.stringify(rp)} is not a store that is known here`, () => {
    assert.equal(codeOf(rp, undefined), 'login.unknown_relying_party');
  });
}

suite('pages that a link may lead to', () => {
  for (const to of [
    '/',
    '/promo',
    '/promo/',
    '/promo?page=2&sort=price',
    '/caf%C3%A9/men%C3%BC',
    '/café',
    '/a/b/c#reviews',
    '/my-login-guide',
    `/${'x'.repeat(1023)}`,
  ]) {
    test(to.slice(0, 60), () => {
      assert.deepEqual(parseDestination('store-emea', to, deps), { relyingParty: 'store-emea', to });
    });
  }
});

suite('places that no link may lead to', () => {
  for (const to of [
    'https://evil.example/',
    'http:evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '\\/evil.example',
    '/%2Fevil.example',
    '/%2f%2fevil.example',
    '/%5Cevil.example',
    '/%255Cevil.example',
    '/%252Fevil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    '/%2e%2e//evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/%09/evil.example',
    '/promo\r\nSet-Cookie: a=b',
    '/promo%0d%0aSet-Cookie:%20a=b',
    '/promo\u0000',
    '/promo\u0085',
    ' /promo',
    'promo',
    '?page=2',
    '#x',
    'javascript:alert(1)',
    'data:text/html,x',
    'mailto:a@example.com',
    '@evil.example',
    '/%',
    '/%zz',
    '/%ff',
    '/\ud800',
    '/%2525252525252Fevil.example',
    '/login.php',
    '/LOGIN.PHP?action=logout',
    '/login/token/eyJ.x.y',
    '/de/login/token/eyJ.x.y',
    '/promo/../login.php',
    '/%6Cogin.php',
    '/logout',
    `/${'x'.repeat(1024)}`,
    `/${'é'.repeat(512)}`,
  ]) {
    test(JSON.stringify(to.slice(0, 60)), () => {
      assert.equal(codeOf('store-emea', to), 'login.bad_path');
    });
  }

  test('a page given twice is no page', () => {
    assert.equal(codeOf('store-emea', ['/promo', '/promo']), 'login.bad_path');
  });

  test('any page of a place that cannot be entered by link', () => {
    assert.equal(codeOf('wiki', '/promo'), 'login.bad_path');
  });
});

suite('links of our own', () => {
  test('lead back to the same store and page, with nothing that could break out of the link', () => {
    const to = '/promo?a=1&b="x"#y';
    const href = launchHref({ relyingParty: 'store-emea', to });

    const url = new URL(href, 'https://sso.example');
    assert.equal(url.pathname, '/launch/store-emea');
    assert.equal(url.searchParams.get('to'), to);
    assert.doesNotMatch(href, /["#]/);
  });

  test('lead to the launchpad when nothing else was wanted', () => {
    assert.equal(launchHref({}), '/');
    assert.equal(loginHref({}), '/login');
  });

  test('choose a connection for the same store and page', () => {
    assert.equal(
      loginHref({ relyingParty: 'store-emea', to: '/promo' }, 'otds'),
      '/login?connection=otds&rp=store-emea&to=%2Fpromo',
    );
  });
});
