/**
 * logout: ends sessions and access, tells everybody who should know, and says what was confirmed.
 *
 *   /logout (the person, an OIDC relying party) ─┐
 *   /saml/slo (a SAML relying party)             ├─▶ session over ─▶ recorded ─▶ grants revoked ─▶ back channel told
 *   /login/:connection/slo, …/backchannel-logout ─┤                                   │
 *   endSession, endAccess (rooms above)          ─┘      /logout/:handle ◀────────────┘
 *                                                          │ one after the other through the browser: relying
 *                                                          │ parties, the upstream, back to whoever asked
 *                                                          └ per relying party: confirmed, sent, no answer, still open
 *
 * Owns the running logouts, the open requests to peers and the spent ids of their messages. Nothing is called ended
 * unless it was confirmed (R3.4); messages that are not signed, ours, new and asked for end nothing (R8.2). Knows no
 * protocol of issuing: how a relying party is told comes through `ports.ts`.
 */
export type { EndingDeps, LogoutSettings } from './deps.ts';
export type { WhyEnded } from './end-session.ts';
export { LogoutError, type LogoutErrorCode, type UnconfirmedCode } from './errors.ts';
export { createLogout, type EndedSessionReport, type Logout, type LogoutNeeds } from './logout.ts';
export { isLogoutEndpoint, type LogoutPagesNeeds, logoutPages } from './mount.ts';
export { migrations, purgeLogoutIds } from './one-time-ids.ts';
export type {
  AccessEnds,
  BackChannelLogout,
  FrontChannelLogout,
  LogoutByHand,
  NoLogout,
  OidcLogouts,
  PartyLogout,
  PartyLogouts,
  SamlLogouts,
  SamlPeer,
} from './ports.ts';
export type { LogoutBy } from './run.ts';
export { samlPartyLogout } from './saml/party-logout.ts';
