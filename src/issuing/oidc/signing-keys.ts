import type { KeyObject } from 'node:crypto';
import type { JWK } from 'oidc-provider';
import type { IssuingKey, Keys } from '../../platform/keys/index.ts';
import type { SigningAlgorithm } from './config.ts';

const PURPOSES = { RS256: 'oidc-rs256', ES256: 'oidc-es256', EdDSA: 'oidc-eddsa' } as const;

export type PublishedKey = {
  readonly keyId: string;
  readonly alg: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
};

/** All keys that we publish; of each algorithm the active one first, because the first one signs. */
export async function publishedKeys(keys: Pick<Keys, 'issuingKeys'>): Promise<readonly PublishedKey[]> {
  const all = await Promise.all(
    (Object.keys(PURPOSES) as SigningAlgorithm[]).map(async (alg) =>
      (await keys.issuingKeys(PURPOSES[alg])).map(({ keyId, privateKey, publicKey }: IssuingKey) => ({
        keyId,
        alg,
        privateKey,
        publicKey,
      })),
    ),
  );
  return all.flat();
}

export function isOidcPurpose(purpose: string): boolean {
  return Object.values<string>(PURPOSES).includes(purpose);
}

/** As the library wants them. Holds the private part: never logged, never kept. */
export function toJwk({ keyId, alg, privateKey }: PublishedKey): JWK {
  return { ...(privateKey.export({ format: 'jwk' }) as JWK), kid: keyId, alg, use: 'sig' };
}
