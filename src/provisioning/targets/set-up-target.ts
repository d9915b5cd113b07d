import { accessEvents } from '../../access-log/index.ts';
import { SECOND } from '../../base/index.ts';
import type { SetUp } from '../connector/connector.ts';
import type { RunNeeds } from '../run.ts';
import { createCallBudget } from './call-budget.ts';
import type { SetUpOptions, SetUpTarget } from './configured-target.ts';
import type { LiveTarget } from './live-target.ts';

/** Somebody waits for it, and it may take a dozen requests. */
const SET_UP_BUDGET_MS = 60 * SECOND;

/**
 * Makes the target trust us as its identity provider, and writes down who asked for it. What the target looks like is
 * read before, because names are resolved by it, and after, so that every process knows what there is now.
 */
export async function setUpTarget(
  needs: Pick<RunNeeds, 'db' | 'accessLog'>,
  target: LiveTarget,
  wanted: SetUp,
  { by, thread }: SetUpOptions,
): Promise<SetUpTarget> {
  if (!target.open.setUp) return { outcome: 'not-offered' };
  const failed = await target.refresh();
  if (failed) return failed;
  const answer = await target.open.setUp(wanted, createCallBudget('background', SET_UP_BUDGET_MS));
  // Also after half a set-up: it may have made what the next attempt, or a sign-in, needs to know.
  await target.refresh();
  if (answer.outcome !== 'done') return answer;
  const facts = { by, changes: answer.changes.length };
  await needs.db
    .transaction()
    .execute((trx) =>
      needs.accessLog.appendIn(trx, [accessEvents.targetSetUp({ thread, target: target.id, facts })]),
    );
  return answer;
}
