import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { COLLECTION, GROUP, IconikApi, type User } from './client/iconik.ts';

const only = ['iconik'];
const RAVI = { email: 'ravi@halden.example', first_name: 'Ravi', type: 'STANDARD', groups: [GROUP.na] };

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-iconik-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('what was done in a sandbox with a folder is there again after it was killed, replies or not', async (t) => {
  const options = { port: 0, clock: new ManualClock(), folder: await folderOf(t), only };
  await using killed = await startSandbox(options);
  const before = new IconikApi(killed);
  killed.system('iconik').fail({ kind: 'lost-reply', match: { method: 'POST' }, times: 1 });
  await assert.rejects(before.send('POST', '/users/v1/users/', RAVI));
  await before.call('PUT', `/acls/v1/groups/${GROUP.na}/acl/collections/${COLLECTION.campaign}/`, {
    permissions: ['read'],
  });
  killed.system('iconik').actions?.['revoke-tokens']?.run({ email: 'leo@halden.example' });

  await using again = await startSandbox(options);
  const api = new IconikApi(again);

  const [ravi] = await api.list<User>('/users/v1/users/?email=ravi@halden.example');
  assert.deepEqual(ravi?.groups, [GROUP.na]);
  assert.equal((await api.list('/assets/v1/shares/all/')).length, 3);
  assert.deepEqual(again.system('iconik').actions?.['library-of']?.run({ email: 'ravi@halden.example' }), {
    collections: ['North America', 'Summer campaign', 'Brand library'],
    assets: ['Store opening, Boston', 'Outlet tour, Chicago', 'Kettle, turntable', 'Packaging, close-up'],
    roles: (await api.call<{ objects: string[] }>('GET', `/users/v1/users/${ravi?.id}/roles/`)).objects,
  });
  assert.equal((again.system('iconik').state()['gateways'] as { online: boolean }[])[1]?.online, false);
});

test('a reset takes away what was kept', async (t) => {
  const options = { port: 0, clock: new ManualClock(), folder: await folderOf(t), only };
  await using sandbox = await startSandbox(options);
  await new IconikApi(sandbox).call('POST', '/users/v1/users/', RAVI);
  sandbox.reset();

  await using again = await startSandbox(options);
  assert.deepEqual(await new IconikApi(again).list('/users/v1/users/?email=ravi@halden.example'), []);
});
