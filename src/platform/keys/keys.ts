import type { KeyObject } from 'node:crypto';
import type { Transaction } from '../database/index.ts';
import type { KeyActor } from './key-events.ts';
import type { IssuingPurpose, KeyPurpose } from './purposes.ts';

/**
 * Seals and opens the values of one owner with its data key (AES-256-GCM). Synchronous: the key is loaded.
 * Keep it for one piece of work only, so that a destroyed key leaves the memory of all processes.
 */
export interface Sealer {
  /** `aad` names table, row and column: `access_log_event/evt_…/personal`. A value opens only in its place. */
  seal(plain: string, aad: string): string;
  /** @throws KeysError `keys.not_openable` when tampered with or moved, `keys.destroyed` when its key is gone. */
  open(sealed: string, aad: string): string;
  /** Its key is gone, as far as this process knows: nothing can be sealed or opened any more. */
  readonly isDestroyed: boolean;
}

export type CheckpointSigner = {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  /** Ed25519 over the bytes. */
  sign(bytes: Uint8Array): Uint8Array;
};

/** The one that signs, the one that will sign after it, and those that signed before it and are still published. */
export type KeyState = 'active' | 'next' | 'retired';

export type IssuingKey = {
  /** JWK `kid`. */
  readonly keyId: string;
  readonly purpose: IssuingPurpose;
  readonly state: KeyState;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Of the SAML purposes: self-signed. */
  readonly certificatePem?: string;
  /** End of the certificate. */
  readonly notAfter?: Date;
  readonly publishedAt: Date;
  readonly activeSince?: Date;
  readonly retiredAt?: Date;
};

export type SamlServiceProviderKey = {
  readonly keyId: string;
  readonly state: KeyState;
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
  /** The same for many owners at once, with one query for those that are not cached. */
  sealers(owners: readonly string[]): Promise<ReadonlyMap<string, Sealer>>;
  /**
   * Destroys the owner's wrapped key: whatever was sealed under it is gone for good, and the owner never gets
   * another key. All processes drop it from memory when the transaction commits. Idempotent.
   */
  destroy(owner: string, within?: Transaction): Promise<void>;
  /** Keyed hash for looking up sealed values by equality; hex. `purpose` separates uses. */
  lookup(purpose: string, value: string): string;
  /** Ed25519 key that signs checkpoints; the public part can be exported. */
  checkpointSigner(): Promise<CheckpointSigner>;
  /**
   * The keys of a purpose: the active one first, then the next, then retired ones that are still published.
   * Active and next are made when first asked for; of several processes that ask at once, one makes them. Cached:
   * asking for each signature costs nothing. All of them verify and decrypt, and stand in what we publish; only
   * the active one signs.
   *
   * @throws KeysError `keys.not_openable` when a row was tampered with.
   */
  issuingKeys(purpose: IssuingPurpose): Promise<readonly IssuingKey[]>;
  /**
   * Tells in every process, soon after the commit, that `issuingKeys(purpose)` gives something else now; for all
   * purposes after the listening connection was lost and came back. Listeners must not throw.
   */
  onIssuingKeysChange(listener: (purpose: IssuingPurpose) => void): Disposable;
  /** The keys of `saml-service-provider` as PEM, in the order of `issuingKeys`. */
  samlServiceProviderKeys(): Promise<readonly SamlServiceProviderKey[]>;
}

export type KeyInfo = {
  readonly keyId: string;
  readonly purpose: KeyPurpose;
  readonly state: KeyState;
  /** Public key or certificate, PEM. */
  readonly publicPart: string;
  readonly createdAt: Date;
  readonly activeSince?: Date;
  readonly retiredAt?: Date;
  /** Of a retired key: when it is taken out of what we publish, and its private part destroyed. */
  readonly publishedUntil?: Date;
  readonly destroyedAt?: Date;
  /** End of the certificate. */
  readonly notAfter?: Date;
};

export type RotateOptions = {
  readonly by: KeyActor;
  /** Also when the next key has not been published for long enough. Who has not learnt it yet will refuse. */
  readonly force?: boolean;
};

export type Rotated =
  | { readonly outcome: 'rotated'; readonly from?: string; readonly to: string; readonly next?: string }
  | { readonly outcome: 'too-early'; readonly next: string; readonly mayFrom: Date };

/** When a certificate ends that something of ours depends on. */
export type CertificateEnd = {
  /** Purpose of a key of ours, or whose it is: `connection am`. */
  readonly of: string;
  /** Key id, or fingerprint of somebody else's. */
  readonly certificate: string;
  readonly state?: KeyState;
  readonly notAfter: Date;
};

export type KeptFresh = {
  readonly rotated: readonly {
    readonly purpose: IssuingPurpose;
    readonly from?: string;
    readonly to: string;
  }[];
  /** Ids of keys whose private part is gone now. */
  readonly destroyed: readonly string[];
  /** All certificates of active and next keys, and those of others that were given. */
  readonly certificates: readonly CertificateEnd[];
  /** Of these, the ones whose end came near since they were last told; each threshold is told once. */
  readonly warned: readonly (CertificateEnd & { readonly daysLeft: number })[];
};

/** What composition root and command line hold; rooms receive `Keys`. */
export type Withdrawn =
  | { readonly outcome: 'withdrawn'; readonly purpose: KeyPurpose }
  | { readonly outcome: 'unknown' }
  /** It signs, or will: another one must take its place first. */
  | { readonly outcome: 'in-use'; readonly purpose: KeyPurpose; readonly state: 'active' | 'next' }
  | { readonly outcome: 'gone' };

export interface KeyRing extends Keys, AsyncDisposable {
  /**
   * The next key becomes active, the active one retires and stays published, and a new next is made; in one
   * transaction, and live in all processes. A checkpoint key is replaced at once.
   */
  rotate(purpose: KeyPurpose, options: RotateOptions): Promise<Rotated>;
  /**
   * What time has made due: rotates keys that have reached their age, replaces next certificates that wait too
   * long, destroys retired keys, and warns before certificates end: ours, and those of others that are given. Safe
   * to run in several processes at once, and again after a crash. Makes no key of a purpose that was never asked
   * for.
   */
  keepFresh(others?: readonly CertificateEnd[]): Promise<KeptFresh>;
  /** Takes a retired key out of what is published, before its time: for one that somebody else may hold. */
  withdraw(keyId: string, asked: { readonly by: KeyActor }): Promise<Withdrawn>;
  /** Signing keys, oldest first, destroyed ones too. */
  list(): Promise<readonly KeyInfo[]>;
}
