import { type AccountId, canonicalJson } from '../../base/index.ts';
import type { Person } from '../../model/index.ts';
import type { Keys, Sealer } from '../../platform/keys/index.ts';
import { accessPart } from '../connector/account-image.ts';
import type { Access } from '../connector/connector.ts';
import { imageOf, type Rung } from '../connector/ladder.ts';
import type { Refused } from '../run.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { type Account, type DesiredState, StoredDesired } from './account.ts';

export type WantedAccount = {
  readonly person: Person;
  readonly accesses: readonly Access[];
  readonly trustedMailDomains: readonly string[];
};

export type DesiredAnswer = { readonly outcome: 'desired'; readonly desired: DesiredState } | Refused;

/** What the account should be, with the keyed hashes that later tell whether anything changed (R5.2). */
export function desiredState(
  target: LiveTarget,
  wanted: WantedAccount,
  keys: Pick<Keys, 'lookup'>,
): DesiredAnswer {
  const answer = target.open.desire(wanted.person, wanted.accesses);
  if (answer.outcome === 'refused') {
    return { outcome: 'refused', code: answer.code, facts: { reason: answer.detail } };
  }
  const { image, problems } = answer;
  if (problems.length > 0 && target.policy.onInvalidDetail === 'refuse') {
    const fields = problems.map(({ field }) => field);
    return { outcome: 'refused', code: 'provisioning.detail_invalid', facts: { fields } };
  }
  const trustedMailDomains = [...wanted.trustedMailDomains];
  const desired = hashed(target, { image, problems, trustedMailDomains }, keys);
  const unchecked = target.open.unresolved(image).length > 0;
  return { outcome: 'desired', desired: { ...desired, ...(unchecked && { unchecked }) } };
}

/** What the account should be while access is over and these rungs are due. */
export function endedState(
  target: LiveTarget,
  rungs: readonly Rung[],
  keys: Pick<Keys, 'lookup'>,
): DesiredState {
  return hashed(target, { image: imageOf(rungs), problems: [], trustedMailDomains: [] }, keys);
}

function hashed(
  target: LiveTarget,
  state: Pick<DesiredState, 'image' | 'problems' | 'trustedMailDomains'>,
  keys: Pick<Keys, 'lookup'>,
): DesiredState {
  const hashOf = (value: Parameters<typeof canonicalJson>[0]): string =>
    keys.lookup('provisioning', canonicalJson(value));
  const problems = state.problems.map(({ field, message }) => [field, message]);
  return {
    ...state,
    hash: hashOf({ image: state.image, problems }),
    accessHash: hashOf(accessPart(state.image, target.open.fields)),
  };
}

/** Desired values are personal: they are sealed under the person's key (R7.1). */
export function sealDesired(sealer: Sealer, account: AccountId, desired: DesiredState): string {
  return sealer.seal(JSON.stringify(desired), `provisioning_account/${account}/desired`);
}

/** Undefined also for a person who was erased. */
export function openDesired(sealer: Sealer, account: Account): DesiredState | undefined {
  if (account.sealedDesired === undefined || sealer.isDestroyed) return undefined;
  const text = sealer.open(account.sealedDesired, `provisioning_account/${account.id}/desired`);
  return StoredDesired.parse(JSON.parse(text));
}
