import { recordConfirmed } from '../accounts/account-records.ts';
import type { LinkKind } from '../accounts/locate.ts';
import type { ReadAccount } from '../connector/connector.ts';
import { type PlannedStep, planSteps } from '../planning/plan.ts';
import type { NotNow, Ready, Refused, Run } from '../run.ts';
import { recordDrift } from '../tasks/drift.ts';
import { compare } from './compare.ts';
import { recordPlan } from './outbox.ts';
import { sendSteps } from './send-steps.ts';

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
  const comparison = compare(run, current, takeOver);
  if (comparison.drifted.length > 0) await recordDrift(run, current, comparison);
  const planned = withTakeOver(run, planSteps(run.target.open, comparison.changes), takeOver);
  const steps = planned.length > 0 ? await recordPlan(run, planned, takeOver ? 'adopt' : 'update') : [];
  if (steps.length > 0) await run.onStep('changes written');
  const start = { ...run, account: { ...run.account, refs: current.refs } };
  const sent = await sendSteps(start, current, steps);
  if (sent.outcome !== 'sent') return sent;
  await recordConfirmed(sent.run, comparison, sent.waiting);
  await run.onStep('confirmed');
  return {
    outcome: 'ready',
    externalId: sent.run.account.externalId ?? current.externalId,
    changes: sent.summaries,
    queued: sent.waiting,
    problems: problemsOf(sent.run),
  };
}

/** Taking over locks the former password out before anything else, even if nothing else changes (R1.3). */
function withTakeOver(run: Run, steps: readonly PlannedStep[], takeOver: boolean): readonly PlannedStep[] {
  const [first] = steps;
  const call = run.target.open.calls[0] ?? '';
  if (!takeOver || (first?.purpose === 'access' && first.call === call)) return steps;
  return [{ call, purpose: 'access', changes: [] }, ...steps];
}

/** Details that are not as the directory wants them, and why. */
export function problemsOf(run: Pick<Run, 'desired' | 'account'>): Ready['problems'] {
  const refused = Object.keys(run.account.rejected).filter((field) => run.desired.image[field] !== undefined);
  return [
    ...run.desired.problems,
    ...refused.map((field) => ({ field, message: 'the target did not accept this value' })),
  ];
}
