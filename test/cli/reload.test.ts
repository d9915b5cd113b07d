import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { Unavailable } from '../../src/base/index.ts';
import { demoConfiguration } from '../../src/cli/demo-world.ts';
import { ReloadOnHangUp } from '../../src/cli/reload.ts';
import { createLog } from '../../src/platform/log/index.ts';

const GOOD = demoConfiguration({ broker: 3000, sandbox: 3002 });

function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'vst-reload-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'vestibule.yaml');
  writeFileSync(path, GOOD);
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  const pauses: (() => void)[] = [];
  const sleep = (): Promise<void> => new Promise((resolve) => pauses.push(resolve));
  const reloading = new ReloadOnHangUp(path, log, sleep);
  t.after(() => reloading[Symbol.dispose]());
  const applied: string[] = [];
  const faults: Error[] = [];
  const app = {
    apply: async (config: { readonly organisation?: string | undefined }): Promise<void> => {
      const fault = faults.shift();
      if (fault) throw fault;
      applied.push(config.organisation ?? '');
    },
  };
  return { path, lines, pauses, reloading, applied, faults, app };
}

const databaseAway = (): Unavailable =>
  new Unavailable({ code: 'database.unavailable', system: 'database', publicMessage: 'Please try again.' });

async function hangUp(): Promise<void> {
  process.emit('SIGHUP');
  await settled();
}

test('a signal while the broker still starts ends nothing, and the file is taken over when it runs', async (t) => {
  const { reloading, applied, app } = open(t);
  await hangUp();
  await hangUp();
  assert.deepEqual(applied, []);

  reloading.serves(app);
  await settled();

  assert.deepEqual(applied, ['Halden'], 'once, however often it was asked for');
});

test('a file that could not be taken over because a system was away is taken over when that is back', async (t) => {
  const { path, reloading, applied, faults, app, lines, pauses } = open(t);
  reloading.serves(app);
  faults.push(databaseAway(), databaseAway());
  await hangUp();
  pauses.shift()?.();
  await settled();
  writeFileSync(path, GOOD.replace('organisation: Halden', 'organisation: Halden & Co'));
  pauses.shift()?.();
  await settled();

  assert.deepEqual(applied, ['Halden & Co'], 'as it is then');
  assert.equal(lines.filter((line) => line.includes('another try follows')).length, 2);
});

test('a file with problems is not tried again', async (t) => {
  const { path, reloading, applied, app, lines, pauses } = open(t);
  reloading.serves(app);
  writeFileSync(path, 'publicUrl: nowhere');
  await hangUp();

  assert.deepEqual([applied, pauses], [[], []]);
  assert.match(lines.join('\n'), /the former one stays in force/);
});

test('nothing is tried again once it is over', async (t) => {
  const { reloading, applied, faults, app, pauses } = open(t);
  reloading.serves(app);
  faults.push(databaseAway());
  await hangUp();
  reloading[Symbol.dispose]();
  pauses.shift()?.();
  await settled();

  assert.deepEqual(applied, []);
});
