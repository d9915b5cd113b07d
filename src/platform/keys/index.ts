/**
 * platform/keys: the master key, a data key for each owner, sealing, and the keys that sign.
 *
 *   master key (environment or file) ── wraps ──▶ data key of an owner ── seals ──▶ values in other rooms' tables
 *                                    └─ wraps ──▶ signing keys: tokens, SAML in both roles, checkpoints
 *
 *   next (published, does not sign) ──▶ active (signs) ──▶ retired (published, verifies, decrypts) ──▶ destroyed
 *
 * Owns which key is whose, rotation and destruction. Never stores a sealed value: rooms keep them in their own
 * tables and name the place (table, row, column) when they seal and open. Destroying an owner's key is how a
 * person is erased while hashes over the sealed values stay valid (R6.2).
 */
export { checkKeys, KeysConfig } from './config.ts';
export { KeysError, type KeysErrorCode } from './errors.ts';
export type { KeyActor, KeyEvent, KeyEvents } from './key-events.ts';
export type {
  CertificateEnd,
  CheckpointSigner,
  IssuingKey,
  KeptFresh,
  KeyInfo,
  KeyRing,
  KeyState,
  Keys,
  Rotated,
  RotateOptions,
  SamlServiceProviderKey,
  Sealer,
} from './keys.ts';
export { loadMasterKey, type MasterKeyOptions } from './load-master-key.ts';
export { hasSealedData } from './master-check.ts';
export { MasterKey, type MasterKeys } from './master-key.ts';
export { migrations } from './migrations.ts';
export { type KeysOptions, openKeys } from './open-keys.ts';
export { type IssuingPurpose, KEY_PURPOSES, type KeyPurpose } from './purposes.ts';
export { rotateMasterKey } from './rotate-master.ts';
