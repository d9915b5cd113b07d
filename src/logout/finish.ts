import { z } from 'zod';
import { accessEvents, type NewAccessEvent } from '../access-log/index.ts';
import { addMs, type LoginId, MINUTE, type PersonId } from '../base/index.ts';
import type { JobKind } from '../platform/jobs/index.ts';
import type { EndingDeps } from './deps.ts';
import type { UnconfirmedCode } from './errors.ts';
import { type LeftParty, type LogoutRun, nextStep, type Progress } from './run.ts';
import { aboutParty, tellUnasked } from './tell.ts';

export const FINISH = 'logout.finish';
/**
 * The way through all relying parties takes seconds, a page on it that somebody must read a minute or two. A browser
 * that is not through by then was closed, or stranded; if it comes back after all, it is led on, and what it brings is
 * recorded, for as long as the run is kept.
 */
const FINISH_AFTER_MS = 5 * MINUTE;

const Finishing = z.object({
  handle: z.string(),
  thread: z.custom<LoginId>((value) => typeof value === 'string'),
  personId: z.custom<PersonId>((value) => typeof value === 'string').optional(),
  relyingParties: z.array(z.string()),
});
type Finishing = z.infer<typeof Finishing>;

/** Records the end of a logout once nothing is left that the browser could do. */
export async function finishIfDone(run: LogoutRun, browserFollows: boolean, deps: EndingDeps): Promise<void> {
  const progress = await deps.runs.progress(run, false);
  const isLeft = run.parties.some(
    ({ kind }, index) => kind === 'front-channel' && progress.states[index] !== 'confirmed',
  );
  if (!browserFollows || !isLeft) await finish(progress, deps);
}

/** The browser rests: what has not confirmed by now is not confirmed. */
export async function finishAtRest(progress: Progress, deps: EndingDeps): Promise<void> {
  const step = nextStep(progress);
  if (step.kind === 'rest' || step.kind === 'close') await finish(progress, deps);
}

/** Where a browser has to do something, a job makes sure that the logout is finished without it too. */
export async function finishLater(run: LogoutRun, { jobs, db, clock }: EndingDeps): Promise<void> {
  if (!run.parties.some(({ kind }) => kind === 'front-channel')) return;
  const { handle, thread, personId } = run;
  await jobs.enqueue(db, {
    kind: FINISH,
    key: handle,
    payload: {
      handle,
      thread,
      personId,
      relyingParties: run.parties.map(({ relyingParty }) => relyingParty),
    },
    runAt: addMs(clock.now(), FINISH_AFTER_MS),
    // Whoever is told then is told of this person: who erases them waits for it (R6.2).
    ...(personId && { sealFor: personId }),
  });
}

export function finishWithoutBrowser(deps: EndingDeps): JobKind<Finishing> {
  return {
    kind: FINISH,
    schema: Finishing,
    async run({ handle, thread, personId, relyingParties }) {
      const run = await deps.runs.find(handle);
      if (run) return finish(await deps.runs.progress(run, false), deps);
      // The short-lived state is gone with its process: nothing is known to be confirmed.
      await deps.accessLog.append(
        accessEvents.logoutFinished({
          thread,
          ...(personId && { personId }),
          facts: { confirmed: [], unconfirmed: relyingParties },
        }),
      );
    },
  };
}

async function finish(progress: Progress, deps: EndingDeps): Promise<void> {
  const { run } = progress;
  if (await deps.runs.isFinished(run.handle)) return;
  // First: should this fail, or the process die, whoever comes again tells them. Being told twice harms nobody.
  const isTold = await tellUnasked(progress, deps);
  if (!(await deps.runs.markFinished(run.handle))) return;
  const { states } = isTold ? await deps.runs.progress(run, false) : progress;
  const failures = run.parties.flatMap((left, index): NewAccessEvent[] =>
    left.kind === 'front-channel' ? unconfirmed(run, left, states[index], deps) : [],
  );
  const named = (isConfirmed: boolean): string[] => [
    ...new Set(
      run.parties.flatMap(({ relyingParty }, index) =>
        (states[index] === 'confirmed') === isConfirmed ? [relyingParty] : [],
      ),
    ),
  ];
  const residuals = Object.fromEntries(
    named(false).flatMap((id) => {
      const { residual } = deps.partyLogout(id);
      return residual === undefined ? [] : [[id, residual]];
    }),
  );
  const { thread, personId } = run;
  const finished = accessEvents.logoutFinished({
    thread,
    ...(personId && { personId }),
    facts: { confirmed: named(true), unconfirmed: named(false), residuals },
  });
  await Promise.all([...failures, finished].map((event) => deps.accessLog.append(event)));
}

/** Nobody may read later that a relying party was simply forgotten. */
function unconfirmed(
  run: LogoutRun,
  { relyingParty, session }: LeftParty,
  state: Progress['states'][number],
  deps: EndingDeps,
): NewAccessEvent[] {
  // What was told in the back has its record already.
  if (state === 'confirmed' || state === 'partial' || state === 'refused' || state === 'retrying') return [];
  const { residual } = deps.partyLogout(relyingParty);
  return [
    accessEvents.logoutFailed({
      ...aboutParty(run, relyingParty, session),
      code: codeOf(state),
      facts: { to: relyingParty, ...(residual !== undefined && { residual }) },
    }),
  ];
}

function codeOf(state: Progress['states'][number]): UnconfirmedCode {
  if (state === 'unproven') return 'logout.unproven_answer';
  return state === 'asking' ? 'logout.no_answer' : 'logout.no_browser';
}
