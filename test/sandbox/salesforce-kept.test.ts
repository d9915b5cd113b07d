import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { failure, SalesforceApi } from './client/salesforce-api.ts';

const clock = new ManualClock();

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'salesforce-kept-'));
  // The key of the integration may be on its way into the folder still.
  t.after(() => rm(folder, { recursive: true, maxRetries: 5 }));
  return folder;
}

async function start(folder: string) {
  const sandbox = await startSandbox({ port: 0, clock, folder, only: ['salesforce'] });
  const api = new SalesforceApi(sandbox);
  await api.act('integration-key');
  await api.signIn();
  return { sandbox, api, [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose]() };
}

test('users of a sandbox with a folder are there again after it was killed, and ids are not used twice', async (t) => {
  const folder = await folderOf(t);
  await using killed = await start(folder);
  const sam = await killed.api.createUser();
  await killed.api.call('PATCH', `/sobjects/User/${sam}`, { IsActive: false });
  const group = await killed.api.one("SELECT Id FROM Group WHERE Name = 'All Sales'");
  const member = await killed.api.create('GroupMember', { GroupId: group, UserOrGroupId: sam });
  await killed.api.call('DELETE', `/sobjects/GroupMember/${member}`);
  killed.api.act('set-blockers', { username: 'sam@halden.example.org62', blockers: ['You cannot'] });
  killed.api.act('claim-username', { username: 'two@halden.example.org62' });
  // A line that the kill cut short.
  await appendFile(join(folder, 'salesforce.jsonl'), '\n{"changed":{"object":"Us');

  await using again = await start(folder);
  const two = { Username: 'two@halden.example.org62', FederationIdentifier: 'per_two' };
  const taken = await again.api.call('POST', '/sobjects/User', await again.api.newUser(two));
  const three = await again.api.createUser({ ...two, Username: 'three@halden.example.org62' });
  const next = await again.api.create('GroupMember', { GroupId: group, UserOrGroupId: three });
  await using third = await start(folder);

  assert.equal(await again.api.one(`SELECT IsActive FROM User WHERE Id = '${sam}'`, 'IsActive'), 'false');
  assert.deepEqual(failure(taken), [400, 'DUPLICATE_USERNAME']);
  assert.ok(three > sam);
  assert.ok(next > member);
  assert.deepEqual(failure(await again.api.call('GET', `/sobjects/GroupMember/${member}`)), [
    ...[404, 'ENTITY_IS_DELETED'],
  ]);
  assert.equal((await third.api.query("SELECT Id FROM User WHERE LastName = 'Okafor'")).totalSize, 2);
});

test('what a composite took back is not kept', async (t) => {
  const folder = await folderOf(t);
  await using killed = await start(folder);
  const url = '/services/data/v66.0/sobjects/User';
  const part = { method: 'POST', url };
  await killed.api.call('POST', '/composite', {
    allOrNone: true,
    compositeRequest: [
      { ...part, referenceId: 'one', body: await killed.api.newUser() },
      { ...part, referenceId: 'two', body: {} },
    ],
  });

  await using again = await start(folder);

  assert.equal((await again.api.query("SELECT Id FROM User WHERE LastName = 'Okafor'")).totalSize, 0);
});

test('a reset takes away what was kept', async (t) => {
  const folder = await folderOf(t);
  await using first = await start(folder);
  await first.api.createUser();
  first.sandbox.reset();

  await using again = await start(folder);

  assert.equal((await again.api.query("SELECT Id FROM User WHERE LastName = 'Okafor'")).totalSize, 0);
});
