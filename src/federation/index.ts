/**
 * federation: the upstream identity providers. Sends browsers there, verifies what comes back, and turns it
 * into an `Identity`: facts that the rest of the product may lean on.
 *
 *   begin ──▶ browser goes upstream ──▶ receive (finds the transaction) ──▶ finish (Identity, or a refusal)
 *
 * Owns the connections' configuration, trust in their keys, the mapping of claims and attributes, and the
 * record of spent assertion ids. Keeps nothing of a transaction: `pending` and `Received` are JSON that the
 * login room holds, binds to one browser and uses once (R2.2). Never decides who may enter, never creates
 * people: `directory` and `policy` do.
 *
 * oidc/ and saml/ speak the protocols; presets/ translate a product's configuration into theirs.
 */

export { checkConnections } from './check-connections.ts';
export { ConnectionConfig, PROFILE_FIELDS, type ProfileField } from './config.ts';
export { authnContextsOf } from './context-names.ts';
export { FederationError, type FederationErrorCode, type RefusalCode } from './errors.ts';
export type {
  BegunLogout,
  BrowserStep,
  UpstreamLogout,
  UpstreamLogoutRequest,
  UpstreamLogoutResponse,
  UpstreamLogoutToken,
} from './logout.ts';
export { PROFILE_ATTRIBUTES, RESERVED_ATTRIBUTES } from './mapping.ts';
export { migrations } from './migrations.ts';
export { purgeOneTimeIds } from './one-time-ids.ts';
export type {
  BeginOptions,
  Begun,
  Received,
  ServiceProviderKeys,
  Upstream,
  UpstreamAnswer,
  UpstreamCertificate,
  UpstreamHealth,
  UpstreamResult,
  Upstreams,
} from './upstream.ts';
export { createUpstreams, type UpstreamsNeeds } from './upstreams.ts';
