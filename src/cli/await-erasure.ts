import { setTimeout as sleep } from 'node:timers/promises';
import { ERASE_PERSON } from '../app/index.ts';
import { MINUTE, type PersonId } from '../base/index.ts';
import type { JobView } from '../platform/jobs/index.ts';
import { awaitAccounts, type Followed, follow } from './await-accounts.ts';
import type { CommandBroker } from './with-broker.ts';

const LOOK_MS = 500;
/** A running broker takes less, or its lease ends and we take over. */
const PATIENCE_MS = 2 * MINUTE;

/** What is left to do; without a job, nothing: the person is erased. */
export type ErasureLeft = { readonly job?: JobView; readonly accounts: readonly Followed[] };

/**
 * Works the queue, and waits for what a running broker took from it, until the person is erased or nothing moves any
 * more.
 *
 * @param hasten has the erasure asked again now what it waits for.
 */
export async function awaitErasure(
  command: CommandBroker,
  person: PersonId,
  hasten: () => Promise<void>,
): Promise<ErasureLeft> {
  let before: string | undefined;
  for (;;) {
    const job = await untilItRests(command, person);
    if (!job) return { accounts: [] };
    const known = await command.broker.provisioning.progressOfPerson(person);
    const ids = known.map(({ accountId }) => accountId);
    await awaitAccounts(command, ids, 'accounts ended');
    const accounts = await follow(command, ids);
    const standing = JSON.stringify(accounts.map(({ accountId, state, code }) => [accountId, state, code]));
    if (standing === before) return { job, accounts };
    before = standing;
    await hasten();
  }
}

/** @returns the job of the erasure when it waits for something; undefined when it is through. */
async function untilItRests(command: CommandBroker, person: PersonId): Promise<JobView | undefined> {
  const { broker, clock } = command;
  const until = clock.now().getTime() + PATIENCE_MS;
  for (;;) {
    await broker.jobs.runDue();
    const [job] = await broker.jobs.list({ kind: ERASE_PERSON, keys: [person], limit: 1 });
    const isMoving = job?.state === 'running' || (job?.state === 'waiting' && job.runAt <= clock.now());
    if (!isMoving || clock.now().getTime() > until) return job;
    await sleep(LOOK_MS);
  }
}
