/**
 * session: the browser's session with us, the only truth about who is signed in (R2.1).
 *
 * The browser holds a random token in a cookie; the key-value store holds the session under the token's hash;
 * PostgreSQL holds the index person → sessions → relying parties entered, so that everything that hangs on a
 * session can be found and ended (R7.3). Ends are fixed when the session opens and never move later.
 */

export type { EnteredParty } from './entries.ts';
export type { SessionRef } from './finding.ts';
export type { EndedSession, ListedSession } from './left.ts';
export { migrations } from './migrations.ts';
export { purgeEndedSessions } from './purge-sessions.ts';
export type { NewSession, Session } from './session.ts';
export { type AtLimit, createSessions, type Sessions } from './sessions.ts';
export type { SessionEndReason } from './tables.ts';
export { sessionTokenHash } from './token.ts';
