import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../base/index.ts';

/** A signed statement of how the log looked: kept outside, it makes every later change of history visible. */
export const Checkpoint = z.strictObject({
  /** Last event that it covers. */
  seq: z.int().positive(),
  /** Hash of the link at `seq`; covers all events up to there. */
  head: z.string().regex(/^[0-9a-f]{64}$/),
  /** Events up to `seq`; equal to it, because the sequence has no gaps. */
  count: z.int().positive(),
  /** ISO 8601, UTC: when it was signed. */
  time: z.string(),
  /** Name of the signing key. */
  keyId: z.string(),
  /** SHA-256 of the public key (DER, SubjectPublicKeyInfo), hex: tells a wrong key from a forged checkpoint. */
  keyFingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  /** Ed25519 over the other members, base64url. */
  signature: z.string(),
});
export type Checkpoint = z.infer<typeof Checkpoint>;

/** Structural part of `keys.checkpointSigner()`. */
export type CheckpointSigner = {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  sign(bytes: Uint8Array): Uint8Array;
};

export function signCheckpoint(
  place: { readonly seq: number; readonly hash: string },
  time: Date,
  signer: CheckpointSigner,
): Checkpoint {
  const statement = {
    ...{ seq: place.seq, head: place.hash, count: place.seq, time: time.toISOString() },
    ...{ keyId: signer.keyId, keyFingerprint: fingerprint(signer.publicKey) },
  };
  const signature = Buffer.from(signer.sign(signedBytes(statement))).toString('base64url');
  return { ...statement, signature };
}

/** True when the holder of one of these keys signed exactly this. */
export function isSignedBy(checkpoint: Checkpoint, publicKeys: readonly KeyObject[]): boolean {
  const { signature, ...statement } = checkpoint;
  const bytes = signedBytes(statement);
  const raw = Buffer.from(signature, 'base64url');
  // One signature has one spelling, so that no byte of a checkpoint can be changed unseen.
  if (raw.toString('base64url') !== signature) return false;
  return publicKeys.some((key) => key.asymmetricKeyType === 'ed25519' && verify(null, bytes, key, raw));
}

export function fingerprint(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** One line, as sinks and the database keep it. */
export function renderCheckpoint(checkpoint: Checkpoint): string {
  return canonicalJson(checkpoint);
}

/**
 * Reads a checkpoint file: one checkpoint, or one a line as the file sink writes them.
 *
 * @throws SyntaxError or ZodError when a line is not a checkpoint.
 */
export function parseCheckpoints(text: string): readonly Checkpoint[] {
  const whole = text.trim();
  if (whole.startsWith('{') && whole.includes('\n') && !whole.includes('}\n')) {
    return [Checkpoint.parse(JSON.parse(whole))];
  }
  return whole
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => Checkpoint.parse(JSON.parse(line)));
}

/**
 * Reads a key file for `verifyLog`: one or more public keys in PEM, retired ones too.
 *
 * @throws TypeError when there is none, or one that is not a public Ed25519 key.
 */
export function parsePublicKeys(text: string): readonly KeyObject[] {
  const blocks = text.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g) ?? [];
  const keys = blocks.map((block) => {
    if (block.includes('PRIVATE')) throw new TypeError('this is a private key; give the public one');
    return createPublicKey(block);
  });
  const isRight = keys.length > 0 && keys.every(({ asymmetricKeyType }) => asymmetricKeyType === 'ed25519');
  if (!isRight) throw new TypeError('a key file holds Ed25519 public keys in PEM');
  return keys;
}

function signedBytes(statement: Omit<Checkpoint, 'signature'>): Buffer {
  return Buffer.from(`vestibule.access-log.checkpoint.v1\n${canonicalJson(statement)}`);
}
