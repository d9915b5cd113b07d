import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, type TestContext, test } from 'node:test';
import { applicationOf, followOut, openOidcWorld, SECRET, signOn, startRequest } from './oidc-world.ts';

// What the profiles of the OpenID Foundation's suite (basic, config, form post) and the specifications below ask of a
// provider, where no other file has it: OpenID Connect Core 1.0, RFC 6749, 6750, 7636, 9126, 9207.

const CALLBACK = 'http://wiki.localhost/callback';
const PAGE = 'http://spa.localhost';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const BASIC = `Basic ${Buffer.from(`wiki:${encodeURIComponent(SECRET)}`).toString('base64')}`;
const CODE = `grant_type=authorization_code&code=x&redirect_uri=${encodeURIComponent(CALLBACK)}`;
const CHALLENGE = createHash('sha256').update('v'.repeat(43)).digest('base64url');

type Init = { method?: string; headers?: Record<string, string>; body?: string };

async function openWorld(t: TestContext) {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  world.login.signInAs = 'mira';
  const call = async (path: string, init: Init = {}) => {
    const response = await world.fetch(world.url(path), { ...init, redirect: 'manual' });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson && text !== '' ? JSON.parse(text) : {}) as Record<string, unknown>,
    };
  };
  /** What an authorization request leads to: the error that the application gets, `login`, or `page` for one of ours. */
  const ask = async (...parameters: (readonly [string, string])[]): Promise<string> => {
    const basic = { client_id: 'wiki', redirect_uri: CALLBACK, response_type: 'code', scope: 'openid' };
    const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256', state: 'st' };
    const given = new Set(parameters.map(([name]) => name));
    const all = [
      ...Object.entries({ ...basic, ...pkce }).filter(([name]) => !given.has(name)),
      ...parameters,
    ];
    const query = new URLSearchParams(all.map(([name, value]) => [name, value]));
    const { status, headers } = await call(`/oidc/auth?${query}`);
    const location = headers.get('location');
    if (location === null) return status === 400 ? 'page' : String(status);
    const place = new URL(location, world.publicUrl);
    if (place.pathname.startsWith('/login/request/')) return 'login';
    assert.equal(`${place.origin}${place.pathname}`, CALLBACK);
    const answer = new URLSearchParams(place.search || place.hash.slice(1));
    // RFC 9207 2: errors say who gives them, too.
    assert.equal(answer.get('iss'), world.issuerUrl);
    return answer.get('error') ?? 'nothing';
  };
  return { world, call, ask };
}

const LOCALES: readonly (readonly [string, string])[] = [
  ['ui_locales', 'de-AT fr'],
  ['claims_locales', 'de'],
  ['display', 'popup'],
  ['unheard_of', '1'],
];

