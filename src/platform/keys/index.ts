/**
 * platform/keys: the master key, a data key for each owner, sealing, and the keys that sign.
 *
 *   master key (environment or file) ── wraps ──▶ data key of an owner ── seals ──▶ values in other rooms' tables
 *                                    └─ wraps ──▶ signing keys (checkpoints, SAML service provider)
 *
 * Owns which key is whose, rotation and destruction. Never stores a sealed value: rooms keep them in their own
 * tables and name the place (table, row, column) when they seal and open. Destroying an owner's key is how a
 * person is erased while hashes over the sealed values stay valid (R6.2).
 */
export { KeysError, type KeysErrorCode } from './errors.ts';
export type { CheckpointSigner, KeyInfo, KeyRing, Keys, SamlServiceProviderKey, Sealer } from './keys.ts';
export { loadMasterKey, type MasterKeyOptions } from './load-master-key.ts';
export { hasSealedData } from './master-check.ts';
export { MasterKey, type MasterKeys } from './master-key.ts';
export { migrations } from './migrations.ts';
export { type KeysOptions, openKeys } from './open-keys.ts';
export { rotateMasterKey } from './rotate-master.ts';
