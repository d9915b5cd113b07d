/**
 * login: one run from a request to an artefact, the only way in.
 *
 *   /launch/:rp ─▶ begin ─▶ (upstream) ─▶ callback ─▶ identity ─▶ decide ─▶ provision ─▶ issue ─▶ record
 *                    │                      ▲  └─ cross-site POST: parked, /login/continue/:handle
 *                    └─ session there ──────┼──────────────────────▶ decide (a store switch needs no new login)
 *
 * Owns the transactions of sign-ins in flight, their binding to the browser (R2), the order of the stages and the
 * pages of every exit. `pipeline.ts` is the table of stages; the state is a union, so a wrong order does not
 * compile. Decides nothing itself, makes no account and mints no token: it asks the rooms that do.
 */
export { type CurrentSession, createCurrentSession, SESSION_COOKIE } from './current-session.ts';
export type { LoginDeps, LoginSettings } from './deps.ts';
export { launchHref } from './destination.ts';
export { LoginError, type LoginErrorCode } from './errors.ts';
export { describeInstant } from './instant-text.ts';
export { isCrossSiteEndpoint, loginRoutes } from './routes.ts';
export { signedInBy } from './signed-in.ts';
export type { SignedIn } from './state.ts';
export { createTransactions } from './transaction.ts';
