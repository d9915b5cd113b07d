import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openCommandLine } from '../support/command-line.ts';

const COMMAND = join(import.meta.dirname, '..', '..', 'bin', 'vestibule.mjs');

test('commands about what a broker did never make an empty database and answer for that', async () => {
  using command = openCommandLine();

  for (const name of ['plan', 'apply', 'tasks', 'approve', 'queue', 'set-up iconik-halden']) {
    const { code, err } = await command.run(...name.split(' '));

    assert.equal(code, 2, name);
    assert.match(err, /VESTIBULE_DATA: there is no database of a broker in .*DATABASE_URL/, name);
  }
  assert.equal(existsSync(join(command.folder, 'data', 'postgres')), false);
});

test('whoever has read enough may stop reading', async () => {
  const run = promisify(execFile);

  const { stdout, stderr } = await run('sh', [
    '-c',
    `"${process.execPath}" "${COMMAND}" schema | head -c 10`,
  ]);

  assert.equal(stdout.length, 10);
  assert.equal(stderr, '');
});
