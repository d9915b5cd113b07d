import type { z } from 'zod';
import type { AccessLog } from '../access-log/index.ts';
import type { Clock, Problem } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { Counter } from '../platform/http/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { ObjectDocument, ObjectStore, RelyingParty } from '../relying-parties/index.ts';

/** Stored objects as they would be after a change. */
export type Objects = {
  readonly objects: readonly { readonly id: string; readonly document?: ObjectDocument }[];
  readonly deleted: readonly string[];
};

type LeftOut = ReadonlyMap<string, readonly Problem[]>;

/** What this process works with, from file and database together. */
export interface InForce {
  readonly file: { readonly relyingParties: readonly RelyingParty[] };
  readonly config: { readonly relyingParties: readonly RelyingParty[] };
  /** Stored objects that do not work here, and why. */
  readonly leftOut: LeftOut;
  /** Which of these objects would not work, and why. Changes nothing. */
  tryOut(objects: Objects): { readonly leftOut: LeftOut };
  /** Resolves when everything that is stored is in force in this process. */
  refresh(): Promise<void>;
}

export type AdminDeps = {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly keys: Pick<Keys, 'lookup'>;
  readonly accessLog: Pick<AccessLog, 'append' | 'appendIn' | 'warmUp' | 'countJunk'>;
  readonly objects: ObjectStore;
  readonly inForce: InForce;
  /** One relying party, as in the configuration file. */
  readonly schema: z.ZodType;
  /** Who a machine's token speaks for; undefined when it is unknown or over. */
  readonly machineAccess: (
    token: string,
  ) => Promise<{ readonly machine: string; readonly scopes: readonly string[] } | undefined>;
  readonly publicUrl: URL;
  /** Counts requests from one address. */
  readonly counter: Counter;
  readonly requestsPerMinute: number;
};
