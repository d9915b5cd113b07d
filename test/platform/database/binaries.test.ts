import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { VestibuleError } from '../../../src/base/index.ts';
import { readyBinDir } from '../../../src/platform/database/bundled/binaries.ts';

/** A package as npm leaves it when install scripts are forbidden: the library is there, its short name is not. */
async function packageWithoutLinks(
  links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }],
): Promise<AsyncDisposable & { readonly root: string; readonly copies: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'vst-bin-'));
  const root = join(folder, 'package');
  await mkdir(join(root, 'native/lib'), { recursive: true });
  await mkdir(join(root, 'native/bin'));
  await writeFile(join(root, 'native/lib/libx.so.1.2'), 'library');
  await writeFile(join(root, 'native/pg-symlinks.json'), JSON.stringify(links));
  await writeFile(join(root, 'package.json'), '{"version":"18.0.0"}');
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  return { root, copies: join(folder, 'copies'), [Symbol.asyncDispose]: remove };
}

test('links that are missing are made in the package', async () => {
  await using pack = await packageWithoutLinks();

  const starts = Array.from({ length: 5 }, () => readyBinDir(pack.root, pack.copies, symlink));

  assert.deepEqual(new Set(await Promise.all(starts)), new Set([join(pack.root, 'native/bin')]));
  assert.equal(await readFile(join(pack.root, 'native/lib/libx.so.1'), 'utf8'), 'library');
});

test('a package that cannot be written is copied once and linked there', async () => {
  await using pack = await packageWithoutLinks();
  const readOnly = async (target: string, path: string): Promise<void> => {
    if (path.startsWith(pack.root)) throw Object.assign(new Error('read-only'), { code: 'EROFS' });
    await symlink(target, path);
  };

  const first = await readyBinDir(pack.root, pack.copies, readOnly);
  const second = await readyBinDir(pack.root, pack.copies, readOnly);

  assert.equal(first, join(pack.copies, 'postgres-18.0.0/native/bin'));
  assert.equal(second, first);
  assert.equal(await readFile(join(first, '../lib/libx.so.1'), 'utf8'), 'library');
  assert.deepEqual(await readdir(pack.copies), ['postgres-18.0.0']);
});

test('a list of links that leaves its package is refused', async () => {
  await using pack = await packageWithoutLinks([{ source: 'native/lib/libx.so.1.2', target: '../evil.so' }]);

  await assert.rejects(
    readyBinDir(pack.root, pack.copies, symlink),
    (error) => error instanceof VestibuleError && error.code === 'database.bundled_missing',
  );
});
