import { type AccountImage, sameValue } from './account-image.ts';
import { recordConfirmed, recordDone, recordRefusal, recordRejected } from './account-records.ts';
import type { ReadAccount, WriteAnswer } from './connector.ts';
import type { LinkKind } from './locate.ts';
import { recordAttempt, recordPlan } from './outbox.ts';
import { type ChangeSummary, diff, type PlannedStep, planSteps, summarize, valuesOf } from './plan.ts';
import { hashValue, type OpenStep } from './record.ts';
import { mayCall, type NotNow, type Ready, type Refused, type Run } from './run.ts';
import { recordBlocked } from './tasks.ts';

/**
 * Makes the account that was read look as desired: plans, writes the plan down, sends access changes before
 * anybody is let in (R5.2), sends details while calls and time are left, and leaves the rest to the queue.
 */
export async function applyChanges(
  run: Run,
  current: ReadAccount,
  how: LinkKind,
): Promise<Ready | Refused | NotNow> {
  const takeOver = how === 'adopt';
  const changes = diff(run.target.open, current.image, run.desired.image, (field, value) =>
    takeOver ? false : run.account.rejected[field] === hashValue(run, field, value),
  );
  const planned = withTakeOver(run, planSteps(run.target.open, changes), takeOver);
  const steps = planned.length > 0 ? await recordPlan(run, planned, takeOver ? 'adopt' : 'update') : [];
  if (steps.length > 0) await run.onStep('changes written');
  return sendSteps({ ...run, account: { ...run.account, refs: current.refs } }, current, steps);
}

/** Taking over locks the former password out before anything else, even if nothing else changes (R1.3). */
function withTakeOver(run: Run, steps: readonly PlannedStep[], takeOver: boolean): readonly PlannedStep[] {
  const [first] = steps;
  const call = run.target.open.calls[0] ?? '';
  if (!takeOver || (first?.purpose === 'access' && first.call === call)) return steps;
  return [{ call, purpose: 'access', changes: [] }, ...steps];
}

async function sendSteps(
  start: Run,
  current: ReadAccount,
  steps: readonly OpenStep[],
): Promise<Ready | Refused | NotNow> {
  let run = start;
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
    if (sent.outcome === 'waits') waiting += 1;
    summaries.push(...summarize(run.target.open.fields, step, sent.outcome === 'done'));
  }
  await recordConfirmed(run, current.image, waiting);
  await run.onStep('confirmed');
  return {
    outcome: 'ready',
    externalId: current.externalId,
    changes: summaries,
    queued: waiting,
    problems: problemsOf(run),
  };
}

type Sent = { readonly outcome: 'done' | 'waits' | 'rejected'; readonly run: Run } | (Refused | NotNow);

async function sendStep(run: Run, current: ReadAccount, step: OpenStep): Promise<Sent> {
  const answer = await run.target.open.update(
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
  await run.onStep(`${step.purpose} answered`);
  const sent = await (step.purpose === 'access'
    ? settleAccess(run, step, answer)
    : settleDetail(run, step, answer));
  await run.onStep(`${step.purpose} recorded`);
  return sent;
}

/** Access that could not be settled keeps the door shut; the step stays open and is looked at again (R5.2). */
async function settleAccess(run: Run, step: OpenStep, answer: WriteAnswer): Promise<Sent> {
  switch (answer.outcome) {
    case 'written':
      if (shows(run, answer.account.image, step)) {
        return { outcome: 'done', run: await recordDone(run, step, answer.account) };
      }
      await recordAttempt(run, step, 'provisioning.not_applied');
      return { outcome: 'unavailable', code: 'provisioning.not_applied' };
    case 'duplicate':
    case 'invalid':
      if (answer.outcome === 'invalid') logRefusal(run, step, answer.detail);
      run.target.suspectFacts();
      await recordRefusal(run, 'provisioning.rejected', []);
      return { outcome: 'refused', code: 'provisioning.rejected', facts: { step: step.id } };
    case 'gone':
      await recordAttempt(run, step, 'provisioning.not_applied');
      return { outcome: 'unavailable', code: 'provisioning.not_applied', retryAfterSeconds: 1 };
    case 'blocked':
      await recordBlocked(run, step, answer.reasons);
      return { outcome: 'unavailable', code: 'provisioning.blocked' };
    case 'unavailable': {
      await recordAttempt(run, step, answer.code);
      const { code, retryAfterSeconds } = answer;
      return { outcome: 'unavailable', code, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
    }
  }
}

/** A detail never closes the door: it is done, waits in the queue, or is reported as not accepted (S19). */
async function settleDetail(run: Run, step: OpenStep, answer: WriteAnswer): Promise<Sent> {
  switch (answer.outcome) {
    case 'written':
      if (shows(run, answer.account.image, step)) {
        return { outcome: 'done', run: await recordDone(run, step, answer.account) };
      }
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

/** Read back: does the target's own answer show what was sent? What it does not mention is believed. */
function shows(run: Run, answer: AccountImage, step: OpenStep): boolean {
  return step.changes.every(({ field, to }) => {
    const definition = run.target.open.fields[field];
    return definition === undefined || !(field in answer) || sameValue(definition, answer[field], to);
  });
}

function logRefusal(run: Run, step: OpenStep, detail: string): void {
  run.log.warn('target refused a change', { target: run.target.id, step: step.id, detail });
}

/** Details that are not as the directory wants them, and why. */
export function problemsOf(run: Pick<Run, 'desired' | 'account'>): Ready['problems'] {
  const refused = Object.keys(run.account.rejected).filter((field) => run.desired.image[field] !== undefined);
  return [
    ...run.desired.problems,
    ...refused.map((field) => ({ field, message: 'the target did not accept this value' })),
  ];
}
