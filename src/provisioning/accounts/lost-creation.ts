import type { AccountImage } from '../connector/account-image.ts';
import { record } from '../outbox/record.ts';
import type { NotNow, Run } from '../run.ts';
import { raiseTask } from '../tasks/tasks.ts';
import { failedEvent } from './account-events.ts';
import { linkedToOthers } from './candidate-store.ts';
import { linkFound } from './create-account.ts';
import { hasClaim, mayStillArrive } from './creation-claim.ts';
import { openDesired } from './desired-state.ts';
import { type Located, locateAccount } from './locate.ts';

/**
 * A creation whose reply was lost may have made the account: it must be found before it can be ended (R5.3). As long as
 * it may still arrive, or nobody can tell which account it made, the end is not at its end.
 *
 * @returns the run, with the account if there is one.
 */
export async function linkLostCreation(run: Run, attempt: number): Promise<Run | NotNow> {
  const { account, sealer } = run;
  if (account.externalId !== undefined || account.openSteps === 0) return run;
  const before = openDesired(sealer, account);
  if (!before) return run;
  const located = await locateAccount({ ...run, desired: before });
  if (located.outcome === 'stopped' && located.result.outcome === 'unavailable') return located.result;
  if (isTheirs(located)) {
    const linked = await linkFound(located.run, located, undefined);
    return { ...linked.run, desired: run.desired };
  }
  if (await mayStillArrive(run)) return REPLY_LOST;
  // Where accounts carry markers, all that were found are somebody else's.
  if (located.outcome === 'none' || !(await hasClaim(run))) return run;
  const unclear = await hasUnclear(run, before.image);
  if (unclear === false) return run;
  return unclear === true ? waitForPeople(run, attempt) : unclear;
}

/** Made by us, or what an administrator called theirs (R1.3). */
function isTheirs(located: Located): located is Extract<Located, { outcome: 'account' }> {
  if (located.outcome !== 'account') return false;
  return located.how === 'ours' || located.run.account.approved === located.account.externalId;
}

/** Are there accounts of which nobody knows whose they are? */
async function hasUnclear(run: Run, image: AccountImage): Promise<boolean | NotNow> {
  const { earlierMail, account, target } = run;
  const then = { ...image, ...(earlierMail !== undefined && { mail: earlierMail }) };
  const answer = await target.open.findCandidates(then, run.budget);
  if (answer.outcome === 'unavailable') return answer;
  return (await linkedToOthers(run.db, account, answer.accounts)).size < answer.accounts.length;
}

const REPLY_LOST: NotNow = { outcome: 'unavailable', code: 'provisioning.reply_lost' };

/** One of the accounts with this address may be what the request made, and may be another's. */
async function waitForPeople(run: Run, attempt: number): Promise<NotNow> {
  await record(run, async (trx) => [
    failedEvent(run, 'provisioning.blocked', run.account.id, attempt),
    ...(await raiseTask(trx, run, { kind: 'blocked', field: 'create', detail: { reasons: [UNCLEAR] } })),
  ]);
  return { outcome: 'unavailable', code: 'provisioning.blocked' };
}

const UNCLEAR =
  'The request that was to make this account got no answer. An account with its mail address may be what it made, or somebody else’s. If nobody else uses it, delete it there; otherwise give it another mail address until this task is closed.';
