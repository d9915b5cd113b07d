import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { createCast, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { broker } from './client/otds.ts';
import { type Reply, send, sendJson } from './client/request.ts';

const clock = new ManualClock();
let sandbox: Sandbox;

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, broker, only: ['otds', 'access-manager'] });
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(() => sandbox.reset());

const at = (path: string): string => sandbox.url('sandbox', path);
const errorOf = (reply: Reply): string => String((reply.json() as { error: string }).error);

test('an unknown host gets a page that lists the hosts', async () => {
  const { status, body } = await send(sandbox.url('nowhere'));

  assert.equal(status, 404);
  for (const host of ['otds.localhost', 'am.localhost', 'sandbox.localhost'])
    assert.match(body, new RegExp(host));
});

test('host names are told apart without port and case', async () => {
  const { status } = await send(sandbox.url('otds', '/otdsws/oauth2/jwks'), {
    headers: { host: 'OTDS.localhost' },
  });

  assert.equal(status, 200);
});

test('the start page shows systems, people, faults, switches and which are assumptions', async () => {
  const { body } = await send(at('/'));

  for (const text of [
    'Directory Services',
    'Access Manager',
    'halden-demo',
    'lost-reply',
    'pkce',
    'assumption',
  ]) {
    assert.ok(body.includes(text), text);
  }
  assert.doesNotMatch(body, /<script(?![^>]*src=)|undefined|\[object/);
  assert.equal((await send(at('/control.js'))).headers['content-type'], 'text/javascript; charset=utf-8');
});

test('every switch explains itself and starts in one of its positions', async () => {
  for (const id of ['otds', 'access-manager']) {
    const switches = (await send(at(`/switches/${id}`))).json() as {
      explains: string;
      position: unknown;
      initial: unknown;
      positions?: unknown[];
    }[];

    assert.ok(switches.length > 20);
    for (const each of switches) {
      assert.match(each.explains, /\.$/);
      assert.deepEqual(each.position, each.initial);
      if (each.positions) assert.ok(each.positions.includes(each.initial));
    }
  }
});

test('switches are set together or not at all, and go back', async () => {
  const refused = await sendJson('PUT', at('/switches/otds'), { omitGroups: true, pkce: 'sometimes' });
  const unknown = await sendJson('PUT', at('/switches/otds'), { nonsense: 1 });
  const position = async (): Promise<unknown> =>
    ((await send(at('/switches/otds'))).json() as { name: string; position: unknown }[]).find(
      ({ name }) => name === 'omitGroups',
    )?.position;
  const afterRefusal = await position();
  await sendJson('PUT', at('/switches/otds'), { omitGroups: true });
  const afterSet = await position();
  await send(at('/switches/otds'), { method: 'DELETE' });

  assert.deepEqual([refused.status, unknown.status], [400, 400]);
  assert.match(errorOf(refused), /pkce/);
  assert.match(errorOf(unknown), /nonsense/);
  assert.deepEqual([afterRefusal, afterSet, await position()], [false, true, false]);
});

test('the clock of one system is shifted and shifted back', async () => {
  const shifted = await sendJson('PUT', at('/clock/otds'), { offsetMs: 60_000 });
  const wrong = await sendJson('PUT', at('/clock/otds'), { offset: 1 });
  const other = await send(at('/clock/access-manager'));
  const back = await send(at('/clock/otds'), { method: 'DELETE' });

  assert.deepEqual(shifted.json(), {
    offsetMs: 60_000,
    now: new Date(clock.now().getTime() + 60_000).toISOString(),
  });
  assert.equal(wrong.status, 400);
  assert.deepEqual((other.json() as { offsetMs: number }).offsetMs, 0);
  assert.deepEqual((back.json() as { offsetMs: number }).offsetMs, 0);
});

test('the state of a system lists the calls that it saw', async () => {
  await send(sandbox.url('otds', '/otdsws/oauth2/jwks?a=1'));

  const { calls } = (await send(at('/state/otds'))).json() as { calls: unknown[] };

  assert.deepEqual(calls, [
    {
      at: clock.now().toISOString(),
      method: 'GET',
      host: 'otds.localhost',
      path: '/otdsws/oauth2/jwks',
      query: '?a=1',
      status: 200,
    },
  ]);
});

test('people are changed, renamed, added and removed, and the uuid survives a rename', async () => {
  const before = (await send(at('/people/mira'))).json() as { uuid: string };

  const renamed = await sendJson('PATCH', at('/people/mira'), { login: 'mira.l', region: 'NA' });
  const old = await send(at('/people/mira'));
  const added = await sendJson('POST', at('/people'), { login: 'zoe', groups: ['media@staff'] });
  const twice = await sendJson('POST', at('/people'), { login: 'zoe' });
  const removed = await send(at('/people/zoe'), { method: 'DELETE' });
  const gone = await send(at('/people/zoe'), { method: 'DELETE' });

  const { uuid, login, region } = renamed.json() as Record<string, unknown>;
  assert.deepEqual([uuid, login, region], [before.uuid, 'mira.l', 'NA']);
  // The mail address is a login name too, so the old login alone finds nobody.
  assert.equal(old.status, 404);
  assert.deepEqual([added.status, twice.status, removed.status, gone.status], [201, 409, 204, 404]);
});

test('the same login may exist in two partitions', async () => {
  const twin = await sendJson('POST', at('/people'), { login: 'mira', partition: 'partners' });
  const found = (await send(at('/people/mira@partners'))).json() as { partition: string };

  assert.equal(twin.status, 201);
  assert.equal(found.partition, 'partners');
});

test('a value is taken away with null, and unknown fields are refused', async () => {
  const without = await sendJson('PATCH', at('/people/mira'), { region: null });
  const wrong = await sendJson('PATCH', at('/people/mira'), { regoin: 'NA' });
  const badDate = await sendJson('PATCH', at('/people/olu'), { contractEnd: 'soon' });

  assert.equal('region' in (without.json() as object), false);
  assert.match(errorOf(wrong), /regoin/);
  assert.match(errorOf(badDate), /contractEnd/);
});

test('reset brings people, switches, faults and clocks back', async () => {
  await sendJson('PATCH', at('/people/mira'), { disabled: true });
  await sendJson('PUT', at('/switches/otds'), { omitGroups: true });
  await sendJson('PUT', at('/faults/otds'), { kind: 'html-503' });
  await sendJson('PUT', at('/clock/otds'), { offsetMs: 5 });

  await send(at('/reset'), { method: 'POST' });

  assert.deepEqual(sandbox.people.all(), createCast(clock.now()));
  assert.deepEqual(sandbox.system('otds').faults.list(), []);
  assert.equal(sandbox.system('otds').clock.offsetMs, 0);
});

test('the broker is registered over HTTP', async () => {
  const registered = await sendJson('PUT', at('/broker'), { clientId: 'another' });
  const wrong = await sendJson('PUT', at('/broker'), { redirectUris: ['not an address'] });
  sandbox.registerBroker(broker);

  assert.equal((registered.json() as { clientId: string }).clientId, 'another');
  assert.match(errorOf(wrong), /redirectUris/);
});

test('actions run, and unknown systems, actions, routes and broken JSON are explained', async () => {
  const run = await send(at('/actions/otds/rotate-keys'), { method: 'POST' });
  const noAction = await send(at('/actions/otds/constructor'), { method: 'POST' });
  const noSystem = await send(at('/state/nothing'));
  const noRoute = await send(at('/nothing'));
  const broken = await send(at('/people/mira'), {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: '{',
  });

  assert.equal(run.status, 200);
  assert.deepEqual([noAction.status, noSystem.status, noRoute.status, broken.status], [404, 404, 404, 400]);
  assert.match(errorOf(broken), /JSON/);
});

test('pages of other sites cannot steer the sandbox', async () => {
  const { status } = await send(at('/reset'), {
    method: 'POST',
    headers: { 'sec-fetch-site': 'cross-site' },
  });

  assert.equal(status, 403);
});

test('everybody of the cast has an address, groups and a uuid of their own', () => {
  const people = sandbox.people.all();

  assert.equal(people.length, 11);
  assert.equal(new Set(people.map(({ uuid }) => uuid)).size, people.length);
  for (const { address, groups, employeeNumber } of people) {
    assert.ok(address.street && address.postalCode && groups.length > 0 && employeeNumber);
  }
});

test('keys in a folder survive a restart', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-keys-'));
  t.after(() => rm(folder, { recursive: true }));
  const published = async (): Promise<string> => {
    await using other = await startSandbox({ port: 0, clock, folder, only: ['otds', 'access-manager'] });
    const metadata = (await send(other.url('am', '/nidp/saml2/metadata'))).body;
    const certificates = [...metadata.matchAll(/X509Certificate>([^<]+)</g)].map(([, body]) => body);
    return JSON.stringify([(await send(other.url('otds', '/otdsws/oauth2/jwks'))).json(), certificates]);
  };

  const first = await published();
  const second = await published();

  assert.equal(first, second);
  assert.deepEqual((await readdir(folder)).sort(), [
    'am-encryption.pem',
    'am-signing-1.pem',
    'otds-1.pem',
    'otds-2.pem',
  ]);
});
