import { accessEvents } from '../../access-log/index.ts';
import type { LoginId } from '../../base/index.ts';
import { findAccount } from '../accounts/account-store.ts';
import { openDesired } from '../accounts/desired-state.ts';
import type { RunNeeds } from '../run.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { lookAt } from '../tasks/look.ts';
import type { Patience } from './import-patience.ts';
import { noteMissing, type Unlisted, unlisted } from './import-store.ts';

/** Which import this is, and what it puts up with. */
type Import = { readonly began: Date; readonly thread: LoginId; readonly patience: Patience };

/**
 * After a complete list: accounts of ours that it did not show. A list may leave some out, so each is looked at; one
 * that is really gone is confirmed no more, and whoever should have it gets it again at the next sign-in or apply.
 * A list may also leave out nearly everybody: looks keep within the target's rate, and end with the import's patience.
 *
 * @returns the ids in the target of those that are gone.
 * @throws ProvisioningError `provisioning.import_stopped`: says how many were not looked at.
 */
export async function noteVanished(
  needs: RunNeeds,
  target: LiveTarget,
  { began, thread, patience }: Import,
): Promise<readonly string[]> {
  const gone: string[] = [];
  const missing = await unlisted(needs.db, target.id, began);
  for (const [at, account] of missing.entries()) {
    const left = `${missing.length - at} accounts of ours that its list does not show were not looked at; import again`;
    if (!(await isGone(needs, target, account, { patience, left }))) continue;
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

/** A target that does not answer has not lost anything: it is asked once more, and then the next account is looked at. */
async function isGone(
  needs: RunNeeds,
  target: LiveTarget,
  { id }: Unlisted,
  { patience, left }: { readonly patience: Patience; readonly left: string },
): Promise<boolean> {
  const account = await findAccount(needs.db, { id });
  if (!account) return false;
  const image = openDesired(await needs.keys.sealer(account.person), account)?.image ?? {};
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const setAside = target.policy.callsInSignIn;
    await patience.reserve(setAside, left);
    const answer = await lookAt(target, account, image);
    await target.quota?.settle(0, setAside);
    if (answer.outcome === 'read') return answer.found === undefined;
    await patience.wait(answer, left);
  }
  return false;
}

const MOST_TRIES = 2;
