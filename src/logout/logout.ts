import type { LoginId, PersonId } from '../base/index.ts';
import type { KeyValueStore } from '../platform/key-value/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { Session, SessionRef } from '../session/index.ts';
import type { EndingDeps } from './deps.ts';
import { endAccess } from './end-access.ts';
import { endSessions, type WhyEnded } from './end-session.ts';
import { finishWithoutBrowser } from './finish.ts';
import { isTelling } from './is-telling.ts';
import { leaveAgain } from './leave-again.ts';
import { createLogoutRuns } from './run-store.ts';
import { tellAtLimit, watchLimits } from './session-limit.ts';
import { tellAgain } from './tell.ts';

export type EndedSessionReport = {
  readonly thread: LoginId;
  /** Relying parties that were entered, and may have to be told. */
  readonly relyingParties: readonly string[];
};

/** Ending, for every room above. */
export interface Logout {
  /**
   * Ends one session: it is over first, then recorded, then relying parties are told. Those that can only be asked
   * through the person's browser are recorded as not asked.
   *
   * @returns undefined when it did not run any more.
   */
  endSession(ref: SessionRef, why: WhyEnded): Promise<EndedSessionReport | undefined>;
  /** Ends everything that a person holds, now (R3.5). Idempotent. @returns one report for each round of sessions. */
  endAccess(personId: PersonId, why: WhyEnded): Promise<readonly EndedSessionReport[]>;
  /** Is a relying party still to be told of an end of this person's? For two hours at most, then it was given up. */
  isTelling(personId: PersonId): Promise<boolean>;
  /** Call it whenever a relying party was entered: it is told when the session reaches its own end. */
  watchLimit(session: Pick<Session, 'id' | 'personId' | 'ends'>, relyingParty: string): Promise<void>;
  /** What the routes are made from; for `app/` alone. */
  readonly deps: EndingDeps;
}

export type LogoutNeeds = Omit<EndingDeps, 'runs'> & {
  readonly keyValue: KeyValueStore;
  readonly keys: Pick<Keys, 'sealer'>;
};

/** Registers its jobs, so it is made before the workers start. */
export function createLogout({ keyValue, keys, ...rest }: LogoutNeeds): Logout {
  const deps: EndingDeps = { ...rest, runs: createLogoutRuns(keyValue, keys) };
  deps.jobs.register(tellAgain(deps));
  deps.jobs.register(leaveAgain(deps));
  deps.jobs.register(finishWithoutBrowser(deps));
  deps.jobs.register(tellAtLimit(deps));
  return {
    deps,
    isTelling: (personId) => isTelling(personId, deps),
    watchLimit: watchLimits(deps),
    async endSession(ref, why) {
      const run = await endSessions({ ...why, refs: [ref], inThisBrowser: why.by === 'person' }, deps);
      return run && report(run);
    },
    endAccess: async (personId, why) => (await endAccess(personId, why, deps)).map(report),
  };
}

function report({
  thread,
  parties,
}: {
  readonly thread: LoginId;
  readonly parties: readonly { readonly relyingParty: string }[];
}): EndedSessionReport {
  return { thread, relyingParties: [...new Set(parties.map(({ relyingParty }) => relyingParty))] };
}
