import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { renderCheckpoint } from '../../src/access-log/index.ts';
import { main } from '../../src/cli/index.ts';
import { openWorld, someEvent, temporaryFolder } from '../access-log/world.ts';

// Scripts of auditors act on the exit code: 0 intact, 1 broken, 2 not anchored or called wrongly.

/** An export of four events, with checkpoint and key beside it. */
async function openEvidence(t: TestContext) {
  const { log, keys } = await openWorld(t);
  for (let count = 0; count < 4; count += 1) await log.append(someEvent());
  const checkpoint = await log.runOnce({ checkpoint: 'now' });
  assert.ok(checkpoint);
  const lines: string[] = [];
  for await (const line of log.exportLog({ format: 'jsonl', by: { via: 'cli' }, reveal: false }))
    lines.push(line);
  const folder = await temporaryFolder(t);
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const { publicKey } = await keys.checkpointSigner();
  const proof = [
    ...['--checkpoint', write('checkpoint', renderCheckpoint(checkpoint))],
    ...['--key', write('key.pem', String(publicKey.export({ type: 'spki', format: 'pem' })))],
  ];
  const verify = async (changed: readonly string[], ...more: string[]) => {
    const printed = t.mock.method(console, 'log', () => undefined);
    const file = write('log.jsonl', `${changed.join('\n')}\n`);
    const code = await main(['log', 'verify', file, ...proof, ...more]);
    const out = printed.mock.calls.map((call) => call.arguments[0]).join('\n');
    printed.mock.restore();
    return { code, out };
  };
  return { lines, verify };
}

test('an export that nobody touched is intact', async (t) => {
  const { lines, verify } = await openEvidence(t);

  const { code, out } = await verify(lines);

  assert.equal(code, 0, out);
  assert.match(out, /anchored to/i);
});

test('an export in which a word was changed is broken, and the place is named', async (t) => {
  const { lines, verify } = await openEvidence(t);
  const at = lines.findIndex((line) => line.includes('store-emea'));

  const { code, out } = await verify(lines.with(at, (lines[at] ?? '').replace('store-emea', 'store-na')));

  assert.equal(code, 1, out);
});

test('an export without one of its events is broken', async (t) => {
  const { lines, verify } = await openEvidence(t);
  const at = lines.findIndex((line) => line.includes('store-emea'));

  assert.equal((await verify(lines.toSpliced(at + 1, 1))).code, 1);
});

test('an export that ends before the checkpoint is not intact', async (t) => {
  const { lines, verify } = await openEvidence(t);
  const last = lines.findLastIndex((line) => line.includes('store-emea'));

  assert.notEqual((await verify(lines.toSpliced(last, 1))).code, 0);
});

test('scripts get the same as JSON', async (t) => {
  const { lines, verify } = await openEvidence(t);

  const { code, out } = await verify(lines, '--json');

  const { outcome, exitCode } = JSON.parse(out) as { outcome: string; exitCode: number };
  assert.deepEqual({ code, outcome, exitCode }, { code: 0, outcome: 'intact', exitCode: 0 });
});