suite('an authorization request', () => {
  const long = 'x'.repeat(501);
  const acr = (part: string, wanted: object) =>
    ['claims', JSON.stringify({ [part]: { acr: wanted } })] as const;
  const cases: readonly (readonly [
    title: string,
    parameters: readonly (readonly [string, string])[],
    outcome: string,
  ])[] = [
    ['without a nonce goes on, as Core 3.1.2.1 lets it', [], 'login'],
    ['with languages, a display and what nobody knows goes on', LOCALES, 'login'],
    ['with a display that nobody knows goes on', [['display', 'hologram']], 'login'],
    [
      'with PKCE in clear is refused (RFC 9700 2.1.1)',
      [['code_challenge_method', 'plain']],
      'invalid_request',
    ],
    ['whose challenge is too short is refused (RFC 7636 4.2)', [['code_challenge', 'x']], 'invalid_request'],
    [
      'with a foreign request_uri is refused',
      [['request_uri', 'https://evil.example/r']],
      'request_uri_not_supported',
    ],
    [
      'with a pushed request that never was is refused',
      [['request_uri', 'urn:ietf:params:oauth:request_uri:x']],
      'invalid_request_uri',
    ],
    ['with registration in it is refused', [['registration', '{}']], 'registration_not_supported'],
    ['for an answer in no form is refused', [['response_type', 'none']], 'unsupported_response_type'],
    ['with state twice is refused', twice('state', 'a', 'b'), 'invalid_request'],
    ['with nonce twice is refused, equal or not', twice('nonce', 'a', 'a'), 'invalid_request'],
    ['with scope twice is refused', twice('scope', 'openid', 'openid'), 'invalid_request'],
    ['with its client twice stays here', twice('client_id', 'wiki', 'wiki'), 'page'],
    ['with its redirect URI twice stays here', twice('redirect_uri', CALLBACK, CALLBACK), 'page'],
    ['with an unknown prompt is refused', [['prompt', 'dance']], 'invalid_request'],
    ['for an account to be made is refused, as discovery says', [['prompt', 'create']], 'invalid_request'],
    ['for no page and a login is refused', [['prompt', 'none login']], 'invalid_request'],
    ['for no page and consent is refused', [['prompt', 'none consent']], 'invalid_request'],
    ['for consent and another account goes on', [['prompt', 'consent select_account']], 'login'],
    ['for a proof of less than no age is refused', [['max_age', '-1']], 'invalid_request'],
    ['for a proof of an age that is no number is refused', [['max_age', 'x']], 'invalid_request'],
    ['with a hint that is no ID token is refused', [['id_token_hint', 'a.b.c']], 'invalid_request'],
    ['for its answer in a fragment is refused', [['response_mode', 'fragment']], 'invalid_request'],
    [
      'for its answer in an unknown way is refused',
      [['response_mode', 'web_message']],
      'unsupported_response_mode',
    ],
    ['that is no OpenID request is an OAuth one', [['scope', 'profile']], 'login'],
    [
      'that demands a way of signing in with a name too long to be kept is refused, not eased',
      [acr('id_token', { essential: true, values: [long] })],
      'invalid_request',
    ],
    [
      'that demands one among others that is too long is refused',
      [acr('id_token', { essential: true, values: ['gold', long] })],
      'invalid_request',
    ],
    [
      'that demands one by a single value that is too long is refused',
      [acr('id_token', { essential: true, value: long })],
      'invalid_request',
    ],
    [
      'that demands one that is no text is refused',
      [acr('id_token', { essential: true, values: [{ gold: true }] })],
      'invalid_request',
    ],
    [
      'that demands one of too many is refused',
      [acr('id_token', { essential: true, values: Array.from({ length: 21 }, (_, i) => `a${i}`) })],
      'invalid_request',
    ],
    ['that wishes for such a one goes on', [acr('id_token', { values: ['gold', long] })], 'login'],
    ['that demands any way of signing in goes on', [acr('id_token', { essential: true })], 'login'],
  ];
  for (const [title, parameters, outcome] of cases) {
    test(title, async (t) => {
      const { ask } = await openWorld(t);

      assert.equal(await ask(...parameters), outcome);
    });
  }

  test('that somebody only looks at begins nothing', async (t) => {
    const { world, call } = await openWorld(t);
    const query = new URLSearchParams({ client_id: 'wiki', redirect_uri: CALLBACK, response_type: 'code' });
    const before = world.log.junk;

    const { status, headers } = await call(`/oidc/auth?${query}`, { method: 'HEAD' });

    assert.equal(status, 200);
    assert.equal(headers.get('location'), null);
    assert.equal(headers.get('set-cookie'), null);
    assert.deepEqual([world.events, world.log.junk], [[], before]);
  });

  test('that is on its way back loses nothing by a look', async (t) => {
    const { world } = await openWorld(t);
    const configuration = await applicationOf(world);
    const started = await startRequest(configuration);
    const browser = world.browser();
    const paused = browser.pauseAt((place) => /^\/oidc\/auth\/./.test(place.pathname));
    await browser.open(started.url.href);
    const back = paused();

    const look = await browser.fetch(back, 'HEAD');

    assert.equal(look.headers['location'], undefined);
    assert.equal((await followOut(world, browser, new URL(back))).searchParams.has('code'), true);
  });
});

function twice(name: string, first: string, second: string): readonly (readonly [string, string])[] {
  return [
    [name, first],
    [name, second],
  ];
}

