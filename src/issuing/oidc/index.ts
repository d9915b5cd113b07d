/**
 * oidc: our OpenID Connect provider at `<publicUrl>/oidc`, for applications of kind `oidc` and for machines. The only
 * home of oidc-provider.
 *
 *   GET /oidc/auth ─▶ interaction ─▶ /login/request/oidc/:uid ─▶ (login decides) ─▶ issue ─▶ GET /oidc/auth/:uid ─▶ code
 *   POST /oidc/token, /oidc/userinfo, /oidc/introspect ─▶ access is decided anew ─▶ token, claims, or a reason
 *
 * Our own session is the only truth: the library's lives for one request (R2.1). Grants and refresh tokens are in
 * PostgreSQL, what lives for minutes in the key-value store; both sealed, and under hashes of their ids (R7.3). Never
 * decides who may have a token: it asks `Access`, which app connects, at every exchange.
 */
export { checkMachines, checkOidcAccess, checkOidcResources, type OidcCheckContext } from './check-config.ts';
export { MachineConfig, OidcAccess, oidcKind } from './config.ts';
export type { EndedGrant } from './grant-store.ts';
export { isOidcProgramPath, type Mountable } from './handler.ts';
export type { IdTokenHint, LogoutTokens, NoOidcLogout, OidcLogout } from './logout.ts';
export { oidcPartyOf } from './parties.ts';
export { createPersonGates, type PersonGates } from './person-gates.ts';
export { isPkceOptional } from './pkce.ts';
export type { Access, AccessAnswer, AccessQuestion, OidcNeeds } from './ports.ts';
export { createOidcProvider, type MachineAccess, type OidcProvider } from './provider.ts';
export { purgeEndedGrants } from './purge-grants.ts';
