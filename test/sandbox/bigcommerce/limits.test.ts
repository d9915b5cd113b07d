import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { bigCommerceCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const system = () => world.sandbox.system('bigcommerce');
const turn = (positions: Record<string, unknown>) => system().turn(positions);
const time = () => world.api('GET', '/v2/time');

test('every answer says what is left of the window', async () => {
  await time();
  world.clock.advance(4_000);
  const { headers } = await time();

  assert.equal(headers['x-rate-limit-requests-quota'], '150');
  assert.equal(headers['x-rate-limit-requests-left'], '148');
  assert.equal(headers['x-rate-limit-time-window-ms'], '30000');
  assert.equal(headers['x-rate-limit-time-reset-ms'], '26000');
  world.clock.advance(-4_000);
});

test('beyond the quota calls are refused until the window ends', async () => {
  turn({ quota: 2 });
  await time();
  await time();
  const third = await time();
  world.clock.advance(30_000);
  const later = await time();

  assert.equal(third.status, 429);
  assert.equal(third.headers['x-retry-after'], '30');
  assert.equal(third.headers['x-rate-limit-requests-left'], '0');
  assert.equal(later.status, 200);
  world.clock.advance(-30_000);
});

test('another app can use the quota up, in one store and not in another', async () => {
  world.act('turn-store', { switches: { otherAppRequests: 150, retryAfter: 'omitted' } });

  const here = await time();
  const there = await world.api('GET', '/v2/time', { store: 'store-na' });

  assert.deepEqual([here.status, there.status], [429, 200]);
  assert.equal(here.headers['x-retry-after'], undefined);
});

test('rate-limit headers come in any letter case', async () => {
  const names = async () => (await rawHeaders('/v2/time')).filter((name) => /^x-rate/i.test(name));

  assert.ok((await names()).includes('X-Rate-Limit-Requests-Left'));
  turn({ rateLimitHeaders: 'lower' });
  assert.ok((await names()).includes('x-rate-limit-requests-left'));
  turn({ rateLimitHeaders: 'mixed' });
  const mixed = await names();
  assert.ok(mixed.includes('X-RATE-LIMIT-REQUESTS-LEFT'));
  assert.ok(mixed.includes('x-rate-limit-requests-quota'));
});

test('an overloaded platform answers 429 without headers', async () => {
  system().fail({ kind: 'rate-limited', headers: false, times: 1 });

  const { status, headers } = await time();

  assert.equal(status, 429);
  assert.equal(headers['x-rate-limit-requests-left'], undefined);
});

test('a fourth concurrent PUT is refused, with 429 or 409', async () => {
  const put = () => world.api('PUT', '/v3/customers', { body: [{ id: 104, company: 'Halden' }] });
  const fourth = async (): Promise<number> => {
    system().fail({ kind: 'hold', when: 'after', times: 3, match: { method: 'PUT' } });
    const held = [put(), put(), put()];
    await system().faults.untilHeld(3);
    const { status } = await put();
    system().faults.release();
    assert.deepEqual(
      (await Promise.all(held)).map((each) => each.status),
      [200, 200, 200],
    );
    return status;
  };

  assert.equal(await fourth(), 429);
  turn({ concurrencyAnswer: '409' });
  assert.equal(await fourth(), 409);
  assert.equal((await put()).status, 200);
});

test('a store in maintenance answers 503 over the API and in the shop', async () => {
  world.act('turn-store', { switches: { maintenance: true } });
  const { send } = await import('../client/request.ts');

  const api = await time();
  const shop = await send(world.storefront('store-emea', '/'));
  const other = await send(world.storefront('store-na', '/'));

  assert.deepEqual([api.status, shop.status, other.status], [503, 503, 200]);
  assert.equal((api.json() as { status: number }).status, 503);
});

test('a lost reply has created the customer all the same', async () => {
  system().fail({ kind: 'lost-reply', times: 1, match: { method: 'POST' } });
  const body = [{ email: 'mira@halden.example', first_name: 'Mira', last_name: 'Lindqvist' }];

  await assert.rejects(world.api('POST', '/v3/customers', { body }));

  const again = await world.api('POST', '/v3/customers', { body });
  assert.equal(again.status, 422);
  assert.match(again.body, /already in use/);
});

test('a gateway answers 504 with HTML, a proxy 503 with HTML, a revoked token 401 with the right body', async () => {
  const html = '<html><body><h1>504 Gateway Time-out</h1></body></html>';
  system().fail({ kind: 'status', status: 504, body: html, headers: { 'content-type': 'text/html' } });
  const gateway = await time();
  system().fail({ kind: 'html-503' });
  const proxy = await time();
  system().fail({ kind: 'revoked-token' });
  const revoked = await time();

  assert.deepEqual([gateway.status, gateway.body, proxy.status], [504, html, 503]);
  assert.equal(revoked.status, 401);
  assert.match(revoked.body, /not a valid combination for this store/);
});

/** Names of the headers as they were on the wire. */
function rawHeaders(path: string): Promise<readonly string[]> {
  const url = new URL(world.sandbox.url('api.bigcommerce', `/stores/haldenemea${path}`));
  const headers = { host: url.host, 'x-auth-token': bigCommerceCredentials['store-emea'].api.accessToken };
  return new Promise((resolve, reject) => {
    const req = request(
      { host: '127.0.0.1', port: url.port, path: url.pathname, headers, agent: false },
      (res) => {
        res.resume();
        resolve(res.rawHeaders.filter((_, index) => index % 2 === 0));
      },
    );
    req.on('error', reject);
    req.end();
  });
}
