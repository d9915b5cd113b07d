import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import express, { Router } from 'express';
import supertest from 'supertest';
import { Unavailable, VestibuleError } from '../../../src/base/index.ts';
import {
  createCookies,
  createManagementApp,
  createViews,
  createWebApp,
  limitRate,
} from '../../../src/platform/http/index.ts';
import { openMemoryKeyValue } from '../../../src/platform/key-value/index.ts';
import { createLog, silentLog } from '../../../src/platform/log/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const PUBLIC = new URL('https://sso.example.com');

function viewsFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-views-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'assets', 'app.css'), 'body{}');
  writeFileSync(
    join(folder, 'error.eta'),
    '<p><%= it.status %> <%= it.code %> <%= it.message %> <%= it.reference %></p>',
  );
  writeFileSync(join(folder, 'greeting.eta'), '<p>Hello <%= it.name %></p>');
  return folder;
}

function app(options: {
  router: Router;
  log?: Parameters<typeof createWebApp>[0]['log'];
  proxies?: string[];
}) {
  const folder = viewsFolder();
  return createWebApp({
    publicUrl: PUBLIC,
    log: options.log ?? silentLog,
    clock: new ManualClock(),
    views: createViews(folder),
    viewsFolder: folder,
    metrics: createMetrics(),
    trustedProxies: options.proxies ?? [],
    isCrossSiteEndpoint: (path) => path === '/inbox',
    routers: [options.router],
  });
}

function router(define: (router: Router) => void): Router {
  const made = Router();
  define(made);
  return made;
}

test('every answer carries the strict headers', async () => {
  const web = app({ router: router((r) => r.get('/', (_req, res) => void res.send('ok'))) });

  const answer = await supertest(web).get('/');

  const policy = answer.headers['content-security-policy'] ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(answer.headers['referrer-policy'], 'same-origin');
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.match(answer.headers['strict-transport-security'] ?? '', /max-age/);
  assert.equal(answer.headers['x-powered-by'], undefined);
});

test('a form posted from another site changes nothing', async () => {
  let calls = 0;
  const web = app({
    router: router((r) =>
      r.post('/change', (_req, res) => {
        calls += 1;
        res.send('changed');
      }),
    ),
  });
  const post = () => supertest(web).post('/change');

  assert.equal((await post().set('Sec-Fetch-Site', 'cross-site')).status, 403);
  assert.equal((await post().set('Sec-Fetch-Site', 'same-site')).status, 403);
  assert.equal((await post().set('Origin', 'https://evil.example')).status, 403);
  assert.equal((await post().set('Origin', 'null')).status, 403);
  assert.equal((await post()).status, 403);
  assert.equal(calls, 0);
});

test('a form of our own page goes through, with fetch metadata or by its exact origin', async () => {
  const web = app({ router: router((r) => r.post('/change', (_req, res) => void res.send('changed'))) });

  assert.equal((await supertest(web).post('/change').set('Sec-Fetch-Site', 'same-origin')).status, 200);
  assert.equal((await supertest(web).post('/change').set('Origin', PUBLIC.origin)).status, 200);
});

test('only the endpoints made for it may be posted to from other sites', async () => {
  const web = app({
    router: router((r) => {
      r.post('/inbox', (_req, res) => void res.send('in'));
      r.post('/inbox/else', (_req, res) => void res.send('else'));
    }),
  });

  assert.equal((await supertest(web).post('/inbox').set('Sec-Fetch-Site', 'cross-site')).status, 200);
  assert.equal((await supertest(web).post('/inbox/else').set('Sec-Fetch-Site', 'cross-site')).status, 403);
});

test('a fault of ours shows a reference id and nothing of the fault', async () => {
  const web = app({
    router: router((r) =>
      r.get('/', () => {
        throw new Error('password=hunter2 for mira@halden.example');
      }),
    ),
  });

  const answer = await supertest(web).get('/').set('Accept', 'text/html');

  assert.equal(answer.status, 500);
  assert.match(answer.text, /ref_[0-9a-z]{26}/);
  assert.doesNotMatch(answer.text, /hunter2|mira/);
});

test('the log says where it broke, without the words of the fault or the query', async () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  const web = app({
    log,
    router: router((r) =>
      r.get('/things/:id', () => {
        throw new Error('code=s3cret');
      }),
    ),
  });

  await supertest(web).get('/things/handle-4711?code=s3cret&SAMLResponse=abc');

  const text = lines.join('');
  assert.match(text, /request failed/);
  assert.match(text, /\/things\/:id/);
  assert.doesNotMatch(text, /s3cret|handle-4711|SAMLResponse/);
});

test('the log says what about a message was refused, the page does not', async () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  const refusal = new VestibuleError({
    ...{ code: 'x.refused', status: 403, publicMessage: 'It was not believed.' },
    detail: 'the signature algorithm is not allowed',
  });
  const web = app({
    log,
    router: router((r) =>
      r.get('/', () => {
        throw refusal;
      }),
    ),
  });

  const answer = await supertest(web).get('/').set('Accept', 'text/html');

  assert.doesNotMatch(answer.text, /signature algorithm/);
  const refused = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'request refused');
  assert.equal(refused.code, 'x.refused');
  assert.equal(refused.detail, 'the signature algorithm is not allowed');
});

test('another system that is down is named in words, with the time to wait', async () => {
  const down = new Unavailable({
    code: 'x.down',
    system: 'store',
    publicMessage: 'The store rests.',
    retryAfterSeconds: 7,
  });
  const web = app({
    router: router((r) =>
      r.get('/', () => {
        throw down;
      }),
    ),
  });

  const answer = await supertest(web).get('/').set('Accept', 'text/html');

  assert.equal(answer.status, 503);
  assert.equal(answer.headers['retry-after'], '7');
  assert.match(answer.text, /The store rests\./);
});

