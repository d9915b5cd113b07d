import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrations } from '../../src/app/index.ts';
import { type CommandLine, openCommandLine } from '../support/command-line.ts';
import { createTestDatabase } from '../support/database.ts';

// R7.1, R6.1: keys change; what was signed and sealed before stays good.

async function openServerMode() {
  const stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase(migrations));
  const command = stack.use(
    openCommandLine({
      variables: {
        DATABASE_URL: database.url,
        VESTIBULE_MASTER_KEY: randomBytes(32).toString('base64'),
      },
    }),
  );
  return { command, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Runs a command that has to work. @returns what it printed. */
async function done(command: CommandLine, ...args: string[]): Promise<string> {
  const { code, out, err } = await command.run(...args);
  assert.equal(code, 0, `${args.join(' ')}: ${err}${out}`);
  assert.equal(err, '');
  return out;
}

test('an export that was anchored before the checkpoint key changed is verified with what `log key` prints afterwards', async () => {
  await using world = await openServerMode();
  const { command } = world;
  await done(command, 'keys', 'rotate', 'saml-service-provider', '--now');
  const checkpoint = command.write('before.checkpoint', await done(command, 'log', 'checkpoint'));
  const file = join(command.folder, 'before.jsonl');
  await done(command, 'log', 'export', '--out', file);

  const rotated = await done(command, 'keys', 'rotate', 'checkpoint');

  const keys = command.write('keys.pem', await done(command, 'log', 'key'));
  assert.equal(readFileSync(keys, 'utf8').match(/BEGIN PUBLIC KEY/g)?.length, 2, 'the retired key too');
  const verified = await done(command, 'log', 'verify', file, '--checkpoint', checkpoint, '--key', keys);
  assert.match(verified, /anchored to/i);

  const listed = (await done(command, 'keys', 'list')).split('\n').filter((line) => line.startsWith('check'));
  const active = listed.find((line) => /^checkpoint +active /.test(line));
  assert.equal(listed.length, 2);
  assert.equal(listed.filter((line) => /^checkpoint +retired +key_/.test(line)).length, 1);
  assert.ok(rotated.includes(/key_\S+/.exec(active ?? '')?.[0] ?? 'no active key'), rotated);
});

test('after the master key changed only the new one opens the data, and the change is in the access log', async () => {
  await using world = await openServerMode();
  const { command } = world;
  const before = await done(command, 'keys', 'rotate', 'saml-service-provider', '--now').then(() =>
    done(command, 'keys', 'list'),
  );
  const old = command.variables['VESTIBULE_MASTER_KEY'] ?? '';
  const fresh = randomBytes(32).toString('base64');

  Object.assign(command.variables, { VESTIBULE_MASTER_KEY: fresh, VESTIBULE_MASTER_KEY_PREVIOUS: old });
  const said = await done(command, 'keys', 'rotate', '--master');
  assert.match(said, /^\d+ keys are wrapped with the new master key/);

  delete command.variables['VESTIBULE_MASTER_KEY_PREVIOUS'];
  assert.equal(await done(command, 'keys', 'list'), before, 'signing keys stay the same');
  const exported = await done(command, 'log', 'export');
  const purposes = [...exported.matchAll(/"purpose":"([a-z-]+)"/g)].map(([, purpose]) => purpose);
  assert.ok(purposes.includes('saml-service-provider') && purposes.includes('master'), exported);

  command.variables['VESTIBULE_MASTER_KEY'] = old;
  const refused = await command.run('keys', 'list');
  assert.notEqual(refused.code, 0);
  assert.match(refused.err, /master key/i);
  for (const text of [said, exported, refused.err]) assert.ok(!text.includes(old) && !text.includes(fresh));
});

test('in server mode nothing starts without the master key, and the problem says how to make one', async () => {
  await using world = await openServerMode();
  delete world.command.variables['VESTIBULE_MASTER_KEY'];

  const { code, err } = await world.command.run('keys', 'list');

  assert.equal(code, 2);
  assert.match(err, /VESTIBULE_MASTER_KEY: missing; make one with `openssl rand -base64 32`/);
});

test('a next key that nobody could learn yet is used only when somebody insists', async () => {
  await using world = await openServerMode();
  const { command } = world;

  const early = await command.run('keys', 'rotate', 'oidc-rs256');
  const before = await done(command, 'keys', 'list');
  const said = await done(command, 'keys', 'rotate', 'oidc-rs256', '--now');
  const after = await done(command, 'keys', 'list');

  const next = /oidc-rs256 +next +(key_\S+)/.exec(before)?.[1] ?? 'none';
  assert.equal(early.code, 1);
  assert.ok(early.err.includes(next), early.err);
  assert.match(early.err, /It may be used from \d{4}-\d\d-\d\dT\S+ on\. With --now it is used at once/);
  assert.equal(said, `The key in use for oidc-rs256 is now ${next}.\n`);
  assert.match(after, new RegExp(`oidc-rs256 +active +${next} `));
  assert.match(after, /oidc-rs256 +retired +key_\S+ +since \S+ +published until \d{4}-/);
});

test('every change of a signing key is in the access log, each under one thread', async () => {
  await using world = await openServerMode();
  const { command } = world;
  await done(command, 'keys', 'rotate', 'saml-identity-provider', '--now');

  const lines = (await done(command, 'log', 'export')).split('\n').filter((line) => line.includes('"key.'));

  const types = lines.map((line) => /"type":"([a-z.]+)"/.exec(line)?.[1]);
  assert.deepEqual(types.sort(), [
    'key.published',
    'key.published',
    'key.published',
    'key.retired',
    'key.rotated',
  ]);
  assert.match(lines.find((line) => line.includes('key.rotated')) ?? '', /"forced":true/);
  assert.ok(!lines.join().includes('PRIVATE'));
});

test('a key that may be in other hands is replaced and withdrawn, and one in use is not', async () => {
  await using world = await openServerMode();
  const { command } = world;
  await done(command, 'keys', 'rotate', 'oidc-eddsa', '--now');
  const listed = (await done(command, 'keys', 'list'))
    .split('\n')
    .filter((line) => line.startsWith('oidc-eddsa'));
  const idOf = (state: string) =>
    /key_\w+/.exec(listed.find((line) => line.includes(` ${state} `)) ?? '')?.[0] ?? '';

  const refused = await command.run('keys', 'withdraw', idOf('active'));
  const said = await done(command, 'keys', 'withdraw', idOf('retired'));

  assert.equal(refused.code, 1);
  assert.match(refused.err, /keys rotate PURPOSE --now/);
  assert.match(said, /is withdrawn/);
  assert.match(await done(command, 'keys', 'list'), new RegExp(`destroyed +${idOf('retired')}`));
});
