import type { AccessLog } from '../access-log/index.ts';
import type { Clock } from '../base/index.ts';
import type { Directory } from '../directory/index.ts';
import type { Upstreams } from '../federation/index.ts';
import type { Issuer, LoginRequest, LoginRequests } from '../issuing/index.ts';
import type { Logout } from '../logout/index.ts';
import type { Cookies } from '../platform/http/index.ts';
import type { KeyValueStore } from '../platform/key-value/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { Reconcile } from '../reconcile/index.ts';
import type { Registry, RelyingParty } from '../relying-parties/index.ts';
import type { Sessions } from '../session/index.ts';
import type { Transactions } from './transaction.ts';

export type LoginDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly cookies: Cookies;
  readonly keyValue: KeyValueStore;
  readonly transactions: Transactions;
  readonly upstreams: Upstreams;
  readonly directory: Directory;
  readonly sessions: Sessions;
  /** Ends what a former session of the browser opened, and tells relying parties. */
  readonly logout: Pick<Logout, 'endSession' | 'watchLimit'>;
  readonly reconcile: Reconcile;
  readonly registry: Registry;
  readonly accessLog: AccessLog;
  readonly issuerOf: (relyingParty: RelyingParty) => Issuer | undefined;
  /** Requests of relying parties that wait for a sign-in; undefined for a protocol that is not served. */
  readonly requestsOf: (protocol: LoginRequest['protocol']) => LoginRequests | undefined;
  readonly settings: LoginSettings;
};

export type LoginSettings = {
  /** Upper limit of a session, from sign-in. */
  readonly sessionLifetimeMs: number;
  /** How long facts of a sign-in through this connection count as fresh (R4.6). */
  readonly claimsMaxAgeMs: (connection: string) => number;
  /** Entries of one person into relying parties, in a minute. */
  readonly entriesPerMinute: number;
};
