import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ROUTES } from '../../src/issuing/oidc/configuration.ts';
import { createLog } from '../../src/platform/log/index.ts';
import { MACHINES } from '../support/admin-api.ts';
import { startWorld, type World } from '../support/world.ts';

/**
 * Every address of the broker, knocked at with everything that has opened doors elsewhere, byte by byte as it was written:
 * nothing falls over, nothing is repeated, nothing leads elsewhere, nothing is kept or framed, and nobody is woken.
 */
const MARK = '"><svg/onload=x7q>\'';
const EVIL = 'evil.example';

/** With parameters filled in; a path that a route is added for must be added here. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  GET: [
    ...['/', '/login', '/launch/store-emea', '/login/otds/callback', '/login/access-manager/metadata'],
    ...['/login/access-manager/slo', '/login/continue/x', '/login/request/oidc/abcdefghijklmnopqrstu'],
    ...['/login/request/saml/abcdefghijklmnopqrstu/refuse', '/saml/metadata', '/saml/sso', '/saml/slo'],
    ...[
      '/saml/errors/salesforce',
      '/logout',
      '/logout/return',
      '/logout/x',
      '/logout/x/next',
      '/logout/x/upstream',
    ],
    ...[
      '/oidc/auth',
      '/oidc/auth/x',
      '/oidc/jwks',
      '/oidc/userinfo',
      '/oidc/.well-known/openid-configuration',
    ],
    ...[
      '/.well-known/oauth-authorization-server/oidc',
      '/api/v1/relying-parties',
      '/api/v1/relying-parties/x',
    ],
    ...['/api/v1/openapi.json', '/assets/x', '/nowhere'],
  ],
  POST: [
    ...[
      '/login',
      '/login/otds/callback',
      '/login/access-manager/acs',
      '/login/access-manager/slo',
      '/logout',
    ],
    ...['/login/otds/backchannel-logout', '/saml/sso', '/saml/slo', '/logout/now', '/sessions/x/end'],
    ...['/oidc/auth', '/oidc/token', '/oidc/par', '/oidc/introspect', '/oidc/revoke', '/oidc/userinfo'],
    ...['/api/v1/relying-parties', '/webhooks/bigcommerce/bc-emea', '/nowhere'],
  ],
};

const NAMES = [
  ...[
    'state',
    'code',
    'error',
    'error_description',
    'SAMLRequest',
    'SAMLResponse',
    'RelayState',
    'SigAlg',
    'Signature',
  ],
  ...[
    'to',
    'rp',
    'connection',
    'request',
    'why',
    'mail',
    'looks',
    'ErrorCode',
    'session',
    'iss',
    'nonce',
    'scope',
  ],
  ...[
    'client_id',
    'redirect_uri',
    'response_type',
    'response_mode',
    'prompt',
    'claims',
    'resource',
    'request_uri',
  ],
  ...[
    'id_token_hint',
    'post_logout_redirect_uri',
    'logout_hint',
    'ui_locales',
    'logout_token',
    'token',
    'grant_type',
  ],
  ...['refresh_token', 'client_assertion', 'limit', 'after', 'acr_values', 'max_age', 'login_hint'],
];
const all = (value: string): string => NAMES.map((name) => `${name}=${value}`).join('&');

const PARAMETERS: Readonly<Record<string, string>> = {
  'names of every object':
    '__proto__=x&constructor=y&__proto__[a]=b&constructor.prototype.a=b&toString=1&hasOwnProperty=1',
  'each twice': `${all('a')}&${all('b')}`,
  'each as a list': NAMES.map((name) => `${name}[]=a&${name}[b]=c`).join('&'),
  NUL: all('%00'),
  'broken escapes': all('%E0%A4%A'),
  'overlong UTF-8': all('%c0%ae%c0%af'),
  'line ends': all('a%0d%0aX-Evil:%20y%0d%0a%0d%0a<x>'),
  markup: all(encodeURIComponent(MARK)),
  'addresses elsewhere': all(encodeURIComponent(`https://${EVIL}/`)),
  'addresses without a scheme': all(encodeURIComponent(`//${EVIL}/`)),
  'addresses with a backslash': all(encodeURIComponent(`/\\${EVIL}/`)),
  'thousands of names': Array.from({ length: 1_500 }, (_, at) => `p${at}=`).join('&'),
};

const HEADERS: Readonly<Record<string, Record<string, string>>> = {
  'another host': { Host: EVIL },
  'what a proxy would say': {
    ...{
      'X-Forwarded-Host': EVIL,
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-For': MARK,
      'X-Forwarded-Port': '1',
    },
    ...{ Forwarded: `host=${EVIL};proto=https`, 'X-Forwarded-Prefix': `//${EVIL}`, 'X-Host': EVIL },
    ...{
      'X-Original-URL': '/api/v1/relying-parties',
      'X-Rewrite-URL': '/logout',
      'X-HTTP-Method-Override': 'DELETE',
    },
  },
  cookies: {
    Cookie: `vestibule-session=${MARK}; vestibule-session=x; __proto__=1; vestibule-login-__proto__=a.b; vestibule-browser=\x80; ;=;==`,
  },
  'a large cookie': { Cookie: `vestibule-session=${'x'.repeat(12_000)}` },
  tokens: { Authorization: `DPoP ${MARK}`, DPoP: 'x.y.z' },
  'a broken password': { Authorization: 'Basic Ojo6' },
  'odd wishes': {
    Accept: '*;q=zz, text/html;;;,',
    Range: 'bytes=9-0,-1',
    'If-None-Match': MARK,
    Expect: '100-continue',
  },
  'JSON wanted': {
    Accept: 'application/json',
    'Accept-Language': '\x80'.repeat(20),
    Upgrade: 'h2c, websocket',
  },
  'another site': { Origin: `https://${EVIL}`, 'Sec-Fetch-Site': 'cross-site', Referer: `https://${EVIL}/` },
  'no origin at all': { Origin: 'null' },
};

const ENDINGS = [
  '/',
  '//',
  '/%2e%2e/',
  '/..;/',
  ';x',
  '%00',
  '%',
  '/%ff',
  '%2f',
  '%0d%0aX-Evil:y',
  '.json',
  '\\',
  `?${MARK.replaceAll(' ', '')}`,
];
const METHODS = ['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY'];
const TYPES = [
  ...[
    'application/json',
    'application/x-www-form-urlencoded; charset=utf-7',
    'multipart/form-data; boundary=x',
    '',
  ],
  ...[
    'application/x-www-form-urlencoded; charset=utf-16',
    'text/plain',
    'application/x-www-form-urlencoded;;;=',
  ],
];

let world: World;
const alarms: string[] = [];

suite('behind every door', () => {
  before(async () => {
    const note = { write: (line: string) => void alarms.push(line) };
    world = await startWorld({
      log: createLog('error', note),
      configure(config) {
        config.machines = MACHINES;
        config.limits = { beginsPerMinute: 100_000, entriesPerMinute: 100_000 };
      },
    });
  });
  after(() => world[Symbol.asyncDispose]());

  test('each route of the sources is known here', () => {
    const source = join(import.meta.dirname, '../../src');
    const files = globSync('{app,admin,issuing,launchpad,login,logout,provisioning}/**/*.ts', {
      cwd: source,
    });
    const routes = files.flatMap((file) =>
      [
        ...readFileSync(join(source, file), 'utf8').matchAll(
          /\brouter\s*\.(get|post)\(\s*(\[[^\]]+\]|'[^']+')/g,
        ),
      ].flatMap(([, method = '', paths = '']) =>
        [...paths.matchAll(/'([^']+)'/g)].map(([, path = '']) => [method.toUpperCase(), path] as const),
      ),
    );
    const library = Object.values(ROUTES).map((path) => `/oidc${path}`);
    assert.ok(routes.length > 25);
    for (const [method, path] of routes) {
      const pattern = new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`);
      assert.ok(
        DOORS[method]?.some((door) => pattern.test(door)),
        `${method} ${path}`,
      );
    }
    const doors = Object.values(DOORS).flat();
    for (const path of library.filter((each) => each !== `/oidc${ROUTES.end_session}`))
      assert.ok(doors.includes(path), path);
  });

  test('what others offer is not there: registration, devices, other grants, pages for testing', async () => {
    for (const path of [
      'reg',
      'reg/wiki',
      'device',
      'device/auth',
      'backchannel',
      'challenge',
      'credential',
      'session/end',
    ])
      for (const method of ['GET', 'POST']) {
        const { status } = await knock(line(method, `/oidc/${path}`));
        assert.equal(status, method === 'GET' ? 404 : 403, path);
      }
    for (const path of [
      'interaction/x',
      'interaction/x/login',
      'unused',
      'session/end/confirm',
      'register',
      'logout',
    ])
      assert.equal((await knock(line('GET', `/oidc/${path}`))).status, 404, path);
  });

  for (const path of DOORS['GET'] ?? []) {
    test(`GET ${path}`, async () => {
      await knockAll(path, [
        ...Object.values(PARAMETERS).map((query) => line('GET', `${path}?${query}`)),
        ...Object.values(HEADERS).map((headers) => line('GET', path, headers)),
        ...ENDINGS.map((ending) => line('GET', path + ending)),
        ...METHODS.map((method) => line(method, path)),
        ...[line('GET', `http://${EVIL}${path}`), line('GET', `//${EVIL}${path}`)],
        `GET ${path} HTTP/1.0\r\n\r\n`,
      ]);
    });
  }

  for (const path of DOORS['POST'] ?? []) {
    test(`POST ${path}`, async () => {
      const form = 'application/x-www-form-urlencoded';
      const sent = (body: string, headers: Record<string, string> = {}, to = path): string =>
        line('POST', to, { 'Content-Type': form, 'Sec-Fetch-Site': 'same-origin', ...headers }, body);
      await knockAll(path, [
        ...Object.values(PARAMETERS).flatMap((body) => [sent(body), sent(body, {}, `${path}?${body}`)]),
        ...Object.values(HEADERS).map((headers) => sent(all('a'), headers)),
        ...TYPES.map((type) => sent('{"__proto__":{"x":1},"a":"\\ud800","a":1}', { 'Content-Type': type })),
        ...['gzip', 'br', 'deflate', EVIL].map((encoding) =>
          sent('not it', { 'Content-Encoding': encoding }),
        ),
        sent(`SAMLResponse=${'A'.repeat(600_000)}`),
        sent('').replace('Content-Length: 0\r\n', ''),
      ]);
      for (const broken of [
        sent('a=b', { 'Transfer-Encoding': 'chunked' }),
        sent('').replace('Content-Length: 0', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'),
        `${sent('').replace('Content-Length: 0', 'Transfer-Encoding: chunked')}zz\r\n\r\n`,
        sent('a=b').replace('Content-Length: 3', 'Content-Length: 3\r\nContent-Length: 4'),
        sent('a=b').replace('Content-Length: 3', 'Content-Length : 3'),
      ]) {
        const { status } = await knock(broken);
        assert.ok(status >= 400 && status < 500, `${status} ${broken.slice(0, 300)}`);
      }
      assert.deepEqual(alarms, []);
    });
  }
});

