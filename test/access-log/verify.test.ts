import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { digestOf, linkHash } from '../../src/access-log/chain.ts';
import { type Checkpoint, signCheckpoint } from '../../src/access-log/checkpoint.ts';
import {
  formatVerification,
  parseCheckpoints,
  parsePublicKeys,
  readLines,
  renderCheckpoint,
  type VerifyOptions,
  verifyLog,
} from '../../src/access-log/index.ts';
import { canonicalJson } from '../../src/base/index.ts';
import { checkpointAt, makeChain, newSigner, plainEvent } from './corpus.ts';

const signer = newSigner();
const chain = makeChain(12);
const checkpoint = checkpointAt(chain, 10, signer);
const trusted: VerifyOptions = { publicKey: signer.publicKey, checkpoint };

type Seen = { readonly kind: string; readonly from?: number; readonly to?: number };

/** Verdict and findings without line numbers. */
async function verdictOf(
  lines: readonly string[],
  options: Partial<VerifyOptions> = {},
): Promise<{ outcome: string; seen: readonly Seen[] }> {
  const { outcome, findings } = await verifyLog(lines, { ...trusted, ...options });
  const seen = findings.map((finding) => {
    const { line: _line, ...rest } = { line: 0, ...finding };
    return rest;
  });
  return { outcome, seen };
}

/** The chain with the line of one event replaced. */
function withLine(seq: number, line: string): string[] {
  return chain.lines.with(seq - 1, line);
}

test('an untouched export is intact, anchored to its checkpoint, and the rest is called not anchored', async () => {
  const result = await verifyLog(chain.lines, trusted);

  assert.equal(result.outcome, 'intact');
  assert.equal(result.exitCode, 0);
  assert.equal(result.anchoredTo, 10);
  assert.equal(result.notAnchored, 2);
  assert.match(formatVerification(result), /anchored to event 10 .*2 later events are not anchored/);
});

test('a changed value is named by its event', async () => {
  const line = (chain.lines[4] ?? '').replace('login.issued', 'login.failed');

  assert.deepEqual(await verdictOf(withLine(5, line)), {
    outcome: 'broken',
    seen: [{ kind: 'changed', from: 5 }],
  });
});

test('a changed number in the sequence is named by its place', async () => {
  const line = (chain.lines[4] ?? '').replace('"seq":5}', '"seq":9}');

  assert.deepEqual(await verdictOf(withLine(5, line)), {
    outcome: 'broken',
    seen: [{ kind: 'changed', from: 5 }],
  });
});

test('dropped events are named', async () => {
  const lines = chain.lines.toSpliced(3, 2);

  assert.deepEqual(await verdictOf(lines), {
    outcome: 'broken',
    seen: [{ kind: 'missing', from: 4, to: 5 }],
  });
});

test('events dropped from the beginning are named', async () => {
  assert.deepEqual(await verdictOf(chain.lines.slice(3)), {
    outcome: 'broken',
    seen: [{ kind: 'missing', from: 1, to: 3 }],
  });
});

test('events in another order are named', async () => {
  const [four = '', five = ''] = chain.lines.slice(3, 5);
  const lines = chain.lines.with(3, five).with(4, four);

  assert.deepEqual(await verdictOf(lines), { outcome: 'broken', seen: [{ kind: 'reordered', from: 4 }] });
});

test('an event that appears twice is named', async () => {
  const lines = chain.lines.toSpliced(6, 0, chain.lines[3] ?? '');

  assert.deepEqual(await verdictOf(lines), { outcome: 'broken', seen: [{ kind: 'duplicate', from: 4 }] });
});

test('an export cut off before the checkpoint is named with what is missing', async () => {
  assert.deepEqual((await verdictOf(chain.lines.slice(0, 7))).seen, [
    { kind: 'truncated', from: 8, to: 10 },
    { kind: 'not_anchored' },
  ]);
  assert.equal((await verdictOf([])).outcome, 'broken');
});

test('an event replaced and hashed anew does not fit the next one', async () => {
  const { prev } = JSON.parse(chain.lines[4] ?? '');
  const event = { ...(plainEvent(5) as object), type: 'nothing.happened' };
  const hash = linkHash(5, prev, digestOf(canonicalJson(event)));

  const lines = withLine(5, canonicalJson({ seq: 5, prev, hash, event }));

  assert.deepEqual((await verdictOf(lines)).seen, [{ kind: 'rewritten', from: 5, to: 6 }]);
});

