import { setTimeout as sleep } from 'node:timers/promises';
import { addMs, MINUTE, SECOND } from '../base/index.ts';
import type { JobView } from '../platform/jobs/index.ts';
import { type AccountProgress, FINISH_ACCOUNT } from '../provisioning/index.ts';
import { createProgress } from './progress.ts';
import type { CommandBroker } from './with-broker.ts';

const LOOK_MS = 500;
/** While nothing moves: a run of the broker beside us takes less, or its lease ends and we take over. */
const PATIENCE_MS = 2 * MINUTE;
const MOMENT_MS = 5 * SECOND;
const CHUNK = 500;

/** An account, and the job that is to finish it, if there is one. */
export type Followed = AccountProgress & { readonly job?: JobView };

/**
 * Works the queue, and waits for what a running broker took from it, until each account is as it should be, was
 * refused, waits for people, or failed and is tried again later. @returns those that are not as they should be.
 */
export async function awaitAccounts(
  command: CommandBroker,
  accounts: readonly string[],
  what: string,
): Promise<readonly Followed[]> {
  const bar = createProgress();
  let open = accounts;
  const settled: Followed[] = [];
  const show = () => bar.show(accounts.length - open.length, accounts.length, what);
  let until = command.clock.now().getTime() + PATIENCE_MS;
  try {
    while (open.length > 0) {
      show();
      await command.broker.jobs.runDue();
      const followed = await follow(command, open);
      const moving = followed.filter((each) => isMoving(each, command.clock.now()));
      settled.push(...followed.filter((each) => !moving.includes(each)));
      if (moving.length < open.length) until = command.clock.now().getTime() + PATIENCE_MS;
      open = moving.map(({ accountId }) => accountId);
      if (command.clock.now().getTime() > until) return [...settled.filter(isLeft), ...moving];
      if (open.length > 0) await sleep(LOOK_MS);
    }
  } finally {
    bar.end();
  }
  return settled.filter(isLeft);
}

function isLeft({ state }: Followed): boolean {
  return state !== 'done';
}

/** Somebody works on it, or is about to. What failed and is tried again later moves no more for now. */
function isMoving({ state, job }: Followed, now: Date): boolean {
  if (!job || job.state === 'dead') return false;
  if (job.state === 'running') return true;
  // Somebody else had the account, for a moment: that is no failure.
  const due = job.failure === undefined ? addMs(now, MOMENT_MS) : now;
  return job.runAt <= due && state !== 'done';
}

/** The accounts with their jobs. */
export async function follow(
  { broker }: CommandBroker,
  accounts: readonly string[],
): Promise<readonly Followed[]> {
  const followed: Followed[] = [];
  for (let from = 0; from < accounts.length; from += CHUNK) {
    const ids = accounts.slice(from, from + CHUNK);
    // Jobs first: one that ends in between left its account settled.
    const list = await broker.jobs.list({ kind: FINISH_ACCOUNT, keys: ids, limit: 2 * CHUNK });
    const jobs = new Map(list.toReversed().map((job) => [job.key, job]));
    for (const each of await broker.provisioning.progressOf(ids)) {
      const job = jobs.get(each.accountId);
      followed.push(job ? { ...each, job } : each);
    }
  }
  return followed;
}
