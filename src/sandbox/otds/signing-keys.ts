import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { Keys } from '../keys.ts';

export type SigningKey = { readonly kid: string; readonly privateKey: KeyObject };

/** The present key and the next one; both are published, and `rotate` moves one on. */
export interface SigningKeys {
  current(): Promise<SigningKey>;
  published(): Promise<readonly SigningKey[]>;
  /** A key that nobody publishes. */
  unknown(): Promise<SigningKey>;
  rotate(): void;
  reset(): void;
}

export function createSigningKeys(keys: Keys): SigningKeys {
  let number = 1;
  const named = async (name: string): Promise<SigningKey> => {
    const privateKey = await keys.rsa(name);
    const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    return { privateKey, kid: createHash('sha256').update(spki).digest('hex').slice(0, 32) };
  };
  return {
    current: () => named(`otds-${number}`),
    published: () => Promise.all([named(`otds-${number}`), named(`otds-${number + 1}`)]),
    unknown: () => named('otds-unknown'),
    rotate: () => {
      number += 1;
    },
    reset: () => {
      number = 1;
    },
  };
}
