import type { CallBudget } from '../../call-budget.ts';
import type { CallFailed } from '../../connector.ts';
import { MEMBERSHIP_FILTERS, type Membership, type MembershipFilter } from './facts.ts';
import { unavailable } from './failures.ts';
import { readThrough } from './paging.ts';
import { isRaw, member, quoted, type Raw, type Resource, textOf, valuesOf, valueText } from './resource.ts';
import { failedRead, type ScimServer } from './scim-server.ts';

export type MembershipAnswer = { readonly outcome: 'groups'; readonly names: readonly string[] } | CallFailed;

/** A group as an account or a search shows it. */
type Shown = { readonly id: string; readonly name: string };

const MOST_GROUPS = 2_000;

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
  const { id, known, among } = account;
  if (server.traits.facts.groups === null) return { outcome: 'groups', names: [] };
  const { membership } = server.traits.facts;
  if (membership === 'members') return amongGroups(server, id, among, budget);
  const shown =
    membership === 'user'
      ? await inUser(server, id, known, budget)
      : await byFilter(server, id, membership, budget);
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
    const id = valueText(each) || idFromRef(textOf(member(each, '$ref')));
    const isIndirect = textOf(member(each, 'type')).toLowerCase() === 'indirect';
    return id === '' || isIndirect ? [] : [{ id, name: textOf(member(each, 'display')) }];
  });
}

