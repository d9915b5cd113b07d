import type { NotNow, RunNeeds } from '../run.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import type { Account, DesiredState } from './account.ts';
import type { WantedOf } from './account-requests.ts';
import { type DesiredAnswer, desiredState } from './desired-state.ts';
import { endAccess } from './queue-account.ts';

type Needs = {
  readonly needs: RunNeeds;
  readonly target: LiveTarget;
  readonly wantedOf: WantedOf;
  readonly thread: string;
};

/**
 * The queue holds an image and not what it was made from. One that the connector could not check when it was made is
 * decided anew before it is written; where nobody can say, nothing is written and the queue comes back.
 */
export async function desireAgain(
  { needs, target, wantedOf, thread }: Needs,
  account: Account,
  before: DesiredState,
): Promise<DesiredAnswer | NotNow> {
  // Refused by the caller: there is nothing to decide about names that the target does not have.
  if (target.open.unresolved(before.image).length > 0) return { outcome: 'desired', desired: before };
  const wanted = await wantedOf(target.id, account.person);
  if (!wanted) return { outcome: 'unavailable', code: 'provisioning.not_prepared' };
  const who = { target: target.id, person: account.person, thread };
  if (wanted.outcome === 'end') {
    const { kind, because } = wanted;
    await endAccess(needs, { ...who, kind, because });
    return { outcome: 'unavailable', code: 'provisioning.busy' };
  }
  const answer = desiredState(target, wanted, needs.keys);
  // What cannot be said cannot be kept right either (queue-account.ts).
  if (answer.outcome === 'refused') await endAccess(needs, { ...who, kind: 'paused', because: answer.code });
  return answer;
}
