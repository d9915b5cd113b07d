import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { HttpUnavailable, VestibuleError } from '../../../src/base/index.ts';
import { addressKind, createHttpClient, isLoopbackHost } from '../../../src/platform/http/index.ts';

async function listen(handler: RequestListener): Promise<AsyncDisposable & { port: number }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const get = (url: string, more: object = {}) => ({
  method: 'GET' as const,
  url: new URL(url),
  system: 'peer',
  ...more,
});

test('a *.localhost name reaches loopback when insecure loopback is allowed', async () => {
  await using server = await listen((req, res) => res.end(req.headers.host));
  await using http = createHttpClient({ allowInsecureLoopback: true });

  const answer = await http.request(get(`http://otds.localhost:${server.port}/x`));

  assert.equal(answer.body, `otds.localhost:${server.port}`);
});

test('plain http is refused when insecure loopback is not allowed', async () => {
  await using server = await listen((_req, res) => res.end('reached'));
  await using http = createHttpClient({ allowInsecureLoopback: false });

  await assert.rejects(http.request(get(`http://localhost:${server.port}/`)), { code: 'http.blocked_url' });
});

test('plain http to a host that is not loopback is always refused', async () => {
  await using http = createHttpClient({ allowInsecureLoopback: true });

  await assert.rejects(http.request(get('http://example.com/')), { code: 'http.blocked_url' });
  await assert.rejects(http.request(get('http://localhost.example.com/')), { code: 'http.blocked_url' });
});

test('a foreign URL may not name a private or link-local address', async () => {
  await using http = createHttpClient({ allowInsecureLoopback: true });
  const addresses = [
    '10.1.2.3',
    '192.168.0.1',
    '169.254.169.254',
    '[fd00::1]',
    '[::ffff:10.0.0.1]',
    '[fe80::1]',
  ];

  for (const address of addresses) {
    await assert.rejects(http.request(get(`https://${address}/`, { trust: 'foreign' })), {
      code: 'http.blocked_url',
    });
  }
});

test('a configured URL may be private but never link-local', async () => {
  await using http = createHttpClient({ allowInsecureLoopback: false });

  await assert.rejects(http.request(get('https://169.254.169.254/latest/meta-data')), {
    code: 'http.blocked_url',
  });
});

test('redirects are handed back, not followed', async () => {
  let calls = 0;
  await using server = await listen((_req, res) => {
    calls += 1;
    res.writeHead(302, { location: '/elsewhere' }).end();
  });
  await using http = createHttpClient({ allowInsecureLoopback: true });

  const answer = await http.request(get(`http://localhost:${server.port}/`));
  const fetched = await http.fetchFor('peer')(`http://localhost:${server.port}/`);

  assert.equal(answer.status, 302);
  assert.equal(fetched.status, 302);
  assert.equal(calls, 2);
});

test('an answer above the size limit is cut off', async () => {
  await using server = await listen((_req, res) => res.end('x'.repeat(5000)));
  await using http = createHttpClient({ allowInsecureLoopback: true });

  await assert.rejects(http.request(get(`http://localhost:${server.port}/`, { maxBytes: 1000 })), {
    code: 'http.too_large',
    maybeSent: true,
  });
});

test('a request that was sent and got no answer may have been carried out', async () => {
  await using server = await listen((req) => req.socket.destroy());
  await using http = createHttpClient({ allowInsecureLoopback: true });

  await assert.rejects(
    http.request({ ...get(`http://localhost:${server.port}/`), method: 'POST', body: '{}' }),
    (error) => error instanceof HttpUnavailable && error.maybeSent && error.system === 'peer',
  );
});

test('a refused connection certainly carried nothing out', async () => {
  const port = await (async () => {
    await using server = await listen(() => undefined);
    return server.port;
  })();
  await using http = createHttpClient({ allowInsecureLoopback: true });

  await assert.rejects(http.request(get(`http://localhost:${port}/`)), {
    code: 'http.unreachable',
    maybeSent: false,
  });
});

test('a slow answer ends at the time limit', async () => {
  await using server = await listen(() => undefined);
  await using http = createHttpClient({ allowInsecureLoopback: true });

  await assert.rejects(http.request(get(`http://localhost:${server.port}/`, { timeoutMs: 50 })), {
    code: 'http.timeout',
    maybeSent: true,
  });
});

test('errors name the host, never the path or query', async () => {
  await using server = await listen((req) => req.socket.destroy());
  await using http = createHttpClient({ allowInsecureLoopback: true });

  await assert.rejects(http.request(get(`http://localhost:${server.port}/token?code=s3cret`)), (error) => {
    assert.ok(error instanceof VestibuleError);
    return !error.message.includes('s3cret') && !error.message.includes('/token');
  });
});

test('a fetch for libraries returns a global Response with its body', async () => {
  await using server = await listen((_req, res) => {
    res.setHeader('content-type', 'application/json');
    res.end('{"a":1}');
  });
  await using http = createHttpClient({ allowInsecureLoopback: true });

  const answer = await http.fetchFor('peer')(`http://localhost:${server.port}/`);

  assert.ok(answer instanceof Response);
  assert.deepEqual(await answer.json(), { a: 1 });
});

test('addresses are sorted into public, private, loopback and link-local', () => {
  assert.equal(addressKind('8.8.8.8'), 'public');
  assert.equal(addressKind('127.3.2.1'), 'loopback');
  assert.equal(addressKind('::1'), 'loopback');
  assert.equal(addressKind('::ffff:127.0.0.1'), 'loopback');
  assert.equal(addressKind('::ffff:a00:1'), 'private');
  assert.equal(addressKind('100.64.1.1'), 'private');
  assert.equal(addressKind('fe80::1'), 'link-local');
});

test('only localhost names and loopback addresses count as loopback hosts', () => {
  for (const host of ['localhost', 'sso.localhost', 'LOCALHOST', '127.0.0.1', '[::1]'])
    assert.ok(isLoopbackHost(host));
  for (const host of ['localhost.evil.test', 'evillocalhost', '10.0.0.1']) assert.ok(!isLoopbackHost(host));
});
