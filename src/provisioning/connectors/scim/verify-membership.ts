import type { CallBudget } from '../../targets/call-budget.ts';
import { MEMBERSHIP_FILTERS, type Membership, type Verified } from './facts.ts';
import { BY_GROUPS, byFilter, groupsShown, oneByFilter, type Shown } from './membership.ts';
import { isRaw, member, quoted, type Resource, referredId, textOf, valuesOf } from './resource.ts';
import type { ScimServer } from './scim-server.ts';

/**
 * Servers publish attributes that they never fill and pass over filters that they do not know. So a way to read
 * memberships counts only once it has shown one that the group itself shows.
 */
export async function verifyMembership(server: ScimServer, budget: CallBudget): Promise<Verified> {
  const { membership: wanted } = server.settings.server;
  if (wanted === 'user') return { membership: 'user', listsGroups: true };
  if (wanted === 'members') return BY_GROUPS;
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
  if (wanted === 'auto' && !isTooLarge) return BY_GROUPS;
  return { membership: await likelyFilter(server, budget), listsGroups: false };
}

/** Tries out on somebody who is certainly in the group where that can be read, and keeps what showed it. */
export async function learnMembership(
  server: ScimServer,
  { user, group }: { readonly user: string; readonly group: string },
  budget: CallBudget,
): Promise<void> {
  const { membership } = server.settings.server;
  if (membership !== 'auto' && membership !== 'filter') return;
  const found = await verifyWith(server, user, group, budget);
  if (found) server.traits.readsMembership(found);
}

const MOST_LOOKED_AT = 5;
const MOST_SAMPLES = 2;

/** Groups that cannot be read whole, or must not be: the first filter that is understood and finds nobody. */
async function likelyFilter(server: ScimServer, budget: CallBudget): Promise<Membership> {
  for (const form of MEMBERSHIP_FILTERS) {
    const nobody = await byFilter(server, NOBODY, form, budget);
    if (isList(nobody) && nobody.length === 0) return form;
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
  const id = referredId(user);
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
    if (!isList(found) || !shows(found)) continue;
    // A filter that is passed over finds every group for anybody.
    const nobody = await byFilter(server, NOBODY, form, budget);
    if (isList(nobody) && nobody.length === 0) return { membership: form, listsGroups: false };
  }
  const isIn = await oneByFilter(server, groupId, userId, budget);
  if (isIn.outcome !== 'known' || !isIn.isIn) return undefined;
  const isNobodyIn = await oneByFilter(server, groupId, NOBODY, budget);
  const isObeyed = isNobodyIn.outcome === 'known' && !isNobodyIn.isIn;
  return isObeyed ? { membership: 'each', listsGroups: false } : undefined;
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

function isList(found: Awaited<ReturnType<typeof byFilter>>): found is readonly Shown[] {
  return Array.isArray(found);
}