test('a history written anew from one event on is consistent, and still not the one that was signed', async () => {
  const forged = makeChain(12, (seq) => (seq === 6 ? { type: 'nothing.happened' } : plainEvent(seq)));

  assert.deepEqual(await verdictOf(forged.lines), {
    outcome: 'broken',
    seen: [{ kind: 'not_as_signed', from: 1, to: 10 }, { kind: 'not_anchored' }],
  });
});

test('several checkpoints narrow down where history was rewritten', async () => {
  const forged = makeChain(12, (seq) => (seq === 6 ? { type: 'nothing.happened' } : plainEvent(seq)));
  const checkpoints = [checkpointAt(chain, 4, signer), checkpointAt(chain, 8, signer), checkpoint];

  assert.deepEqual((await verdictOf(forged.lines, { checkpoint: checkpoints })).seen, [
    { kind: 'not_as_signed', from: 5, to: 8 },
    { kind: 'not_as_signed', from: 5, to: 10 },
  ]);
});

test('a history rewritten behind the last checkpoint is not called anchored', async () => {
  const forged = makeChain(12, (seq) => (seq === 11 ? { type: 'nothing.happened' } : plainEvent(seq)));

  const result = await verifyLog(forged.lines, trusted);

  assert.equal(result.anchoredTo, 10);
  assert.equal(result.notAnchored, 2);
});

test('a forged checkpoint is named: the key that it claims did not sign it', async () => {
  const forged: Checkpoint = { ...checkpoint, head: chain.hashes[8] ?? '' };

  assert.deepEqual(await verdictOf(chain.lines, { checkpoint: forged }), {
    outcome: 'broken',
    seen: [{ kind: 'checkpoint_forged', from: 10 }, { kind: 'not_anchored' }],
  });
});

test('a checkpoint of another key proves nothing, and the result says so', async () => {
  const other = checkpointAt(chain, 10, newSigner());

  const result = await verifyLog(chain.lines, { ...trusted, checkpoint: other });

  assert.equal(result.outcome, 'unanchored');
  assert.equal(result.exitCode, 2);
  assert.deepEqual(
    result.findings.map(({ kind }) => kind),
    ['wrong_key', 'not_anchored'],
  );
});

test('who holds the key cannot be imitated by a checkpoint that only names its fingerprint', async () => {
  const thief = newSigner();
  const forged = makeChain(12, () => ({ type: 'nothing.happened' }));
  const imitated = signCheckpoint({ seq: 10, hash: forged.hashes[9] ?? '' }, new Date(0), {
    ...thief,
    publicKey: signer.publicKey,
  });

  assert.equal((await verdictOf(forged.lines, { checkpoint: imitated })).outcome, 'broken');
});

test('part of the log verifies when the caller says where it begins', async () => {
  const result = await verifyLog(chain.lines.slice(5), { ...trusted, from: 6 });

  assert.equal(result.outcome, 'intact');
  assert.equal(result.anchoredTo, 10);
});

test('part of the log with no checkpoint inside is not anchored', async () => {
  const { outcome } = await verdictOf(chain.lines.slice(2, 5), { from: 3, to: 5 });

  assert.equal(outcome, 'unanchored');
});

test('a checkpoint just before the part vouches for its first link', async () => {
  const forged = makeChain(12, (seq) => (seq < 3 ? { type: 'nothing.happened' } : plainEvent(seq)));
  const before = [checkpointAt(chain, 4, signer)];

  assert.deepEqual((await verdictOf(forged.lines.slice(4), { from: 5, checkpoint: before })).seen, [
    { kind: 'not_as_signed', from: 4, to: 4 },
    { kind: 'not_anchored' },
  ]);
});

test('an event hidden behind its digest is named, unless events were to be left out', async () => {
  const { event, revealed: _revealed, ...place } = JSON.parse(chain.lines[3] ?? '');
  const lines = withLine(4, canonicalJson({ ...place, digest: digestOf(canonicalJson(event)) }));

  assert.deepEqual((await verdictOf(lines)).seen, [{ kind: 'withheld', from: 4 }]);
  assert.equal((await verdictOf(lines, { allowWithheld: true })).outcome, 'intact');
});

