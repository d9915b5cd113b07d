import type { Person } from '../model/index.ts';
import type { FoundAccount } from '../provisioning/index.ts';
import type { Wanted } from '../reconcile/index.ts';

/**
 * - `ok`: somebody should have it, its access was taken away as it should be, or another target looks after it
 * - `orphan`: it can be used, and the person behind it is gone or switched off, or was never known
 * - `excess`: it can be used, and no rule or grant gives it to the person
 * - `dormant`: somebody should have it, and did not use it for a long time, or cannot
 * - `unclaimed`: it is nobody's as far as we know, and may be somebody's: a shopper, or a person with the same mail
 * - `untouchable`: never ours to change
 */
export const ACCOUNT_CLASSES = ['ok', 'orphan', 'excess', 'dormant', 'unclaimed', 'untouchable'] as const;
export type AccountClass = (typeof ACCOUNT_CLASSES)[number];

/** All that the class of an account depends on. */
export type AccountFacts = {
  readonly found: Pick<FoundAccount, 'isActive' | 'untouchable' | 'person'>;
  /** Whom the account is linked with or, without a link, who has its mail address. */
  readonly standing: { readonly status: Person['status']; readonly wanted: Wanted['outcome'] } | undefined;
  /** Another target of ours that looks after this account of the same system. */
  readonly managedBy?: string;
  /** The ladder took its first rung, and what it took is still taken. */
  readonly isEnded: boolean;
  /** In use; undefined when neither the target nor our log knows a use. */
  readonly lastSignIn: Date | undefined;
  /** Not used since then counts as dormant; absent, nothing does. */
  readonly dormantBefore: Date | undefined;
  /** People whom no directory of ours knows belong to the target too. */
  readonly holdsOthers: boolean;
};

export type Classified = { readonly class: AccountClass; readonly note?: string };

/** The class of one account, and what else there is to say about it. Pure. */
export function classify(facts: AccountFacts): Classified {
  const { found, standing, holdsOthers } = facts;
  if (found.untouchable) return { class: 'untouchable' };
  if (facts.managedBy !== undefined) return { class: 'ok', note: `managed through ${facts.managedBy}` };
  if (found.person === undefined) return classifyUnlinked(standing, holdsOthers, found.isActive);
  const isOver = facts.isEnded || !found.isActive;
  if (standing === undefined) return over(isOver, 'orphan', 'the person is not in the directory any more');
  if (standing.status === 'disabled') return over(isOver, 'orphan', 'the person is disabled');
  switch (standing.wanted) {
    case 'access':
      return classifyWanted(facts);
    case 'undecided':
      return { class: 'ok', note: 'the next sign-in decides' };
    case 'end':
      return over(isOver, 'excess', 'no rule gives it');
    default:
      return standing.wanted satisfies never;
  }
}

function classifyUnlinked(
  standing: AccountFacts['standing'],
  holdsOthers: boolean,
  isActive: boolean,
): Classified {
  if (holdsOthers || standing?.wanted === 'access' || standing?.wanted === 'undecided') {
    return { class: 'unclaimed', ...(standing && { note: 'only the mail address matches' }) };
  }
  if (!isActive) return { class: 'ok', note: 'closed in the target' };
  if (!standing) return { class: 'orphan', note: 'nobody in the directory' };
  const note = 'only the mail address matches';
  return { class: standing.status === 'disabled' ? 'orphan' : 'excess', note };
}

function classifyWanted({ found, isEnded, lastSignIn, dormantBefore }: AccountFacts): Classified {
  if (!found.isActive) return { class: 'dormant', note: 'closed in the target' };
  if (isEnded) return { class: 'ok', note: 'access comes back with the next sign-in' };
  if (!dormantBefore) return { class: 'ok' };
  if (!lastSignIn) return { class: 'dormant', note: 'no sign-in is known' };
  return { class: lastSignIn < dormantBefore ? 'dormant' : 'ok' };
}

function over(isOver: boolean, otherwise: AccountClass, note: string): Classified {
  return isOver ? { class: 'ok', note: `access was taken away: ${note}` } : { class: otherwise, note };
}
