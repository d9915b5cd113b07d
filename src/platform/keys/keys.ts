import type { KeyObject } from 'node:crypto';
import type { Transaction } from '../database/index.ts';

/**
 * Seals and opens the values of one owner with its data key (AES-256-GCM). Synchronous: the key is loaded.
 * Keep it for one piece of work only, so that a destroyed key leaves the memory of all processes.
 */
export interface Sealer {
  /** `aad` names table, row and column: `access_log_event/evt_…/personal`. A value opens only in its place. */
  seal(plain: string, aad: string): string;
  /** @throws KeysError `keys.not_openable` when tampered with or moved, `keys.destroyed` when its key is gone. */
  open(sealed: string, aad: string): string;
}

export type CheckpointSigner = {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  /** Ed25519 over the bytes. */
  sign(bytes: Uint8Array): Uint8Array;
};

export type SamlServiceProviderKey = {
  readonly keyId: string;
  readonly privateKeyPem: string;
  readonly certificatePem: string;
};

export interface Keys {
  /**
   * Data key of one owner (`per_…` a person, `day:2026-03-02`, `system:jobs`), made when first asked for. Cached.
   * Resolves for a destroyed owner too; then `seal` and `open` throw. Ask before you open a transaction: with a
   * full pool, waiting for a second connection while holding one would stand still.
   */
  sealer(owner: string): Promise<Sealer>;
  /**
   * Destroys the owner's wrapped key: whatever was sealed under it is gone for good, and the owner never gets
   * another key. All processes drop it from memory when the transaction commits. Idempotent.
   */
  destroy(owner: string, within?: Transaction): Promise<void>;
  /** Keyed hash for looking up sealed values by equality; hex. `purpose` separates uses. */
  lookup(purpose: string, value: string): string;
  /** Ed25519 key that signs checkpoints; the public part can be exported. */
  checkpointSigner(): Promise<CheckpointSigner>;
  /** RSA-2048 key with self-signed certificate for our SAML service provider role; made once, kept sealed. */
  samlServiceProviderKey(): Promise<SamlServiceProviderKey>;
}

export type KeyInfo = {
  readonly keyId: string;
  readonly purpose: string;
  /** Public key or certificate, PEM. */
  readonly publicPart: string;
  readonly createdAt: Date;
  readonly retiredAt?: Date;
};

/** What the composition root and the command line hold; rooms receive `Keys`. */
export interface KeyRing extends Keys, AsyncDisposable {
  /** Retires the signing key in use and makes the next one. Public parts of retired keys stay listed. */
  rotate(purpose: 'checkpoint' | 'saml-service-provider'): Promise<void>;
  /** Signing keys, oldest first, retired ones too. */
  list(): Promise<readonly KeyInfo[]>;
}
