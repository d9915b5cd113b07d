import type { KeyObject } from 'node:crypto';

/** Seals and opens the values of one owner with its data key (AES-256-GCM). Synchronous: the key is loaded. */
export interface Sealer {
  /** `aad` names table, row and column: `access_log_event/evt_…/personal`. A value opens only in its place. */
  seal(plain: string, aad: string): string;
  /** @throws KeysError when the value was tampered with, belongs to another place or its key was destroyed. */
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
  /** Data key of one owner (`per_…` a person, `day:2026-03-02`, `system:jobs`), made when first asked for. Cached. */
  sealer(owner: string): Promise<Sealer>;
  /** Destroys the owner's wrapped key: whatever was sealed under it is gone for good. */
  destroy(owner: string): Promise<void>;
  /** Keyed hash for looking up sealed values by equality; hex. `purpose` separates uses. */
  lookup(purpose: string, value: string): string;
  /** Ed25519 key that signs checkpoints; the public part can be exported. */
  checkpointSigner(): Promise<CheckpointSigner>;
  /** RSA-2048 key with self-signed certificate for our SAML service provider role; made once, kept sealed. */
  samlServiceProviderKey(): Promise<SamlServiceProviderKey>;
}