async function knockAll(path: string, requests: readonly string[]): Promise<void> {
  for (const [at, answer] of (await Promise.all(requests.map(knock))).entries()) {
    check(answer, `${path}: ${requests[at]?.slice(0, 300)}`);
  }
  assert.deepEqual(alarms, [], path);
}

type Answer = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
};

function check({ status, headers, body }: Answer, request: string): void {
  assert.ok(status >= 200 && status < 500, `${status} ${request}`);
  assert.doesNotMatch(body, /<svg\/onload|\bat .*\.[jt]s:\d|node_modules/, request);
  assert.doesNotMatch(body, new RegExp(`(?:href|action|src|url)=["']?[^"' ]*${EVIL}`), request);
  const location = headers.get('location');
  const places = [
    world.origin,
    ...['otds', 'am'].map((host) => `http://${host}.localhost:${world.sandbox.port}`),
  ];
  if (location !== undefined)
    assert.ok(places.includes(new URL(location, world.origin).origin), `${location} ${request}`);
  assert.equal(headers.get('x-evil'), undefined, request);
  // What the server itself says of what is no request at all has none of ours.
  if (!headers.has('x-request-id')) {
    assert.ok(status >= 400 && body === '', request);
    return;
  }
  assert.match(headers.get('cache-control') ?? '', /no-store|public/, request);
  // What others may keep and hand on, and what programs read addresses from, says nothing that the sender chose.
  const isPublic =
    /public/.test(headers.get('cache-control') ?? '') || /openid-configuration|oauth-auth/.test(request);
  if (isPublic && status === 200)
    assert.ok(!body.includes(EVIL) && !body.includes('sso.localhost.'), request);
  assert.equal(headers.get('x-frame-options'), 'DENY', request);
  assert.equal(headers.get('x-content-type-options'), 'nosniff', request);
  assert.match(
    headers.get('content-security-policy') ?? '',
    /default-src 'none'.*frame-ancestors 'none'/,
    request,
  );
}

function line(method: string, path: string, headers: Record<string, string> = {}, body?: string): string {
  const host = new URL(world.origin).host;
  const sent = {
    Host: host,
    Connection: 'close',
    ...headers,
    ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
  };
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`;
}

/** As it is written, whatever a client would think of it. */
function knock(request: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(world.broker.port, '127.0.0.1');
    const parts: Buffer[] = [];
    socket.on('data', (part) => parts.push(part));
    socket.once('error', () => socket.destroy());
    socket.once('close', () => resolve(read(Buffer.concat(parts).toString('latin1'))));
    socket.setTimeout(20_000, () => reject(new Error(`no answer to ${request.slice(0, 200)}`)));
    socket.write(Buffer.from(request, 'latin1'));
  });
}

function read(answer: string): Answer {
  const [head = '', ...rest] = answer.replace(/^HTTP\/1\.1 100 [^\r]*\r\n\r\n/, '').split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(first)?.[1] ?? 0),
    headers: new Map(
      lines.map((each) => [
        each.slice(0, each.indexOf(':')).toLowerCase(),
        each.slice(each.indexOf(':') + 1).trim(),
      ]),
    ),
    body: rest.join('\r\n\r\n'),
  };
}
