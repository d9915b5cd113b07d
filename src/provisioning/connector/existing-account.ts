import type { ProvisioningRefusal } from '../errors.ts';
import type { ReadAccount } from './connector.ts';
import type { TargetPolicy } from './target-policy.ts';

export type ExistingAccount =
  /** Nobody is in the way: create. */
  | { readonly verdict: 'none' }
  /** A creation of ours made it, whatever became of the reply (R5.3). */
  | { readonly verdict: 'ours'; readonly account: ReadAccount }
  /** Somebody made it, and policy lets us take it over (R1.3). */
  | { readonly verdict: 'adopt'; readonly account: ReadAccount }
  | {
      readonly verdict: 'refuse';
      readonly code: ProvisioningRefusal;
      readonly candidates: readonly string[];
    };

export type ExistingAccountQuestion = {
  /** Accounts with the person's mail or stable id that cover the wanted places. */
  readonly candidates: readonly ReadAccount[];
  readonly marker: string;
  /** Accounts of this target that already belong to another person. */
  readonly linkedElsewhere: ReadonlySet<string>;
  /** Empty where the target knows people by something else. */
  readonly mail: string;
  readonly trustedMailDomains: readonly string[];
  readonly onExisting: TargetPolicy['onExisting'];
  /** The account that an administrator approved for this person. */
  readonly approved: string | undefined;
  /** A creation of ours may have been sent (creation-claim.ts), `here` for the very address of the candidates. */
  readonly creation?: 'here' | 'elsewhere' | undefined;
};

/**
 * Which existing account, if any, becomes this person's. Mail and a stable id may nominate, they never link by
 * themselves: whoever may edit accounts in the target may write both. The mail's domain must be trusted, there must be
 * exactly one candidate, nobody else may own it, and the target's policy must allow it (R1.3).
 */
export function chooseExistingAccount(question: ExistingAccountQuestion): ExistingAccount {
  const { candidates, linkedElsewhere } = question;
  const made = whatWeMade(question);
  if (made) return { verdict: 'ours', account: made };
  const byId = candidates.filter((candidate) => candidate.ours === true);
  const nominated = byId.length > 0 ? byId : candidates;
  const refuse = (code: ProvisioningRefusal): ExistingAccount => ({
    ...{ verdict: 'refuse', code },
    candidates: nominated.map(({ externalId }) => externalId),
  });
  const [account, ...others] = nominated;
  if (!account) return { verdict: 'none' };
  if (others.length > 0) return refuse('provisioning.ambiguous');
  if (linkedElsewhere.has(account.externalId)) return refuse('provisioning.mail_taken');
  if (question.onExisting === 'refuse') {
    return refuse(account.ours ? 'provisioning.id_taken' : 'provisioning.mail_taken');
  }
  if (!isTrustedMail(question, account)) return refuse('provisioning.mail_untrusted');
  const mustBeApproved = question.onExisting === 'admin-approve' || !isPlain(question, account);
  if (mustBeApproved && question.approved !== account.externalId) {
    return refuse('provisioning.needs_approval');
  }
  return { verdict: 'adopt', account };
}

/**
 * The account that a creation of ours made, whatever became of the reply (R5.3): by the random marker, which nobody
 * else has seen. Where accounts carry none: nobody was there when the creation began, so an account with the person's
 * id, or one with their mail that was given nothing yet, is what the request made.
 */
function whatWeMade(question: ExistingAccountQuestion): ReadAccount | undefined {
  const { candidates, marker, creation, linkedElsewhere } = question;
  const marked = candidates.find((candidate) => candidate.marker === marker);
  if (marked || creation === undefined) return marked;
  const byId = candidates.filter((candidate) => candidate.ours === true);
  const found = byId.length > 0 || creation === 'elsewhere' ? byId : candidates;
  const [account, ...others] = found;
  if (!account || others.length > 0 || linkedElsewhere.has(account.externalId)) return undefined;
  return account.ours || account.fresh ? account : undefined;
}

/** An id alone nominates where the target knows no mail; an administrator must approve it then. */
function isTrustedMail({ mail, trustedMailDomains }: ExistingAccountQuestion, account: ReadAccount): boolean {
  return (mail === '' && account.ours === true) || isTrusted(mail, trustedMailDomains);
}

/** Everything points to this person, and nothing to another: policy alone may decide. */
function isPlain({ candidates, mail }: ExistingAccountQuestion, account: ReadAccount): boolean {
  const shown = account.image['mail'];
  const known = typeof shown === 'string' ? shown : '';
  const hasMail = known === '' ? account.ours !== true : known.toLowerCase() === mail.toLowerCase();
  return hasMail && account.theirs !== true && candidates.length === 1;
}

/** Exact domain only: trusting example.com says nothing about mail.example.com. */
export function isTrusted(mail: string, domains: readonly string[]): boolean {
  const domain = mail.slice(mail.lastIndexOf('@') + 1).toLowerCase();
  return domains.some((trusted) => trusted.toLowerCase() === domain);
}
