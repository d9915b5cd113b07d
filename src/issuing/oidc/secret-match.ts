import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../base/index.ts';

/** Compares with all of them, always: neither which one matched nor how far shows in the time. */
export function constantTimeMatch(shown: string, secrets: readonly Secret[]): boolean {
  const digest = hash(shown);
  let isMatch = false;
  for (const secret of secrets) {
    if (timingSafeEqual(digest, hash(secret.reveal()))) isMatch = true;
  }
  return isMatch;
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