test('personal values that were not the recorded ones are named', async () => {
  const line = (chain.lines[3] ?? '').replace('mira@', 'noah@');

  assert.deepEqual((await verdictOf(withLine(4, line))).seen, [{ kind: 'revealed_changed', from: 4 }]);
});

test('a second spelling of the same JSON is not accepted', async () => {
  const [first = ''] = chain.lines;
  const spellings = [
    first.replace('0.5', '5e-1'),
    first.replace('"seq":1}', '"seq":1,"seq":1}'),
    `\ufeff${first}`,
  ];

  for (const spelling of spellings) {
    const { seen } = await verdictOf(withLine(1, spelling));
    assert.equal(seen[0]?.kind, 'malformed', spelling.slice(0, 40));
  }
});

test('a million wrong lines give a bounded report', async () => {
  const result = await verifyLog(Array(100_000).fill('x'), trusted);

  assert.ok(result.findings.length < 1_100);
  assert.ok(formatVerification(result).split('\n').length < 60);
});

test('any change of one byte is found, or is space around a line', async () => {
  const bytes = Buffer.from(`${makeChain(2).lines.join('\n')}\n`);
  const only = { publicKey: signer.publicKey, checkpoint: checkpointAt(makeChain(2), 2, signer) };
  const values = [0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x30, 0x5c, 0x7d, 0xff];

  for (let at = 0; at < bytes.length; at += 1) {
    for (const value of new Set([...values, (bytes[at] ?? 0) ^ 1, (bytes[at] ?? 0) ^ 0x20])) {
      if (value === bytes[at]) continue;
      const changed = Buffer.from(bytes);
      changed[at] = value;
      const { outcome } = await verifyLog(readLines(oneChunk(changed)), only);
      const isSpace = bytes[at] === 0x0a && at === bytes.length - 1 && [0x20, 0x09, 0x0d].includes(value);
      assert.equal(outcome, isSpace ? 'intact' : 'broken', `byte ${at} to ${value}`);
    }
  }
});

test('any change of one byte of a checkpoint makes it useless', async () => {
  const text = Buffer.from(renderCheckpoint(checkpoint));

  for (let at = 0; at < text.length; at += 1) {
    const changed = Buffer.from(text);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const parsed = tryParse(changed.toString());
    const outcome = parsed ? (await verdictOf(chain.lines, { checkpoint: parsed })).outcome : 'unreadable';
    assert.notEqual(outcome, 'intact', `byte ${at}`);
  }
});

test('a signature has one spelling only', async () => {
  const { signature } = checkpoint;
  const bytes = Buffer.from(signature, 'base64url');
  const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
    .map((last) => signature.slice(0, -1) + last)
    .filter((other) => other !== signature && Buffer.from(other, 'base64url').equals(bytes));

  assert.equal(spellings.length, 15);
  for (const other of [...spellings, `${signature}=`, ` ${signature}`]) {
    const { outcome } = await verdictOf(chain.lines, { checkpoint: { ...checkpoint, signature: other } });
    assert.equal(outcome, 'broken');
  }
});

test('a key file may hold retired keys beside the present one, and never a private key', async () => {
  const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
  const keys = parsePublicKeys(pem(newSigner().publicKey) + pem(signer.publicKey));
  const privatePem = generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const rsaPem = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);

  assert.equal((await verdictOf(chain.lines, { publicKey: keys })).outcome, 'intact');
  for (const wrong of ['', 'no key', privatePem, rsaPem])
    assert.throws(() => parsePublicKeys(wrong), TypeError);
});

test('bytes split anywhere give the same lines', async () => {
  const text = 'Grüße\n{"a":"€"}\n\nlast';
  const bytes = Buffer.from(text);
  for (let at = 0; at <= bytes.length; at += 1) {
    const lines: string[] = [];
    for await (const line of readLines(chunks(bytes.subarray(0, at), bytes.subarray(at)))) lines.push(line);
    assert.deepEqual(lines, text.split('\n'));
  }
});

function tryParse(text: string): readonly Checkpoint[] | undefined {
  try {
    return parseCheckpoints(text);
  } catch {
    return undefined;
  }
}

function oneChunk(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  return chunks(bytes);
}

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}
