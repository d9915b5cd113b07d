/**
 * relying-parties: the registry of where people enter (relying parties) and where accounts live (targets).
 *
 * Two things, in configuration and code (R5.1): a relying party points at no target or one. Knows the shape they
 * share; what a kind adds is parsed by the rooms that own the kind and kept here as they gave it.
 *
 * Also owns the table of relying parties that were made over the API, sealed as they were written. Whether one fits
 * the configuration file, and so works, app finds out each time it puts both together.
 */
export {
  accountOfRole,
  checkRegistry,
  type KindShape,
  relyingPartySchema,
  type SplitConfig,
  splitShorthand,
  targetSchema,
} from './config.ts';
export { migrations } from './migrations.ts';
export {
  createObjectStore,
  OBJECTS_CHANNEL,
  type ObjectDocument,
  type ObjectStore,
  type StoredObject,
  type StoredObjects,
} from './object-store.ts';
export {
  createRegistry,
  type Origin,
  type Registry,
  type RelyingParty,
  type Role,
  type Target,
} from './registry.ts';
