import { accessEvents } from '../access-log/index.ts';
import type { LoginId } from '../base/index.ts';
import { findAccount } from './account-store.ts';
import { openDesired } from './desired-state.ts';
import { noteMissing, type Unlisted, unlisted } from './import-store.ts';
import type { LiveTarget } from './live-target.ts';
import { lookAt } from './look.ts';
import type { RunNeeds } from './run.ts';

/**
 * After a complete list: accounts of ours that it did not show. A list may leave some out, so each is looked at; one
 * that is really gone is confirmed no more, and whoever should have it gets it again at the next sign-in or apply.
 *
 * @returns the ids in the target of those that are gone.
 */
export async function noteVanished(
  needs: RunNeeds,
  target: LiveTarget,
  began: Date,
  thread: LoginId,
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const account of await unlisted(needs.db, target.id, began)) {
    if (!(await isGone(needs, target, account))) continue;
    await needs.accessLog.warmUp([account.person]);
    const isNew = await needs.db.transaction().execute(async (trx) => {
      if (!(await noteMissing(trx, account, began, needs.clock.now()))) return false;
      const facts = { step: account.id, attempt: 1 };
      const about = { thread, personId: account.person, target: target.id };
      await needs.accessLog.appendIn(trx, [
        accessEvents.provisioningFailed({ ...about, code: 'provisioning.account_gone', facts }),
      ]);
      return true;
    });
    if (isNew) gone.push(account.externalId);
  }
  return gone;
}

/** A target that does not answer has not lost anything. */
async function isGone(needs: RunNeeds, target: LiveTarget, { id }: Unlisted): Promise<boolean> {
  const account = await findAccount(needs.db, { id });
  if (!account) return false;
  const image = openDesired(await needs.keys.sealer(account.person), account)?.image ?? {};
  const answer = await lookAt(target, account, image);
  return answer.outcome === 'read' && answer.found === undefined;
}