suite('an endpoint', () => {
  const PUBLIC = [
    '/oidc/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/oidc',
    '/oidc/jwks',
  ];
  const FOR_PROGRAMS = ['/oidc/token', '/oidc/par', '/oidc/revoke', '/oidc/introspect'];

  test('that describes us is open to every page, to looks and to questions before', async (t) => {
    const { call } = await openWorld(t);
    for (const path of PUBLIC) {
      const got = await call(path, { headers: { origin: PAGE } });
      assert.deepEqual([got.status, got.headers.get('access-control-allow-origin')], [200, PAGE], path);
      assert.match(got.headers.get('content-type') ?? '', /^application\/(json|jwk-set\+json)/);
      assert.equal(got.headers.get('access-control-allow-credentials'), null);
      const look = await call(path, { method: 'HEAD' });
      assert.deepEqual([look.status, look.text], [200, '']);
      const asked = await call(path, {
        method: 'OPTIONS',
        headers: { origin: PAGE, 'access-control-request-method': 'GET' },
      });
      assert.equal(asked.status, 204);
    }
  });

  test('for programs answers to their pages without cookies', async (t) => {
    const { call } = await openWorld(t);
    for (const path of [...FOR_PROGRAMS, '/oidc/userinfo']) {
      const asked = await call(path, {
        method: 'OPTIONS',
        headers: {
          ...{ origin: PAGE, 'access-control-request-method': 'POST' },
          'access-control-request-headers': 'authorization, dpop',
        },
      });
      assert.equal(asked.status, 204, path);
      assert.match(asked.headers.get('access-control-allow-methods') ?? '', /POST/);
      assert.equal(asked.headers.get('access-control-allow-credentials'), null);
    }
  });

  test('for people is for no page of another origin (RFC 9700 2.6)', async (t) => {
    const { call } = await openWorld(t);

    const asked = await call('/oidc/auth', {
      method: 'OPTIONS',
      headers: { origin: PAGE, 'access-control-request-method': 'GET' },
    });

    assert.equal(asked.status, 405);
    assert.equal(asked.headers.get('access-control-allow-origin'), null);
  });

  test('asked in a way that it does not take says in which it does', async (t) => {
    const { call } = await openWorld(t);
    const cases = [
      ...FOR_PROGRAMS.flatMap((path) =>
        ['GET', 'HEAD', 'PUT'].map((method) => [path, method, 'POST, OPTIONS']),
      ),
      ['/oidc/auth', 'PUT', 'GET, HEAD, POST'],
      ['/oidc/userinfo', 'DELETE', 'GET, HEAD, POST, OPTIONS'],
    ] as const;
    for (const [path = '', method = '', allow = ''] of cases) {
      const { status, headers } = await call(path, { method });
      assert.deepEqual([status, headers.get('allow')], [405, allow], `${method} ${path}`);
    }
  });

  test('for programs takes forms alone, and says so in its own words', async (t) => {
    const { call } = await openWorld(t);
    for (const path of FOR_PROGRAMS) {
      for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain']) {
        const { status, body, headers } = await call(path, {
          ...{ method: 'POST', headers: { 'content-type': type, authorization: BASIC } },
          body: '{"grant_type":"authorization_code"}',
        });
        assert.deepEqual([status, body['error']], [400, 'invalid_request'], `${path} ${type}`);
        assert.match(headers.get('cache-control') ?? '', /no-store/);
      }
    }
  });
});

suite('the token endpoint', () => {
  const cases: readonly (readonly [string, Record<string, string>, string, number, string])[] = [
    ['of a wrong secret in the header', { authorization: basicOf('wrong') }, CODE, 401, 'invalid_client'],
    ['of a wrong secret in the body', {}, `${CODE}&client_id=wiki&client_secret=x`, 401, 'invalid_client'],
    [
      'of two proofs',
      { authorization: BASIC },
      `${CODE}&client_id=wiki&client_secret=${encodeURIComponent(SECRET)}`,
      400,
      'invalid_request',
    ],
    ['of no grant', { authorization: BASIC }, '', 400, 'invalid_request'],
    [
      'of a password',
      { authorization: BASIC },
      'grant_type=password&username=a&password=b',
      400,
      'unsupported_grant_type',
    ],
    [
      'of a grant named twice',
      { authorization: BASIC },
      `${CODE}&grant_type=authorization_code`,
      400,
      'invalid_request',
    ],
    [
      'of a code that never was',
      { authorization: BASIC },
      `${CODE}&code_verifier=${'v'.repeat(43)}`,
      400,
      'invalid_grant',
    ],
  ];
  for (const [what, headers, body, status, error] of cases) {
    test(`answers a request ${what} with ${error}`, async (t) => {
      const { call } = await openWorld(t);

      const answer = await call('/oidc/token', { method: 'POST', headers: { ...FORM, ...headers }, body });

      assert.deepEqual([answer.status, answer.body['error']], [status, error]);
      // RFC 6749 5.2: who proved itself by a header is told by one.
      const told = answer.headers.get('www-authenticate');
      assert.equal(told?.startsWith('Basic ') === true, status === 401 && 'authorization' in headers);
      assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
    });
  }

  test('reads nothing out of its URL', async (t) => {
    const { call } = await openWorld(t);

    const answer = await call(`/oidc/token?${CODE}`, {
      ...{ method: 'POST', headers: { ...FORM, authorization: BASIC }, body: '' },
    });

    assert.deepEqual([answer.status, answer.body['error']], [400, 'invalid_request']);
  });
});

