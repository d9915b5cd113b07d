import type { PersonId } from '../../base/index.ts';
import { type Account, type DesiredState, REFUSED } from '../accounts/account.ts';
import { EVERYTHING } from '../connector/account-image.ts';
import type { ReadAccount } from '../connector/connector.ts';
import { chooseExistingAccount, type ExistingAccount } from '../connector/existing-account.ts';
import type { TargetPolicy } from '../connector/target-policy.ts';
import type { ProvisioningRefusal } from '../errors.ts';
import type { FoundAccount } from '../imports/found-store.ts';
import type { LastImport } from '../imports/import-store.ts';

/** What somebody who has no account yet would meet in the target, as far as we know without asking it. */
export type Foreseen =
  | { readonly verdict: 'create' }
  | { readonly verdict: 'adopt'; readonly existing: string }
  | {
      readonly verdict: 'refuse';
      readonly code: ProvisioningRefusal;
      readonly existing: readonly string[];
      /** The account that is in the way is never ours to change. */
      readonly isUntouchable: boolean;
      readonly known: KnownFrom;
    };

/** The last import of the target, the last attempt to make the account, or a look at the target just now. */
export type KnownFrom = 'import' | 'attempt' | 'look';

export type Foresight = {
  readonly person: PersonId;
  readonly desired: DesiredState;
  readonly account: Account | undefined;
  /** Accounts that the last import found under the person's mail address. */
  readonly found: readonly FoundAccount[];
  readonly lastImport: LastImport | undefined;
  readonly onExisting: TargetPolicy['onExisting'];
};

/** The decision of R1.3, by what the last import found. Pure. */
export function foresee(foresight: Foresight): Foreseen {
  const { person, account, desired, lastImport } = foresight;
  const candidates = foresight.found.filter((each) => covers(each, desired));
  const own = candidates.find((each) => each.person === person);
  if (own) return { verdict: 'adopt', existing: own.externalId };
  const isUntouchable = candidates.some(({ untouchable }) => untouchable);
  if (isUntouchable) return refuse('provisioning.mail_taken', ids(candidates), 'import', isUntouchable);
  const choice = chooseExistingAccount({
    ...{ candidates: candidates.map(asRead), marker: '' },
    linkedElsewhere: new Set(ids(candidates.filter((each) => each.person !== undefined))),
    mail: String(desired.image['mail'] ?? ''),
    trustedMailDomains: desired.trustedMailDomains,
    onExisting: foresight.onExisting,
    approved: account?.approved,
  });
  if (choice.verdict !== 'none') return foreseen(choice, 'import');
  // Whatever stood in the way of the last attempt was not there any more when somebody looked later.
  const isOutdated = account && lastImport && lastImport.beganAt > account.updatedAt;
  const refused = isOutdated ? undefined : refusedBefore(account);
  return refused ? refuse(refused, [], 'attempt', false) : { verdict: 'create' };
}

/** The verdict of R1.3 as a plan shows it. */
export function foreseen(choice: ExistingAccount, known: KnownFrom): Foreseen {
  switch (choice.verdict) {
    case 'none':
      return { verdict: 'create' };
    case 'refuse':
      return refuse(choice.code, choice.candidates, known, false);
    default:
      return { verdict: 'adopt', existing: choice.account.externalId };
  }
}

/** Only what is about existing accounts: the rest is asked again by the plan itself. */
const ABOUT_EXISTING: readonly ProvisioningRefusal[] = [
  'provisioning.mail_taken',
  'provisioning.mail_untrusted',
  'provisioning.ambiguous',
  'provisioning.needs_approval',
  'provisioning.rejected',
];

function refusedBefore(account: Account | undefined): ProvisioningRefusal | undefined {
  const isApproved = account?.approved !== undefined && account.approved === account.candidate;
  return isApproved ? undefined : ABOUT_EXISTING.find((code) => account?.rejected[REFUSED] === code);
}

function refuse(
  code: ProvisioningRefusal,
  existing: readonly string[],
  known: KnownFrom,
  isUntouchable: boolean,
): Foreseen {
  return { verdict: 'refuse', code, existing, known, isUntouchable };
}

/** Mail is unique per channel: customers of other channels are other people's business. */
function covers({ channels }: FoundAccount, { image }: DesiredState): boolean {
  const wanted = image['channels'];
  if (!channels || !Array.isArray(wanted)) return true;
  return channels.includes(EVERYTHING) || wanted.some((each) => channels.includes(String(each)));
}

function ids(found: readonly FoundAccount[]): readonly string[] {
  return found.map(({ externalId }) => externalId);
}

function asRead({ externalId }: FoundAccount): ReadAccount {
  return { externalId, image: {}, refs: {} };
}