function idFromRef(ref: string): string {
  const last = ref.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

const FILTERS: Readonly<Record<MembershipFilter, (id: string) => string>> = {
  'members.value': (id) => `members.value eq ${quoted(id)}`,
  'members[value]': (id) => `members[value eq ${quoted(id)}]`,
  'members eq': (id) => `members eq ${quoted(id)}`,
};

async function byFilter(
  server: ScimServer,
  id: string,
  form: MembershipFilter,
  budget: CallBudget,
): Promise<readonly Shown[] | CallFailed> {
  const query = { filter: FILTERS[form](id), attributes: 'id,displayName,externalId' };
  const answer = await readThrough(server, 'groups', { most: MOST_GROUPS, query }, budget);
  if (answer.outcome !== 'seen') return failedRead(answer);
  return answer.resources.map((group) => ({ id: group.id, name: textOf(member(group.raw, 'displayName')) }));
}

/** The last resort: the members of each group that a role names, one group after the other. */
async function amongGroups(
  server: ScimServer,
  id: string,
  among: readonly string[] | undefined,
  budget: CallBudget,
): Promise<MembershipAnswer> {
  const names: string[] = [];
  for (const [name, groupId] of Object.entries(server.traits.facts.groupIds)) {
    if (among && !among.includes(name)) continue;
    const answer = await server.get('groups', groupId, {}, budget);
    // A group that is gone has no members.
    if (answer.outcome === 'objection' && answer.status === 404) continue;
    if (answer.outcome !== 'resource') {
      return answer.outcome === 'silent' ? unavailable('provisioning.bad_answer') : failedRead(answer);
    }
    if (memberIds(answer.resource).includes(id)) names.push(name);
  }
  return { outcome: 'groups', names: names.sort() };
}

export function memberIds(group: Resource): readonly string[] {
  return valuesOf(group.raw, 'members').map((each) => valueText(each));
}

function nameFor(server: ScimServer, { id, name }: Shown): string {
  const { groupIds } = server.traits.facts;
  const known = Object.entries(groupIds).find(([, each]) => each === id)?.[0];
  if (known !== undefined) return known;
  const { groupsBy } = server.settings;
  if (groupsBy === 'id') return id;
  return groupsBy === 'displayName' && name !== '' ? name : `#${id}`;
}

/** Where the groups of an account can be read, as far as somebody's membership shows it. */
export type Verified = { readonly membership: Membership; readonly listsGroups: boolean };

/**
 * Servers publish attributes that they never fill and pass over filters that they do not know. So a way to read
 * memberships counts only once it has shown one that the group itself shows.
 */
export async function verifyMembership(server: ScimServer, budget: CallBudget): Promise<Verified> {
  const { membership: wanted } = server.settings.server;
  if (wanted === 'user') return { membership: 'user', listsGroups: true };
  if (wanted === 'members') return UNVERIFIED;
  const { facts } = server.traits;
  if (facts.membership !== 'members' && wanted === 'auto') return facts;
  let samples = 0;
  let isTooLarge = false;
  for (const groupId of Object.values(facts.groupIds).slice(0, MOST_LOOKED_AT)) {
    const sample = await sampleMember(server, groupId, budget);
    if (sample === 'unreadable') isTooLarge = true;
    if (sample === undefined || sample === 'unreadable') continue;
    const found = await verifyWith(server, sample.id, groupId, budget);
    if (found) return found;
    samples += 1;
    if (samples === MOST_SAMPLES) break;
  }
  if (wanted === 'auto' && !isTooLarge) return UNVERIFIED;
  return { membership: await likelyFilter(server, budget), listsGroups: false };
}

const UNVERIFIED: Verified = { membership: 'members', listsGroups: false };
const MOST_LOOKED_AT = 5;
const MOST_SAMPLES = 2;

/** Groups that cannot be read whole, or must not be: the first filter that is understood and finds nobody. */
async function likelyFilter(server: ScimServer, budget: CallBudget): Promise<Membership> {
  for (const form of MEMBERSHIP_FILTERS) {
    const nobody = await byFilter(server, NOBODY, form, budget);
    if (!('outcome' in nobody) && nobody.length === 0) return form;
  }
  return server.settings.server.membership === 'filter' ? 'members.value' : 'members';
}

const NOBODY = 'nobody-has-this-id';

type Sample = { readonly id: string } | 'unreadable' | undefined;

/** Somebody who is in the group. A group that is too large to be read may still be named in a search of accounts. */
async function sampleMember(server: ScimServer, groupId: string, budget: CallBudget): Promise<Sample> {
  const answer = await server.get('groups', groupId, {}, budget);
  if (answer.outcome === 'unavailable') {
    const query = { filter: `groups.value eq ${quoted(groupId)}`, count: 1 };
    const page = await server.list('users', query, budget);
    const [user] = page.outcome === 'page' ? page.page.resources : [];
    return user && groupsShown(user.raw).some(({ id }) => id === groupId) ? { id: user.id } : 'unreadable';
  }
  if (answer.outcome !== 'resource') return undefined;
  const user = valuesOf(answer.resource.raw, 'members').find(
    (each) => !isRaw(each) || textOf(member(each, 'type')).toLowerCase() !== 'group',
  );
  const id = user === undefined ? '' : valueText(user);
  return id === '' ? undefined : { id };
}

async function verifyWith(
  server: ScimServer,
  userId: string,
  groupId: string,
  budget: CallBudget,
): Promise<Verified | undefined> {
  const shows = (groups: readonly Shown[]): boolean => groups.some(({ id }) => id === groupId);
  if (server.settings.server.membership === 'auto') {
    const user = await server.get('users', userId, {}, budget);
    if (user.outcome === 'resource' && shows(groupsShown(user.resource.raw))) {
      return { membership: 'user', listsGroups: await listShows(server, user.resource, shows, budget) };
    }
  }
  for (const form of MEMBERSHIP_FILTERS) {
    const found = await byFilter(server, userId, form, budget);
    if ('outcome' in found || !shows(found)) continue;
    // A filter that is passed over finds every group for anybody.
    const nobody = await byFilter(server, NOBODY, form, budget);
    if (!('outcome' in nobody) && nobody.length === 0) return { membership: form, listsGroups: false };
  }
  return undefined;
}

async function listShows(
  server: ScimServer,
  user: Resource,
  shows: (groups: readonly Shown[]) => boolean,
  budget: CallBudget,
): Promise<boolean> {
  const filter = `userName eq ${quoted(textOf(member(user.raw, 'userName')))}`;
  const query = server.traits.canFilter('userName') ? { filter } : { count: 10 };
  const answer = await server.list('users', query, budget);
  if (answer.outcome !== 'page') return false;
  const listed = answer.page.resources.find(({ id }) => id === user.id);
  return listed !== undefined && shows(groupsShown(listed.raw));
}
