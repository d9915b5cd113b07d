import type { AccessLog } from '../access-log/index.ts';
import type { Clock } from '../base/index.ts';
import type { Upstreams } from '../federation/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { Jobs } from '../platform/jobs/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { Registry } from '../relying-parties/index.ts';
import type { Sessions } from '../session/index.ts';
import type { AccessEnds, AccountEnds, PartyLogouts } from './ports.ts';
import type { LogoutRuns } from './run-store.ts';

/** What ending, telling and recording need. */
export type EndingDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly db: Database;
  readonly jobs: Jobs;
  readonly accessLog: AccessLog;
  readonly registry: Registry;
  readonly sessions: Sessions;
  readonly upstreams: Upstreams;
  readonly runs: LogoutRuns;
  readonly partyLogout: PartyLogouts;
  readonly access: AccessEnds;
  readonly accounts: AccountEnds;
  readonly settings: LogoutSettings;
};

export type LogoutSettings = {
  /** How long an answer may wait for relying parties that are told in the back. Default 2 s. */
  readonly tellWithinMs: number;
  /** Whether signing out goes on to the upstream's own session. */
  readonly goUpstream: (connection: string) => 'offer' | 'always' | 'never';
};
