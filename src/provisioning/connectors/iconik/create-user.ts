import type { AccountImage } from '../../connector/account-image.ts';
import type { WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { failedRead, failedWrite } from './answers.ts';
import { type NewUser, userCalls } from './calls.ts';
import { type IconikFacts, idsOf } from './facts.ts';
import type { IconikApi } from './iconik-api.ts';
import { withMarks } from './marks.ts';
import { listOf, membershipBody, textOf } from './membership.ts';
import type { User } from './schema.ts';

type Needs = { readonly api: IconikApi; readonly facts: IconikFacts };
type Made =
  | { readonly outcome: 'user'; readonly user: User }
  | { readonly outcome: 'failed'; readonly answer: WriteAnswer };

const INDEX_LAG_SECONDS = 5;

/** Makes a user with type, groups, primary group and our marks in one request. No password: people sign in with us. */
export async function createUser(
  needs: Needs,
  desired: AccountImage,
  marker: string,
  budget: CallBudget,
): Promise<Made> {
  const answer = await needs.api.send(userCalls.create(bodyOf(needs.facts, desired, marker)), budget);
  if (answer.outcome === 'ok') return { outcome: 'user', user: answer.body };
  const failed = failedWrite(answer);
  if (failed.outcome === 'gone')
    return { outcome: 'failed', answer: { outcome: 'invalid', detail: 'status 404' } };
  if (failed.outcome !== 'duplicate') return { outcome: 'failed', answer: failed };
  return { outcome: 'failed', answer: await explainDuplicate(needs, textOf(desired, 'mail'), budget) };
}

function bodyOf(facts: IconikFacts, desired: AccountImage, marker: string): NewUser {
  const primary = textOf(desired, 'primaryGroup');
  const groups = [...(primary === '' ? [] : [primary]), ...listOf(desired, 'groups')];
  const ids = idsOf(facts.groups, groups);
  return {
    email: textOf(desired, 'mail'),
    first_name: textOf(desired, 'firstName'),
    last_name: textOf(desired, 'lastName'),
    type: textOf(desired, 'type'),
    status: 'ACTIVE',
    ...membershipBody(facts, ids, primary === '' ? undefined : ids[0]),
    ...('roleGroups' in desired && { role_groups: idsOf(facts.roleGroups, listOf(desired, 'roleGroups')) }),
    metadata: withMarks(undefined, desired, marker),
  };
}

/**
 * The address is taken. If no list shows by whom, the search index is behind and a look in a moment decides; it may
 * even be our own user, whose creation was answered to nobody.
 */
async function explainDuplicate({ api }: Needs, mail: string, budget: CallBudget): Promise<WriteAnswer> {
  for (const call of [userCalls.withMail(mail), userCalls.deletedWithMail(mail)]) {
    const answer = await api.send(call, budget);
    if (answer.outcome !== 'ok') return answer.outcome === 'unavailable' ? answer : failedRead(answer);
    const isShown = answer.body.objects.some(({ email }) => email.toLowerCase() === mail.toLowerCase());
    if (isShown) return { outcome: 'duplicate' };
  }
  return {
    ...{ outcome: 'unavailable', code: 'provisioning.reply_lost', maybeApplied: true },
    retryAfterSeconds: INDEX_LAG_SECONDS,
  };
}
