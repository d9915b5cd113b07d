import type { AccountImage } from '../../connector/account-image.ts';
import type { CallFailed, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { AccountApi } from './account-api.ts';
import type { AccountReader } from './account-reader.ts';
import { addToAccount } from './documents.ts';
import { FULL_REASON, failureOf, isFull, objectionOf } from './failures.ts';
import { accountOf, type MembershipRules, untouchableOf, withMail } from './membership.ts';
import { AccountPage, AddedUser, type GraphqlError } from './schema.ts';
import { type PanelUser, SnapshotParts } from './snapshot.ts';

export type CreateNeeds = {
  readonly api: AccountApi;
  readonly reader: AccountReader;
  readonly rules: MembershipRules;
  readonly pageSize: number;
  readonly budget: CallBudget;
};

/**
 * Invites somebody to the account, into no store yet: whether an account that is there already may be used is not ours
 * to say (R1.3), and a document that also added stores would open them to it.
 */
export async function createUser(needs: CreateNeeds, image: AccountImage): Promise<WriteAnswer> {
  const mail = String(image['mail'] ?? '');
  if (needs.rules.untouchable.has(mail.toLowerCase())) return { outcome: 'duplicate' };
  const moment = needs.reader.moment();
  const answer = await needs.api.send(addToAccount(mail, needs.pageSize), needs.budget);
  if (answer.outcome === 'unavailable') return isFull(answer) ? FULL : answer;
  if (answer.outcome === 'rejected') return failureOf(400, {}, false);
  const added = AddedUser.safeParse(answer.data).data?.account?.addUserToAccount;
  if (!added) return refusalOf(answer.errors);
  const user = await addedUser(needs, mail, added.account);
  if ('outcome' in user) return user;
  // Accounts that do not mind being asked twice say yes for somebody who was there before.
  const isOurs =
    needs.reader.isNewSince(moment, user.id) &&
    user.stores.length === 0 &&
    untouchableOf(needs.rules, user) === undefined;
  needs.reader.note([user.id]);
  return isOurs
    ? { outcome: 'written', account: accountOf(needs.rules, user, {}) }
    : { outcome: 'duplicate' };
}

/** The answer shows the account; where it does not show the new user, one more look does. */
async function addedUser(
  needs: CreateNeeds,
  mail: string,
  account: unknown,
): Promise<PanelUser | CallFailed> {
  const shown = AccountPage.safeParse(account);
  if (shown.success) {
    const parts = new SnapshotParts();
    parts.add(shown.data);
    const user = withMail(parts.finished(), mail);
    if (user && isWhole(shown.data)) return user;
  }
  const answer = await needs.reader.read(needs.budget);
  if (answer.outcome === 'unavailable') return { ...answer, maybeApplied: true };
  return withMail(answer.snapshot, mail) ?? { ...failureOf(200, {}, true), retryAfterSeconds: 2 };
}

/** With further pages of stores the user might be in one of them. */
function isWhole({ stores }: AccountPage): boolean {
  const pages = [stores, ...stores.edges.map(({ node }) => node.users)];
  return !pages.some(({ pageInfo }) => pageInfo?.hasNextPage);
}

const FULL: WriteAnswer = { outcome: 'blocked', reasons: [FULL_REASON] };

function refusalOf(errors: readonly GraphqlError[]): WriteAnswer {
  const objections = errors.map(objectionOf);
  if (objections.length === 0) return failureOf(200, {}, true);
  if (objections.includes('full')) return FULL;
  if (objections.includes('exists')) return { outcome: 'duplicate' };
  if (objections.includes('invalid')) {
    return { outcome: 'invalid', detail: 'the account does not take the mail address' };
  }
  const reason =
    'BigCommerce did not take the user into the account; look at the number of users that it allows';
  return { outcome: 'blocked', reasons: [reason] };
}
