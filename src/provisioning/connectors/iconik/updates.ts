import { randomText } from '../../../base/index.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import type { UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { accountOf, type DomainNeeds } from './accounts.ts';
import { ADMINISTRATOR, blocked, failedWrite, OWN_USER } from './answers.ts';
import { userCalls } from './calls.ts';
import { listOf, textOf, writeMembership } from './membership.ts';
import { writeProjects } from './projects.ts';
import { membershipOf } from './user-image.ts';
import { changeMarks, changeUser, type WrittenUser } from './write-user.ts';

/** Calls in the order in which they run: what takes access away ends before a user becomes active again. */
export const CALLS = ['groups', 'projects', 'user', 'signOn', 'marks'] as const;

/** Sends one planned step. Never to our own user, and to administrators only where the configuration says so. */
export async function updateAccount(
  needs: DomainNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { externalId, current, call } = request;
  if (externalId === needs.facts.ownUser) return blocked(OWN_USER);
  const isAdmin = current['administrator'] === 'yes';
  if (isAdmin && needs.settings.administrators === 'untouchable') return blocked(ADMINISTRATOR);
  switch (call) {
    case 'groups':
      return updateGroups(needs, request, budget);
    case 'projects':
      return writeProjects(needs, request, budget);
    case 'user':
      return settle(needs, request, await changeUser(needs.api, needs.settings, request, budget));
    case 'signOn':
      return updateSignOn(needs, request, budget);
    case 'marks':
      return settle(needs, request, await changeMarks(needs.api, request, budget));
    default:
      throw new TypeError(`iconik has no call ${call}`);
  }
}

function settle({ facts }: DomainNeeds, { desired }: UpdateRequest, written: WrittenUser): WriteAnswer {
  if (written.outcome === 'failed') return written.answer;
  return { outcome: 'written', account: accountOf(facts, written.user, desired, {}) };
}

async function updateGroups(
  needs: DomainNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const locked = request.takeOver ? await lockOut(needs, request, budget) : undefined;
  if (locked) return locked;
  const { api, facts, named, settings } = needs;
  const own = { api, facts, managed: named.members, onExtra: settings.onExtra };
  const written = await writeMembership(own, request, budget);
  if (written.outcome !== 'user') return written.answer;
  const { primary } = membershipOf(written.user);
  const swapped = 'primaryGroup' in request.changes && primary !== undefined;
  const account = accountOf(facts, written.user, request.desired, swapped ? { primary } : {});
  return { outcome: 'written', account: { ...account, image: withoutKept(account.image, request) } };
}

/** Whoever knew the former password is locked out before anything else happens (R1.3). */
async function lockOut(
  { api }: DomainNeeds,
  { externalId, current }: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer | undefined> {
  const neighbours = { first_name: textOf(current, 'firstName'), type: textOf(current, 'type') };
  const change = { ...neighbours, password: `${randomText(40)}-aA1` };
  const answer = await api.send(userCalls.change(externalId, change), budget);
  return answer.outcome === 'ok' ? undefined : failedWrite(answer);
}

/**
 * A step may leave the user in groups that it does not name: the next primary group, which is about to be set, or the
 * former one. If all the rest is as wanted, the answer says nothing about groups, and the next look tells.
 */
function withoutKept(image: AccountImage, { changes, desired }: UpdateRequest): AccountImage {
  const { groups: _kept, ...others } = image;
  if (!('groups' in changes)) return others;
  const wanted = listOf(changes, 'groups');
  const now = listOf(image, 'groups');
  const mayStay = [...listOf(desired, 'groups'), textOf(desired, 'primaryGroup')];
  const isComplete = wanted.every((name) => now.includes(name) || name === textOf(image, 'primaryGroup'));
  const isClean = now.every((name) => wanted.includes(name) || mayStay.includes(name));
  return isComplete && isClean ? others : image;
}

async function updateSignOn(
  needs: DomainNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { changes, current, desired, externalId } = request;
  const provider = needs.facts.identityProviders[textOf(changes, 'signOn')];
  if (provider === undefined) {
    return { outcome: 'unavailable', code: 'provisioning.not_prepared', maybeApplied: false };
  }
  const email = textOf(desired, 'mail') || textOf(current, 'mail');
  const call = userCalls.bind(externalId, { email, identity_provider_id: provider });
  const answer = await needs.api.send(call, budget);
  if (answer.outcome !== 'ok') return failedWrite(answer);
  return settle(needs, request, { outcome: 'user', user: answer.body });
}