test('a program gets problem details instead of a page', async () => {
  const refusal = new VestibuleError({ code: 'x.no', status: 409, publicMessage: 'No.' });
  const web = app({
    router: router((r) =>
      r.get('/', () => {
        throw refusal;
      }),
    ),
  });

  const answer = await supertest(web).get('/').set('Accept', 'application/json');

  assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
  assert.deepEqual(
    { ...answer.body, instance: '' },
    {
      type: 'about:blank',
      status: 409,
      code: 'x.no',
      detail: 'No.',
      instance: '',
    },
  );
});

test('a body above the limit is refused as too large, a broken one as malformed', async () => {
  const read = express.urlencoded({ extended: false, limit: '1kb', parameterLimit: 5 });
  const web = app({ router: router((r) => r.post('/inbox', read, (_req, res) => void res.send('in'))) });
  const post = (body: string) =>
    supertest(web).post('/inbox').set('Accept', 'text/html').type('form').send(body);

  assert.equal((await post(`a=${'x'.repeat(5000)}`)).status, 413);
  assert.equal((await post('a=1&b=2&c=3&d=4&e=5&f=6')).status, 413);
});

test('a view that prints a missing value is a fault, not the word undefined', () => {
  const views = createViews(viewsFolder());

  assert.throws(() => views.render('greeting', {}), /missing/);
  assert.equal(views.render('greeting', { name: '<b>' }), '<p>Hello &lt;b&gt;</p>');
});

test('cookies on https are host-only, secure, lax and out of reach for scripts', async () => {
  const cookies = createCookies(PUBLIC);
  const web = app({
    router: router((r) =>
      r.get('/', (req, res) => {
        cookies.write(res, 'session', 'token');
        res.send(String(cookies.read(req, 'session')));
      }),
    ),
  });

  const answer = await supertest(web)
    .get('/')
    .set('Cookie', '__Host-vestibule-session=first; vestibule-session=plain');

  const [cookie = ''] = answer.headers['set-cookie'] as unknown as string[];
  assert.match(cookie, /^__Host-vestibule-session=token; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  assert.equal(answer.text, 'first');
});

test('the client address comes from a forwarded header only behind a trusted proxy', async () => {
  const show = router((r) => r.get('/', (req, res) => void res.send(req.ip)));
  const forwarded = (web: ReturnType<typeof app>) =>
    supertest(web).get('/').set('X-Forwarded-For', '203.0.113.9');

  assert.match((await forwarded(app({ router: show }))).text, /127\.0\.0\.1/);
  assert.equal((await forwarded(app({ router: show, proxies: ['loopback'] }))).text, '203.0.113.9');
});

for (const [hop, address] of [
  ['203.0.113.9:50123', '203.0.113.9'],
  ['"203.0.113.9:50123"', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['[2001:db8::7]:50123', '2001:db8::7'],
  ['[2001:DB8::7]', '2001:db8::7'],
  ['2001:db8::7', '2001:db8::7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['_hidden', 'unknown'],
  ['', 'unknown'],
  ['198.51.100.1:1, 203.0.113.9:2', '203.0.113.9'],
] as const) {
  test(`a proxy that calls a client "${hop}" means ${address}`, async () => {
    const show = router((r) => r.get('/', (req, res) => void res.send(req.ip)));
    const web = app({ router: show, proxies: ['loopback'] });

    assert.equal((await supertest(web).get('/').set('X-Forwarded-For', hop)).text, address);
  });
}

test('connections of one address through a proxy count together', async () => {
  const counter = openMemoryKeyValue({ clock: new ManualClock() });
  const limit = limitRate({ name: 't', limit: 2, windowMs: 60_000, counter });
  const web = app({
    router: router((r) => r.get('/', limit, (_req, res) => void res.send('ok'))),
    proxies: ['loopback'],
  });
  const statuses: number[] = [];
  for (const port of [1, 2, 3]) {
    const { status } = await supertest(web).get('/').set('X-Forwarded-For', `203.0.113.9:${port}`);
    statuses.push(status);
  }

  assert.deepEqual(statuses, [200, 200, 429]);
});

test('above the limit an address has to wait, another one has not', async () => {
  const clock = new ManualClock();
  const counter = openMemoryKeyValue({ clock });
  const limit = limitRate({
    name: 't',
    limit: 2,
    windowMs: 60_000,
    counter,
    keyOf: (req) => String(req.get('x-from')),
  });
  const web = app({ router: router((r) => r.get('/', limit, (_req, res) => void res.send('ok'))) });
  const from = (address: string) => supertest(web).get('/').set('X-From', address);

  const answers = [await from('a'), await from('a'), await from('a'), await from('b')].map(
    ({ status }) => status,
  );
  clock.advance(60_001);

  assert.deepEqual(answers, [200, 200, 429, 200]);
  assert.equal((await from('a')).status, 200);
});

test('readiness names the dependency that does not answer', async () => {
  const down = new Unavailable({ code: 'database.unavailable', system: 'database', publicMessage: '' });
  const management = createManagementApp({
    metrics: createMetrics(),
    isStarted: () => true,
    dependencies: [
      { name: 'database', ping: () => Promise.reject(down) },
      { name: 'key-value', ping: () => Promise.resolve() },
    ],
  });

  const ready = await supertest(management).get('/health/ready');

  assert.equal(ready.status, 503);
  assert.deepEqual(ready.body.dependencies, [
    { name: 'database', status: 'failed', code: 'database.unavailable' },
    { name: 'key-value', status: 'ok' },
  ]);
  assert.equal((await supertest(management).get('/health/live')).status, 200);
  assert.match((await supertest(management).get('/metrics')).text, /vestibule_process_cpu/);
});
