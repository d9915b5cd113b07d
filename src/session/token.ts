import { createHash } from 'node:crypto';

/** Only the hash is stored, so reading the store gives nobody a session. */
export function sessionTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** Where the session of a token is held. */
export function keyFor(tokenHash: string): string {
  return `session:token:${tokenHash}`;
}