function basicOf(secret: string): string {
  return `Basic ${Buffer.from(`wiki:${secret}`).toString('base64')}`;
}

suite('userinfo', () => {
  async function withToken(t: TestContext) {
    const opened = await openWorld(t);
    const { world } = opened;
    const signed = await signOn(world);
    const tokens = await signed.exchange();
    return { ...opened, token: tokens.access_token, sub: tokens.claims()?.sub };
  }

  test('takes the token in the header or in a form, by GET and POST', async (t) => {
    const { call, token, sub } = await withToken(t);
    const answers = await Promise.all([
      call('/oidc/userinfo', { headers: { authorization: `Bearer ${token}` } }),
      call('/oidc/userinfo', { headers: { authorization: `bearer ${token}` } }),
      call('/oidc/userinfo', { method: 'POST', headers: { authorization: `Bearer ${token}` } }),
      call('/oidc/userinfo', { method: 'POST', headers: FORM, body: `access_token=${token}` }),
    ]);

    assert.deepEqual(
      answers.map(({ status, body }) => [status, body['sub']]),
      answers.map(() => [200, sub]),
    );
    assert.ok(answers.every(({ headers }) => /no-store/.test(headers.get('cache-control') ?? '')));
  });

  test('refuses one in the URL, in two places, or of nobody (RFC 6750)', async (t) => {
    const { call, token } = await withToken(t);
    const bearer = { authorization: `Bearer ${token}` };
    const cases = [
      [await call(`/oidc/userinfo?access_token=${token}`), 400, 'invalid_request'],
      [
        await call('/oidc/userinfo', {
          ...{ method: 'POST', headers: { ...FORM, ...bearer }, body: `access_token=${token}` },
        }),
        400,
        'invalid_request',
      ],
      [await call('/oidc/userinfo', { headers: { authorization: 'Bearer x' } }), 401, 'invalid_token'],
      [await call('/oidc/userinfo', { headers: { authorization: BASIC } }), 400, 'invalid_request'],
    ] as const;
    for (const [answer, status, error] of cases) {
      assert.deepEqual([answer.status, answer.body['error']], [status, error]);
      assert.match(answer.headers.get('www-authenticate') ?? '', /Bearer/);
    }
    // RFC 6750 3.1: who shows nothing is told no error.
    const nothing = await call('/oidc/userinfo');
    assert.equal(nothing.status, 401);
    assert.doesNotMatch(nothing.headers.get('www-authenticate') ?? '', /error=/);
  });
});

suite('a pushed request', () => {
  test('is held to the same rules as one in the browser, and names no other one', async (t) => {
    const { call } = await openWorld(t);
    const basic = { redirect_uri: CALLBACK, response_type: 'code', scope: 'openid', client_id: 'wiki' };
    const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    const push = async (more: Record<string, string>) => {
      const body = new URLSearchParams({ ...basic, ...pkce, ...more }).toString();
      const { status, body: answer } = await call('/oidc/par', {
        ...{ method: 'POST', headers: { ...FORM, authorization: BASIC }, body },
      });
      return [status, answer['error'] ?? typeof answer['request_uri']];
    };

    assert.deepEqual(await push({}), [201, 'string']);
    assert.deepEqual(await push({ request_uri: 'urn:x' }), [400, 'request_uri_not_supported']);
    assert.deepEqual(await push({ redirect_uri: 'http://evil.test/' }), [400, 'invalid_request']);
    assert.deepEqual(await push({ code_challenge_method: 'plain' }), [400, 'invalid_request']);
    assert.deepEqual(await push({ prompt: 'none login' }), [400, 'invalid_request']);
    assert.deepEqual(await push({ response_mode: 'fragment' }), [400, 'invalid_request']);
  });
});

test('the ID token says what Core 2 and 3.1.3.6 want, and nothing of anybody else', async (t) => {
  const { world } = await openWorld(t);
  const signed = await signOn(world);
  const tokens = await signed.exchange();
  const claims = tokens.claims();
  assert.ok(claims);

  const { iss, aud, sub, exp, iat, nonce, auth_time: authTime, sid } = claims;
  assert.deepEqual([iss, [aud].flat(), sub], [world.issuerUrl, ['wiki'], world.people.id('mira')]);
  assert.ok(exp > iat && typeof authTime === 'number' && typeof sid === 'string');
  assert.equal(nonce, signed.started.nonce);
  assert.equal(tokens.token_type, 'bearer');
});
