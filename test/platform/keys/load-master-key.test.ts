import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigurationError, VestibuleError } from '../../../src/base/index.ts';
import { loadMasterKey } from '../../../src/platform/keys/index.ts';

const empty = { env: {}, hasSealedData: () => Promise.resolve(false) };
const key = randomBytes(32).toString('base64');

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'vst-key-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test('the environment gives the master key, as text or as a file', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'k');
  await writeFile(file, `${key}\n`);

  const byText = await loadMasterKey({ ...empty, env: { VESTIBULE_MASTER_KEY: key } });
  const byFile = await loadMasterKey({ ...empty, env: { VESTIBULE_MASTER_KEY_FILE: file } });

  assert.equal(byText.masterKeys.current.id, byFile.masterKeys.current.id);
});

test('the previous key is accepted beside the current one during a rotation', async () => {
  const previous = randomBytes(32).toString('base64');
  const env = { VESTIBULE_MASTER_KEY: key, VESTIBULE_MASTER_KEY_PREVIOUS: previous };

  const { masterKeys } = await loadMasterKey({ ...empty, env });

  assert.equal(masterKeys.previous.length, 1);
});

test('server mode refuses to start without a master key', async () => {
  await assert.rejects(loadMasterKey(empty), ConfigurationError);
});

test('what is not 32 bytes of base64 is refused and never quoted', async () => {
  const short = randomBytes(16).toString('base64');
  for (const text of [short, 'x', `${key}${key}`, randomBytes(32).toString('hex'), ' ']) {
    await assert.rejects(
      loadMasterKey({ ...empty, env: { VESTIBULE_MASTER_KEY: text } }),
      (error) =>
        error instanceof ConfigurationError &&
        (text === ' ' || text === 'x' || !error.message.includes(text)),
    );
  }
});

test('text and file at once is a mistake that is named', async () => {
  const env = { VESTIBULE_MASTER_KEY: key, VESTIBULE_MASTER_KEY_FILE: '/nowhere' };

  await assert.rejects(loadMasterKey({ ...empty, env }), ConfigurationError);
});

test('a key file that is named but absent is never replaced by a new key', async () => {
  await using folder = await temporaryFolder();
  const env = { VESTIBULE_MASTER_KEY_FILE: join(folder.path, 'absent') };

  await assert.rejects(
    loadMasterKey({ ...empty, env, keyFile: join(folder.path, 'own') }),
    ConfigurationError,
  );
  assert.deepEqual(await readdir(folder.path), []);
});

test('the first embedded start makes the file for its owner only, the next one reads it', async () => {
  await using folder = await temporaryFolder();
  const keyFile = join(folder.path, 'master.key');

  const first = await loadMasterKey({ ...empty, keyFile });
  const second = await loadMasterKey({ ...empty, keyFile });

  assert.deepEqual([first.made, second.made], [true, false]);
  assert.equal(first.masterKeys.current.id, second.masterKeys.current.id);
  assert.equal((await stat(keyFile)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(folder.path), ['master.key']);
});

test('twenty first starts at once end with one key', async () => {
  await using folder = await temporaryFolder();
  const keyFile = join(folder.path, 'master.key');

  const starts = await Promise.all(Array.from({ length: 20 }, () => loadMasterKey({ ...empty, keyFile })));

  assert.equal(new Set(starts.map(({ masterKeys }) => masterKeys.current.id)).size, 1);
  assert.equal(starts.filter(({ made }) => made).length, 1);
});

test('no key is made when the database already holds sealed data', async () => {
  await using folder = await temporaryFolder();
  const keyFile = join(folder.path, 'master.key');

  await assert.rejects(
    loadMasterKey({ env: {}, keyFile, hasSealedData: () => Promise.resolve(true) }),
    (error) => error instanceof VestibuleError && error.code === 'keys.master_key_missing',
  );
  assert.deepEqual(await readdir(folder.path), []);
});

test('a key file that others may read is refused', async () => {
  await using folder = await temporaryFolder();
  const keyFile = join(folder.path, 'master.key');
  await loadMasterKey({ ...empty, keyFile });
  await chmod(keyFile, 0o640);

  await assert.rejects(
    loadMasterKey({ ...empty, keyFile }),
    (error) => error instanceof VestibuleError && error.code === 'keys.master_key_file',
  );
});
