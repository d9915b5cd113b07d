import { createHash } from 'node:crypto';

/** Hashes are SHA-256 in lower-case hex; inputs are UTF-8, each with a label of its own so that none passes for another. */
export function sha256(label: string, ...parts: readonly string[]): string {
  return createHash('sha256')
    .update([`vestibule.access-log.${label}.v1`, ...parts].join('\n'))
    .digest('hex');
}

/** What the first event of every log follows. */
export const GENESIS = sha256('genesis');

/** Stands for an event without showing it: lets exports leave events out and still be verified. */
export function digestOf(body: string): string {
  return sha256('event', body);
}

/** One link of the chain. It covers the place in the sequence, all that came before, and the stored event. */
export function linkHash(seq: number, prev: string, digest: string): string {
  return sha256('link', String(seq), prev, digest);
}

/** Hides values it commits to as long as the salt, 128 random bits, is unknown. */
export function commitmentOf(salt: string, canonicalValues: string): string {
  return sha256('personal', salt, canonicalValues);
}
