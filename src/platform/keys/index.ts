/**
 * platform/keys: the master key, data keys per owner, sealing, and the keys that sign.
 */
export type { CheckpointSigner, Keys, SamlServiceProviderKey, Sealer } from './keys.ts';
