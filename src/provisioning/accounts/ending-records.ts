import { accessEvents } from '../../access-log/index.ts';
import type { Given } from '../connector/account-image.ts';
import { nextRungAt, type Rung } from '../connector/ladder.ts';
import { enqueueFinish, record } from '../outbox/record.ts';
import { writeSteps } from '../outbox/step-store.ts';
import type { Run } from '../run.ts';
import { keepTasks } from '../tasks/tasks.ts';
import { about } from './account-events.ts';
import { changeAccount } from './change-account.ts';

/** A run of the ladder: the account's access is over, for now or for good. */
export type EndingRun = Run & {
  readonly ending: NonNullable<Run['account']['ending']>;
  /** Of the queue, for this account. */
  readonly attempt: number;
};

/** One rung holds: written with its event; what comes next is another step. */
export async function recordRung(run: EndingRun, ending: EndingRun['ending'], rung: Rung): Promise<void> {
  const now = run.clock.now();
  const { id: account, externalId = '' } = run.account;
  await record(run, async (trx) => {
    await changeAccount(trx, run.lease, { rungsDone: ending.done }, now);
    await writeSteps(trx, account, [], now);
    const facts = { account, externalId, rung: rung.id };
    return [
      rung.removes
        ? accessEvents.accountRemoved({ ...about(run), facts })
        : accessEvents.accountReduced({ ...about(run), facts: { ...facts, because: [ending.because] } }),
    ];
  });
}

/** A rung that only closes the door leaves what was given: whoever comes back may not be given it again. */
function stillGiven({ account, desired }: EndingRun): Given {
  const kept = Object.entries(account.given).filter(([field]) => desired.image[field] === undefined);
  return Object.fromEntries(kept);
}

/**
 * All rungs that are due hold. The queue comes back when the next one is. An account that is gone gives its link
 * free: should the person come back, a new one is made.
 */
export async function recordEnded(run: EndingRun, { isGone = false } = {}): Promise<void> {
  const now = run.clock.now();
  const next = isGone ? undefined : nextRungAt(run.target.open.ladder, run.ending);
  await record(run, async (trx) => {
    await changeAccount(
      trx,
      run.lease,
      {
        rungsDone: run.ending.done,
        ...{ confirmedHash: null, confirmedAccessHash: null, confirmedAt: run.begunAt, rejected: {} },
        ...(isGone ? { externalId: null, refs: {}, given: {} } : { given: stillGiven(run) }),
      },
      now,
    );
    await writeSteps(trx, run.account.id, [], now);
    if (next) await enqueueFinish(run, trx, next);
    return keepTasks(trx, run, [], []);
  });
}
