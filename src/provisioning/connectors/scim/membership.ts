import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { MembershipFilter } from './facts.ts';
import { unavailable } from './failures.ts';
import { readThrough } from './paging.ts';
import { member, quoted, type Raw, type Resource, referredId, textOf, valuesOf } from './resource.ts';
import { failedRead, type ScimServer } from './scim-server.ts';

export type MembershipAnswer = { readonly outcome: 'groups'; readonly names: readonly string[] } | CallFailed;

/** A group as an account or a search shows it. */
export type Shown = { readonly id: string; readonly name: string };

const MOST_GROUPS = 2_000;
/** What every server must be able to show. */
export const BY_GROUPS = { membership: 'members', listsGroups: false } as const;

/**
 * Groups of one account, as roles name them; others by their name where roles name groups so, else `#` and the id.
 *
 * @param known the account as it was just read, if it was.
 * @param among reads no more than these, where each group must be read by itself.
 */
export async function readMembership(
  server: ScimServer,
  account: { readonly id: string; readonly known?: Resource | undefined; readonly among?: readonly string[] },
  budget: CallBudget,
): Promise<MembershipAnswer> {
  const { id, known } = account;
  if (server.traits.facts.groups === null) return { outcome: 'groups', names: [] };
  const { membership } = server.traits.facts;
  if (membership === 'members' || membership === 'each') {
    return amongGroups(server, membership, account, budget);
  }
  const shown =
    membership === 'user'
      ? await inUser(server, id, known, budget)
      : await byFilter(server, id, membership, budget);
  if (shown === 'refused') {
    // It was obeyed when it was tried out, and some stumble over it as soon as a group is empty.
    server.traits.readsMembership(BY_GROUPS);
    return amongGroups(server, BY_GROUPS.membership, account, budget);
  }
  if ('outcome' in shown) return shown;
  return { outcome: 'groups', names: [...new Set(shown.map((group) => nameFor(server, group)))].sort() };
}

async function inUser(
  server: ScimServer,
  id: string,
  known: Resource | undefined,
  budget: CallBudget,
): Promise<readonly Shown[] | CallFailed> {
  if (known) return groupsShown(known.raw);
  const answer = await server.get('users', id, {}, budget);
  if (answer.outcome === 'resource') return groupsShown(answer.resource.raw);
  return answer.outcome === 'silent' ? unavailable('provisioning.bad_answer') : failedRead(answer);
}

/** Groups that the account is in by way of another group are not ours to give or take. */
export function groupsShown(user: Raw): readonly Shown[] {
  return valuesOf(user, 'groups').flatMap((each) => {
    const id = referredId(each);
    const isIndirect = textOf(member(each, 'type')).toLowerCase() === 'indirect';
    return id === '' || isIndirect ? [] : [{ id, name: textOf(member(each, 'display')) }];
  });
}

const FILTERS: Readonly<Record<MembershipFilter, (id: string) => string>> = {
  'members.value': (id) => `members.value eq ${quoted(id)}`,
  'members[value]': (id) => `members[value eq ${quoted(id)}]`,
  'members eq': (id) => `members eq ${quoted(id)}`,
};

export async function byFilter(
  server: ScimServer,
  id: string,
  form: MembershipFilter,
  budget: CallBudget,
): Promise<readonly Shown[] | 'refused' | CallFailed> {
  const query = { filter: FILTERS[form](id), attributes: 'id,displayName,externalId' };
  const answer = await readThrough(server, 'groups', { most: MOST_GROUPS, query }, budget);
  if (answer.outcome === 'objection') return 'refused';
  if (answer.outcome !== 'seen') return answer;
  return answer.resources.map((group) => ({ id: group.id, name: textOf(member(group.raw, 'displayName')) }));
}

/** The last resort: each group that a role names, one after the other. */
async function amongGroups(
  server: ScimServer,
  membership: 'members' | 'each',
  { id, among }: { readonly id: string; readonly among?: readonly string[] | undefined },
  budget: CallBudget,
): Promise<MembershipAnswer> {
  const names: string[] = [];
  for (const [name, groupId] of Object.entries(server.traits.facts.groupIds)) {
    if (among && !among.includes(name)) continue;
    const answer = await (membership === 'each'
      ? oneByFilter(server, groupId, id, budget)
      : inGroup(server, groupId, id, budget));
    if (answer.outcome === 'unavailable') return answer;
    if (answer.isIn) names.push(name);
  }
  return { outcome: 'groups', names: names.sort() };
}

type IsMember = { readonly outcome: 'known'; readonly isIn: boolean } | CallFailed;

async function inGroup(
  server: ScimServer,
  groupId: string,
  id: string,
  budget: CallBudget,
): Promise<IsMember> {
  const answer = await server.get('groups', groupId, {}, budget);
  // A group that is gone has no members.
  if (answer.outcome === 'objection' && answer.status === 404) return { outcome: 'known', isIn: false };
  if (answer.outcome === 'resource') {
    return { outcome: 'known', isIn: memberIds(answer.resource).includes(id) };
  }
  return answer.outcome === 'silent' ? unavailable('provisioning.bad_answer') : failedRead(answer);
}

/** The one question that servers answer which never show members. AWS docs: ListGroups. */
export async function oneByFilter(
  server: ScimServer,
  groupId: string,
  id: string,
  budget: CallBudget,
): Promise<IsMember> {
  const filter = `id eq ${quoted(groupId)} and members eq ${quoted(id)}`;
  const answer = await server.list('groups', { filter }, budget);
  if (answer.outcome !== 'page') return failedRead(answer);
  return { outcome: 'known', isIn: answer.page.resources.some((group) => group.id === groupId) };
}

export function memberIds(group: Resource): readonly string[] {
  return valuesOf(group.raw, 'members').map(referredId);
}

function nameFor(server: ScimServer, { id, name }: Shown): string {
  const { groupIds } = server.traits.facts;
  const known = Object.entries(groupIds).find(([, each]) => each === id)?.[0];
  if (known !== undefined) return known;
  const { groupsBy } = server.settings;
  if (groupsBy === 'id') return id;
  return groupsBy === 'displayName' && name !== '' ? name : `#${id}`;
}
