import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { broker } from './client/otds.ts';
import { type Reply, send, sendForm, sendJson } from './client/request.ts';

const clock = new ManualClock();
let sandbox: Sandbox;

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, broker, only: ['otds'] });
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(() => sandbox.reset());

const setFaults = (faults: unknown): Promise<Reply> =>
  sendJson('PUT', sandbox.url('sandbox', '/faults/otds'), faults);

/** A request that leaves a trace on the server when it is carried out. */
const act = (): Promise<Reply> =>
  sendForm(sandbox.url('otds', '/otdsws/oauth2/token'), {
    grant_type: 'client_credentials',
    client_id: 'vestibule',
    client_secret: String(broker.clientSecret),
  });
const traces = (): number => (sandbox.system('otds').state()['tokens'] as unknown[]).length;

test('a status fault answers instead of the system, as often as it says', async () => {
  await setFaults({
    kind: 'status',
    status: 500,
    body: { oops: true },
    headers: { 'x-why': 'test' },
    times: 1,
  });

  const first = await act();
  const second = await act();

  assert.deepEqual([first.status, first.headers['x-why'], first.json()], [500, 'test', { oops: true }]);
  assert.equal(second.status, 200);
  assert.equal(traces(), 1);
});

test('a text body is sent as text', async () => {
  await setFaults({ kind: 'status', status: 502, body: 'bad gateway' });

  const { body, headers } = await act();

  assert.deepEqual([body, headers['content-type']], ['bad gateway', 'text/plain; charset=utf-8']);
});

test('a fault hits only the method, path prefix, pattern or host that it names', async () => {
  const jwks = async (): Promise<number> =>
    (await send(sandbox.url('otds', '/otdsws/oauth2/jwks?x=/y'))).status;
  const hits = async (match: unknown): Promise<boolean> => {
    await setFaults({ kind: 'status', status: 500, match });
    return (await jwks()) === 500;
  };

  assert.equal(await hits({ method: 'get' }), true);
  assert.equal(await hits({ method: 'POST' }), false);
  assert.equal(await hits({ path: '/otdsws/oauth2' }), true);
  assert.equal(await hits({ path: '/y' }), false);
  assert.equal(await hits({ path: '^/otdsws/.*/jwks$' }), true);
  assert.equal(await hits({ host: 'otds.localhost' }), true);
  assert.equal(await hits({ host: 'am.localhost' }), false);
});

test('the first of several faults that fits is taken', async () => {
  await setFaults([
    { kind: 'status', status: 500, match: { method: 'GET' } },
    { kind: 'status', status: 501 },
  ]);

  assert.equal((await act()).status, 501);
});

test('a rate limit says when to come back, or does not', async () => {
  await setFaults({ kind: 'rate-limited', resetMs: 2_500 });
  const told = await act();
  await setFaults({ kind: 'rate-limited', headers: false });
  const untold = await act();

  assert.deepEqual(
    [told.status, told.headers['retry-after'], told.headers['x-rate-limit-time-reset-ms']],
    [429, '3', '2500'],
  );
  assert.deepEqual([untold.status, untold.headers['retry-after']], [429, undefined]);
  assert.equal(traces(), 0);
});

test('a lost reply is carried out and never arrives', async () => {
  await setFaults({ kind: 'lost-reply', times: 1 });

  await assert.rejects(act(), { code: 'ECONNRESET' });

  assert.equal(traces(), 1);
});

test('a refused connection carries out nothing', async () => {
  await setFaults({ kind: 'refuse-connection', times: 1 });

  await assert.rejects(act(), { code: 'ECONNRESET' });

  assert.equal(traces(), 0);
});

test('a request held before is carried out when released', async () => {
  await setFaults({ kind: 'hold', times: 1 });
  const reply = act();

  const held = (await send(sandbox.url('sandbox', '/faults/otds/held'))).json() as { held: unknown[] };
  const before = traces();
  await send(sandbox.url('sandbox', '/faults/otds/release'), { method: 'POST' });

  assert.deepEqual(held.held, [
    { method: 'POST', host: 'otds.localhost', path: '/otdsws/oauth2/token', when: 'before' },
  ]);
  assert.equal(before, 0);
  assert.equal((await reply).status, 200);
  assert.equal(traces(), 1);
});

test('a request held after is carried out at once and answered whole when released', async () => {
  sandbox.system('otds').fail({ kind: 'hold', when: 'after' });
  const replies = [act(), act()];

  await sandbox.system('otds').faults.untilHeld(2);
  const before = traces();
  const released = await sendJson('POST', sandbox.url('sandbox', '/faults/otds/release'), { count: 1 });
  await send(sandbox.url('sandbox', '/faults/otds'), { method: 'DELETE' });

  assert.equal(before, 2);
  assert.deepEqual(released.json(), { released: 1 });
  for (const reply of await Promise.all(replies)) assert.ok('access_token' in (reply.json() as object));
});

test('a revoked token is refused as the system refuses tokens', async () => {
  await setFaults({ kind: 'revoked-token' });

  const reply = await act();

  assert.equal(reply.status, 401);
  assert.deepEqual((reply.json() as { error: string }).error, 'invalid_token');
});

test('a proxy’s 503 is HTML', async () => {
  await setFaults({ kind: 'html-503' });

  const { status, headers } = await act();

  assert.deepEqual([status, headers['content-type']], [503, 'text/html; charset=utf-8']);
});

test('a slow answer arrives all the same', async () => {
  await setFaults({ kind: 'slow', ms: 0 });

  assert.equal((await act()).status, 200);
});

test('faults that make no sense are refused with the place of the mistake', async () => {
  for (const [fault, place] of [
    [{ kind: 'explode' }, /kind/],
    [{ kind: 'slow' }, /ms/],
    [{ kind: 'status', status: 999 }, /status/],
    [{ kind: 'html-503', times: 0 }, /times/],
    [{ kind: 'html-503', match: { path: 'no-slash' } }, /match\.path/],
    [{ kind: 'html-503', match: { path: '^(' } }, /match\.path/],
    [{ kind: 'html-503', extra: 1 }, /extra/],
    ['nonsense', /./],
  ] as const) {
    const reply = await setFaults(fault);

    assert.equal(reply.status, 400, JSON.stringify(fault));
    assert.match(String((reply.json() as { error: string }).error), place);
  }
});

test('stopping the sandbox lets nothing hang', async () => {
  const other = await startSandbox({ port: 0, clock, broker, only: ['otds'] });
  other.system('otds').fail({ kind: 'hold' });
  const hanging = assert.rejects(send(other.url('otds', '/otdsws/login')));
  await other.system('otds').faults.untilHeld(1);

  await other[Symbol.asyncDispose]();

  await hanging;
});
