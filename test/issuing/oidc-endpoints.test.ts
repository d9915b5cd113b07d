import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { BASIC, CALLBACK, CHALLENGE, FORM, openByHand } from './oidc-by-hand.ts';
import { SECRET, signOn } from './oidc-world.ts';

// What the profiles of the OpenID Foundation's suite (basic, config, form post) and the specifications below ask of a
// provider, where no other file has it: OpenID Connect Core 1.0, RFC 6749, 6750, 7636, 9126, 9207.

const PAGE = 'http://spa.localhost';
const CODE = `grant_type=authorization_code&code=x&redirect_uri=${encodeURIComponent(CALLBACK)}`;

suite('an endpoint', () => {
  const PUBLIC = [
    '/oidc/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/oidc',
    '/oidc/jwks',
  ];
  const FOR_PROGRAMS = ['/oidc/token', '/oidc/par', '/oidc/revoke', '/oidc/introspect'];

  test('that describes us is open to every page, to looks and to questions before', async (t) => {
    const { call } = await openByHand(t);
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
    const { call } = await openByHand(t);
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
    const { call } = await openByHand(t);

    const asked = await call('/oidc/auth', {
      method: 'OPTIONS',
      headers: { origin: PAGE, 'access-control-request-method': 'GET' },
    });

    assert.equal(asked.status, 405);
    assert.equal(asked.headers.get('access-control-allow-origin'), null);
  });

  test('asked in a way that it does not take says in which it does', async (t) => {
    const { call } = await openByHand(t);
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
    const { call } = await openByHand(t);
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
      const { call } = await openByHand(t);

      const answer = await call('/oidc/token', { method: 'POST', headers: { ...FORM, ...headers }, body });

      assert.deepEqual([answer.status, answer.body['error']], [status, error]);
      // RFC 6749 5.2: who proved itself by a header is told by one.
      const told = answer.headers.get('www-authenticate');
      assert.equal(told?.startsWith('Basic ') === true, status === 401 && 'authorization' in headers);
      assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
    });
  }

  test('reads nothing out of its URL', async (t) => {
    const { call } = await openByHand(t);

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
    const opened = await openByHand(t);
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
    const { call } = await openByHand(t);
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
  const { world } = await openByHand(t);
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
