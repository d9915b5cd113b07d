import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { broker } from './client/otds.ts';
import { sendJson } from './client/request.ts';
import { type ScimReceiver, startScimReceiver } from './client/scim-receiver.ts';

let sandbox: Sandbox;
let receiver: ScimReceiver;

before(async () => {
  receiver = await startScimReceiver();
  sandbox = await startSandbox({ port: 0, clock: new ManualClock(), broker, only: ['otds'] });
});
after(async () => {
  await sandbox[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});
beforeEach(() => {
  sandbox.reset();
  receiver.clear();
  const scim = {
    baseUrl: `${receiver.url}/scim`,
    tokenUrl: `${receiver.url}/token`,
    clientId: 'otds-push',
    clientSecret: 'secret',
  };
  sandbox.registerBroker({ ...broker, scim });
});

const turn = (positions: Readonly<Record<string, unknown>>): void => sandbox.system('otds').turn(positions);

async function act(action: 'settle-push' | 'consolidate'): Promise<{ done: number; failed: string[] }> {
  const reply = await sendJson('POST', sandbox.url('sandbox', `/actions/otds/${action}`), {});
  return reply.json() as { done: number; failed: string[] };
}

/** What arrived, without the look-ups, as `PUT /Users/id-mira`. */
const lines = (): string[] =>
  receiver.received
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${decodeURIComponent(path.replace('/scim', ''))}`);
const bodyOf = (line: number): Record<string, unknown> =>
  receiver.received.filter(({ method }) => method !== 'GET')[line]?.body as Record<string, unknown>;

test('consolidation sends everybody and every group, and again without harm', async () => {
  const first = await act('consolidate');
  const firstLines = lines();
  receiver.expireToken();
  const second = await act('consolidate');

  assert.deepEqual(first, { done: 19, failed: [] });
  assert.deepEqual(firstLines.slice(0, 2), ['POST /Users', 'POST /Users']);
  assert.equal(firstLines.at(-1), 'POST /Groups');
  assert.deepEqual(second, { done: 19, failed: [] });
  assert.ok(lines().includes('PUT /Users/id-mira'));
  assert.ok(lines().includes('PUT /Groups/id-merchandising@staff'));
});

test('a user carries the uuid, the standard attributes and the site’s extension', async () => {
  await act('consolidate');

  const olu = receiver.received.find(({ body }) => (body as { userName?: string })?.userName === 'olu');
  const { externalId, active, ...rest } = (olu?.body ?? {}) as Record<string, unknown>;
  const extension = rest['urn:halden:scim:schemas:extension:person:1.0:User'] as Record<string, unknown>;

  assert.equal(externalId, sandbox.people.find('olu')?.uuid);
  assert.equal(active, true);
  assert.deepEqual(extension, { contractEnd: '2026-03-12T09:00:00.000Z', partition: 'partners' });
});

test('a change is pushed at once: the user whole or as PATCH', async () => {
  await act('consolidate');
  receiver.expireToken();
  const before = receiver.received.length;

  sandbox.people.change('mira', { region: 'NA' });
  await act('settle-push');
  turn({ scimUpdate: 'patch' });
  sandbox.people.change('mira', { region: null, department: 'Sales' });
  await act('settle-push');

  const sent = receiver.received.slice(before);
  assert.deepEqual(
    sent.map(({ method, path }) => `${method} ${path}`),
    ['PUT /scim/Users/id-mira', 'PATCH /scim/Users/id-mira'],
  );
  assert.deepEqual((sent[1]?.body as { Operations: unknown } | undefined)?.Operations, [
    {
      op: 'replace',
      path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department',
      value: 'Sales',
    },
    { op: 'remove', path: 'urn:halden:scim:schemas:extension:person:1.0:User:region' },
  ]);
});

test('a disabled person is sent as inactive, or deleted', async () => {
  await act('consolidate');
  const before = lines().length;

  sandbox.people.change('mira', { disabled: true });
  await act('settle-push');
  turn({ scimDisable: 'delete' });
  sandbox.people.change('noah', { disabled: true });
  await act('settle-push');

  assert.deepEqual(lines().slice(before), ['PUT /Users/id-mira', 'DELETE /Users/id-noah']);
  assert.equal(bodyOf(before)['active'], false);
});

test('a deletion is sent, or suppressed', async () => {
  await act('consolidate');
  const before = lines().length;

  sandbox.people.remove('mira');
  await act('settle-push');
  turn({ scimDelete: 'suppress' });
  sandbox.people.remove('noah');
  await act('settle-push');

  assert.deepEqual(lines().slice(before), ['DELETE /Users/id-mira']);
});

test('a changed membership is a PATCH of the group, the whole group, or not sent', async () => {
  await act('consolidate');
  const before = lines().length;

  sandbox.people.change('mira', { groups: ['media@staff'] });
  await act('settle-push');
  const patches = lines().slice(before);
  turn({ scimGroupUpdate: 'put' });
  sandbox.people.change('mira', { groups: ['media@staff', 'sales@staff'] });
  await act('settle-push');
  turn({ scimGroups: false });
  sandbox.people.change('mira', { groups: [] });
  await act('settle-push');

  assert.deepEqual(patches, ['PATCH /Groups/id-media@staff', 'PATCH /Groups/id-merchandising@staff']);
  assert.deepEqual((bodyOf(before + 1)['Operations'] as unknown[])[0], {
    op: 'remove',
    path: 'members[value eq "id-mira"]',
  });
  assert.deepEqual(lines().slice(before + 2), ['PUT /Groups/id-sales@staff']);
});

test('a rename keeps the object; a rebuilt partition deletes and creates', async () => {
  await act('consolidate');
  const before = lines().length;

  sandbox.people.change('mira', { login: 'mira.l' });
  await act('settle-push');
  sandbox.people.change('mira.l', { uuid: '5d1f0c3a-7b42-4e8e-9a6d-0000000099ff' });
  await act('settle-push');

  assert.deepEqual(lines().slice(before, before + 3), [
    'PUT /Users/id-mira',
    'DELETE /Users/id-mira',
    'POST /Users',
  ]);
});

test('changes wait for the action, arrive newest first, or twice', async () => {
  await act('consolidate');
  turn({ scimPush: 'when-told', scimOrder: 'newest-first' });
  const before = lines().length;
  sandbox.people.change('mira', { department: 'A' });
  sandbox.people.change('noah', { department: 'B' });
  const waiting = sandbox.system('otds').state()['pushWaiting'];
  const early = lines().length;
  await act('settle-push');
  turn({ scimOrder: 'twice' });
  sandbox.people.change('ines', { department: 'C' });
  await act('settle-push');

  assert.deepEqual(waiting, ['update mira', 'update noah']);
  assert.equal(early, before);
  assert.deepEqual(lines().slice(before), [
    'PUT /Users/id-noah',
    'PUT /Users/id-mira',
    'PUT /Users/id-ines',
    'PUT /Users/id-ines',
  ]);
});

test('a refused token is fetched anew once, and refused changes are reported', async () => {
  await act('consolidate');
  receiver.expireToken();
  const tokens = receiver.tokens;

  sandbox.people.change('mira', { department: 'A' });
  const renewed = await act('settle-push');
  receiver.failWith(500);
  sandbox.people.change('mira', { department: 'B' });
  const refused = await act('settle-push');

  assert.deepEqual(renewed, { done: 1, failed: [] });
  assert.equal(receiver.tokens, tokens + 1);
  assert.deepEqual(refused, { done: 0, failed: ['update mira'] });
});

test('nothing is pushed when it is switched off or the broker has no SCIM address', async () => {
  turn({ scimPush: 'off' });
  sandbox.people.change('mira', { region: 'NA' });
  const off = await act('settle-push');
  turn({ scimPush: 'at-once' });
  sandbox.registerBroker(broker);
  sandbox.people.change('mira', { region: 'EMEA' });
  const nowhere = await act('settle-push');

  assert.deepEqual([off.done, nowhere.done, receiver.received.length], [0, 0, 0]);
});
