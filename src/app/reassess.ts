import { z } from 'zod';
import { addMs, type Clock, isId, type LoginId, newId, type PersonId, SECOND } from '../base/index.ts';
import type { Directory } from '../directory/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { JobKind, Jobs, NewJob } from '../platform/jobs/index.ts';
import type { Reconcile, ReconcileDeps } from '../reconcile/index.ts';

const REASSESS = 'reconcile.reassess';
/** A sign-in of before holds the account for a few seconds at most. */
const AGAIN_MS = 5 * SECOND;
const Payload = z.object({ person: z.string(), thread: z.string() });

/** Something is known about the person that was not known before: all targets are looked at, also those they are not entering. */
export function reassessJob(person: PersonId, thread: string, runAt?: Date): NewJob {
  return { kind: REASSESS, key: person, payload: { person, thread }, urgent: true, ...(runAt && { runAt }) };
}

/** People whose end is in the queue already, by what this process put there: an unchanged sign-in writes nothing. */
const MOST_REMEMBERED = 10_000;

/**
 * Has somebody reassessed when something that they have ends, so that targets are closed at that instant and not at the
 * next sign-in (R3.1). One job waits for each person; whoever finds an earlier end brings it forward. That takes the job
 * of the end away, so whoever was reassessed says it again.
 */
export function lookAgainAt(db: Database, jobs: Pick<Jobs, 'enqueue'>): ReconcileDeps['lookAgainAt'] {
  const known = new Map<PersonId, number>();
  return async (person, at, thread, after) => {
    if (after === 'entering' && known.get(person) === at.getTime()) return;
    await jobs.enqueue(db, reassessJob(person, thread, at));
    known.delete(person);
    known.set(person, at.getTime());
    const [oldest] = known.keys();
    if (known.size > MOST_REMEMBERED && oldest !== undefined) known.delete(oldest);
  };
}

/** Decides anew for every target and queues what follows: ends first (DESIGN §9). Safe to repeat. */
export function reassessPeople(deps: {
  readonly directory: Pick<Directory, 'people'>;
  readonly reconcile: Pick<Reconcile, 'reassess'>;
  readonly clock: Clock;
}): JobKind<z.infer<typeof Payload>> {
  return {
    kind: REASSESS,
    schema: Payload,
    async run({ person, thread }) {
      const id = isId('per', person) ? person : undefined;
      if (id === undefined) return;
      const login: LoginId = isId('lgn', thread) ? thread : newId('lgn');
      let isThrough = true;
      for await (const known of deps.directory.people({ ids: [id] })) {
        const isDone = await deps.reconcile.reassess(known, login, deps.clock.now());
        isThrough &&= isDone;
      }
      return isThrough ? undefined : { retryAt: addMs(deps.clock.now(), AGAIN_MS) };
    },
  };
}
