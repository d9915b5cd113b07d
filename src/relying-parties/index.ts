/**
 * relying-parties: the registry of where people enter (relying parties) and where accounts live (targets).
 *
 * Two things, in configuration and code (R5.1): a relying party points at no target or one. Knows the shape they
 * share; what a kind adds is parsed by the rooms that own the kind and kept here as they gave it.
 */
export {
  checkRegistry,
  type KindShape,
  relyingPartySchema,
  type SplitConfig,
  splitShorthand,
  targetSchema,
} from './config.ts';
export { createRegistry, type Registry, type RelyingParty, type Role, type Target } from './registry.ts';
