import type { ReadAccount } from './connector.ts';
import type { ProvisioningRefusal } from './errors.ts';
import type { TargetPolicy } from './target-policy.ts';

export type ExistingAccount =
  /** Nobody is in the way: create. */
  | { readonly verdict: 'none' }
  /** Carries the id that we wrote down before sending: ours, whatever became of the reply (R5.3). */
  | { readonly verdict: 'ours'; readonly account: ReadAccount }
  /** Somebody made it, and policy lets us take it over (R1.3). */
  | { readonly verdict: 'adopt'; readonly account: ReadAccount }
  | {
      readonly verdict: 'refuse';
      readonly code: ProvisioningRefusal;
      readonly candidates: readonly string[];
    };

export type ExistingAccountQuestion = {
  /** Accounts with the person's mail that cover the wanted places. */
  readonly candidates: readonly ReadAccount[];
  readonly marker: string;
  /** Accounts of this target that already belong to another person. */
  readonly linkedElsewhere: ReadonlySet<string>;
  readonly mail: string;
  readonly trustedMailDomains: readonly string[];
  readonly onExisting: TargetPolicy['onExisting'];
  /** The account that an administrator approved for this person. */
  readonly approved: string | undefined;
  /** A creation of ours for this very address may have been sent, and nobody else has one (creation-claim.ts). */
  readonly isBegun?: boolean;
};

/**
 * Which existing account, if any, becomes this person's. Mail may nominate, it never links by itself: the domain
 * must be trusted, there must be exactly one candidate, nobody else may own it, and the target's policy must
 * allow it (R1.3).
 */
export function chooseExistingAccount(question: ExistingAccountQuestion): ExistingAccount {
  const { candidates, marker } = question;
  // Ours only by the random id, which nobody else has seen; a value of that attribute proves nothing else.
  const ours = candidates.find((candidate) => candidate.marker === marker);
  if (ours) return { verdict: 'ours', account: ours };
  const refuse = (code: ProvisioningRefusal): ExistingAccount => ({
    verdict: 'refuse',
    code,
    candidates: candidates.map(({ externalId }) => externalId),
  });
  // The person's own stable id is as good, once: it is opaque, never reused, and what sign-ins go by (R1.4).
  const byId = candidates.filter((candidate) => candidate.ours === true);
  if (byId.length > 1) return refuse('provisioning.ambiguous');
  if (byId[0]) {
    const taken = question.linkedElsewhere.has(byId[0].externalId);
    return taken ? refuse('provisioning.mail_taken') : { verdict: 'ours', account: byId[0] };
  }
  const [account, ...others] = candidates;
  if (!account) return { verdict: 'none' };
  if (others.length > 0) return refuse('provisioning.ambiguous');
  if (question.linkedElsewhere.has(account.externalId)) return refuse('provisioning.mail_taken');
  // Nobody was there when we began, and nothing was given to it yet: what the lost request made (R5.3).
  if (question.isBegun && account.fresh === true) return { verdict: 'ours', account };
  if (question.onExisting === 'refuse') return refuse('provisioning.mail_taken');
  if (!isTrusted(question.mail, question.trustedMailDomains)) return refuse('provisioning.mail_untrusted');
  const mustBeApproved = question.onExisting === 'admin-approve' || account.theirs === true;
  if (mustBeApproved && question.approved !== account.externalId) {
    return refuse('provisioning.needs_approval');
  }
  return { verdict: 'adopt', account };
}

/** Exact domain only: trusting example.com says nothing about mail.example.com. */
export function isTrusted(mail: string, domains: readonly string[]): boolean {
  const domain = mail.slice(mail.lastIndexOf('@') + 1).toLowerCase();
  return domains.some((trusted) => trusted.toLowerCase() === domain);
}
