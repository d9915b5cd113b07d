import { recordDone, recordRefusal, recordRejected } from '../accounts/account-records.ts';
import { type AccountImage, sameValue } from '../connector/account-image.ts';
import type { CallFailed, ReadAccount, WriteAnswer } from '../connector/connector.ts';
import { type ChangeSummary, type PlannedStep, summarize, valuesOf } from '../planning/plan.ts';
import { mayCall, type NotNow, type Refused, type Run } from '../run.ts';
import { recordBlocked } from '../tasks/tasks.ts';
import { recordAttempt } from './outbox.ts';
import type { OpenStep } from './record.ts';

export type SentSteps =
  | {
      readonly outcome: 'sent';
      readonly run: Run;
      readonly current: ReadAccount;
      readonly summaries: readonly ChangeSummary[];
      /** Steps that the queue finishes. */
      readonly waiting: number;
    }
  | Refused
  | NotNow;

/**
 * Sends steps that stand in the outbox, in their order: access changes must succeed, details may wait for the queue
 * while a sign-in has no calls or time left. Each answer is compared with what was sent.
 */
export async function sendSteps(
  start: Run,
  account: ReadAccount,
  steps: readonly OpenStep[],
): Promise<SentSteps> {
  let run = start;
  let current = account;
  let waiting = 0;
  const summaries: ChangeSummary[] = [];
  for (const step of steps) {
    if (step.purpose === 'detail' && (waiting > 0 || !mayCall(run))) {
      waiting += 1;
      summaries.push(...summarize(run.target.open.fields, step, false));
      continue;
    }
    const sent = await sendStep(run, current, step);
    if (sent.outcome === 'refused' || sent.outcome === 'unavailable') return sent;
    run = sent.run;
    if (sent.outcome === 'done') current = sent.current;
    if (sent.outcome === 'waits') waiting += 1;
    summaries.push(...summarize(run.target.open.fields, step, sent.outcome === 'done'));
  }
  return { outcome: 'sent', run, current, summaries, waiting };
}

type Sent =
  | { readonly outcome: 'done'; readonly run: Run; readonly current: ReadAccount }
  | { readonly outcome: 'waits' | 'rejected'; readonly run: Run }
  | Refused
  | NotNow;

async function sendStep(run: Run, current: ReadAccount, step: OpenStep): Promise<Sent> {
  const told = await run.target.open.update(
    {
      externalId: current.externalId,
      call: step.call,
      changes: valuesOf(step),
      current: current.image,
      desired: run.desired.image,
      marker: run.account.marker,
      refs: run.account.refs,
      takeOver: step.kind === 'adopt',
    },
    run.budget,
  );
  // Told about somebody else's account, nobody knows what became of this one.
  const isOther = told.outcome === 'written' && told.account.externalId !== current.externalId;
  const answer: WriteAnswer = isOther ? ABOUT_ANOTHER : told;
  await run.onStep(`${step.purpose} answered`);
  const sent = await (step.purpose === 'access'
    ? settleAccess(run, current, step, answer)
    : settleDetail(run, current, step, answer));
  await run.onStep(`${step.purpose} recorded`);
  return sent;
}

const ABOUT_ANOTHER: CallFailed = {
  ...{ outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: true },
};

const NOTED = { outcome: 'unavailable', isNoted: true } as const;

/** Access that could not be settled keeps the door shut; the step stays open and is looked at again (R5.2). */
async function settleAccess(
  run: Run,
  current: ReadAccount,
  step: OpenStep,
  answer: WriteAnswer,
): Promise<Sent> {
  switch (answer.outcome) {
    case 'written':
      if (shows(run, answer.account.image, step)) return done(run, current, step, answer.account);
      await recordAttempt(run, step, 'provisioning.not_applied');
      return { ...NOTED, code: 'provisioning.not_applied' };
    case 'duplicate':
    case 'invalid':
      if (answer.outcome === 'invalid') logRefusal(run, step, answer.detail);
      run.target.suspectFacts();
      await recordRefusal(run, 'provisioning.rejected', []);
      return { outcome: 'refused', code: 'provisioning.rejected', facts: { step: step.id } };
    case 'gone':
      await recordAttempt(run, step, 'provisioning.not_applied');
      return { ...NOTED, code: 'provisioning.not_applied', retryAfterSeconds: 1 };
    case 'blocked':
      await recordBlocked(run, step, answer.reasons);
      return { ...NOTED, code: 'provisioning.blocked' };
    case 'unavailable': {
      await recordAttempt(run, step, answer.code);
      const { code, retryAfterSeconds } = answer;
      return { ...NOTED, code, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
    }
  }
}

/** A detail never closes the door: it is done, waits in the queue, or is reported as not accepted (S19). */
async function settleDetail(
  run: Run,
  current: ReadAccount,
  step: OpenStep,
  answer: WriteAnswer,
): Promise<Sent> {
  switch (answer.outcome) {
    case 'written':
      if (shows(run, answer.account.image, step)) return done(run, current, step, answer.account);
      return { outcome: 'rejected', run: await recordRejected(run, step, 'provisioning.detail_not_kept') };
    case 'duplicate':
      return { outcome: 'rejected', run: await recordRejected(run, step, 'provisioning.detail_taken') };
    case 'invalid':
      logRefusal(run, step, answer.detail);
      return { outcome: 'rejected', run: await recordRejected(run, step, 'provisioning.detail_rejected') };
    case 'blocked':
      await recordBlocked(run, step, answer.reasons);
      return { outcome: 'waits', run };
    case 'gone':
    case 'unavailable':
      await recordAttempt(run, step, answer.outcome === 'gone' ? 'provisioning.not_applied' : answer.code);
      return { outcome: 'waits', run };
  }
}

async function done(run: Run, current: ReadAccount, step: OpenStep, answer: ReadAccount): Promise<Sent> {
  const next = await recordDone(run, step, answer);
  const image = { ...current.image, ...valuesOf(step), ...answer.image };
  return { outcome: 'done', run: next, current: { ...current, image, refs: next.account.refs } };
}

/** Read back: does the target's own answer show what was sent? What it does not mention is believed. */
function shows(run: Run, answer: AccountImage, step: PlannedStep): boolean {
  return step.changes.every(({ field, to }) => {
    const definition = run.target.open.fields[field];
    return definition === undefined || !(field in answer) || sameValue(definition, answer[field], to);
  });
}

function logRefusal(run: Run, step: OpenStep, detail: string): void {
  run.log.warn('target refused a change', { target: run.target.id, step: step.id, detail });
}
