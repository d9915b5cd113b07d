import type { AccountImage } from '../../connector/account-image.ts';
import type { UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { GroupWrites } from './group-writes.ts';
import { findGroupId } from './groups.ts';
import { readMembership } from './membership.ts';
import type { ScimServer } from './scim-server.ts';
import { learnMembership } from './verify-membership.ts';

/**
 * Puts an account into groups and takes it out of others: removals first, one group after the other, then a look at
 * what the server shows. Safe to repeat.
 */
export async function changeGroups(
  server: ScimServer,
  groups: GroupWrites,
  { externalId, changes, current }: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const before = groupsIn(current);
  const after = groupsIn(changes);
  const removed = before.filter((name) => !after.includes(name));
  const added = after.filter((name) => !before.includes(name));
  for (const kind of ['remove', 'add'] as const) {
    for (const name of kind === 'remove' ? removed : added) {
      const group = await groupId(server, name, budget);
      if (group.outcome === 'unavailable') return group;
      if (group.id === undefined) {
        if (kind === 'remove') continue;
        return { outcome: 'invalid', detail: `group ${name} is not there` };
      }
      const answer = await groups.change({ kind, group: group.id, user: externalId }, budget);
      if (answer.outcome === 'invalid') return goneOr(server, answer, externalId, budget);
      if (answer.outcome !== 'done') return answer;
    }
  }
  await learnFrom(server, externalId, added, budget);
  const answer = await readBack(server, externalId, before, [...removed, ...added], budget);
  return isUnseen(server, answer, added) ? UNSEEN : answer;
}

/** Taken, not shown, and nobody was ever shown in that group: it cannot be read back, and could not be taken away. */
function isUnseen(server: ScimServer, answer: WriteAnswer, added: readonly string[]): boolean {
  const { membership, groupIds, groupsSeen } = server.traits.facts;
  if (membership !== 'members' || answer.outcome !== 'written') return false;
  const shown = groupsIn(answer.account.image);
  return added.some((name) => !shown.includes(name) && !groupsSeen.includes(groupIds[name] ?? ''));
}

const UNSEEN: WriteAnswer = {
  outcome: 'blocked',
  reasons: [
    'The server accepted a member of a group and shows nowhere that it is one, so access could be neither confirmed nor taken away. Let the credentials read the members of groups, or leave groups out of the roles.',
  ],
};

/** A member whom the server just took is somebody to try out on where memberships can be read, if nobody was yet. */
async function learnFrom(
  server: ScimServer,
  externalId: string,
  added: readonly string[],
  budget: CallBudget,
): Promise<void> {
  const { facts } = server.traits;
  const [group] = added.flatMap((name) => facts.groupIds[name] ?? []);
  if (group === undefined || facts.membership !== 'members' || facts.groupsSeen.includes(group)) return;
  await learnMembership(server, { user: externalId, group }, budget);
}

export function groupsIn(image: AccountImage): readonly string[] {
  const { groups } = image;
  return Array.isArray(groups) ? groups.map(String) : [];
}

async function groupId(server: ScimServer, name: string, budget: CallBudget): ReturnType<typeof findGroupId> {
  const known = server.traits.facts.groupIds[name];
  if (known !== undefined) return { outcome: 'id', id: known };
  if (name.startsWith('#')) return { outcome: 'id', id: name.slice(1) };
  return findGroupId(server, name, budget);
}

/** A group that does not take a member may have been right: the account is not there any more. */
async function goneOr(
  server: ScimServer,
  refused: WriteAnswer,
  externalId: string,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const user = await server.get('users', externalId, {}, budget);
  return user.outcome === 'objection' && user.status === 404 ? { outcome: 'gone' } : refused;
}

async function readBack(
  server: ScimServer,
  externalId: string,
  before: readonly string[],
  touched: readonly string[],
  budget: CallBudget,
): Promise<WriteAnswer> {
  const answer = await readMembership(server, { id: externalId, among: touched }, budget);
  if (answer.outcome === 'unavailable') {
    return { outcome: 'written', account: { externalId, image: {}, refs: {} } };
  }
  const { membership } = server.traits.facts;
  const isPartial = membership === 'members' || membership === 'each';
  const untouched = isPartial ? before.filter((name) => !touched.includes(name)) : [];
  const groups = [...new Set([...untouched, ...answer.names])].sort();
  return { outcome: 'written', account: { externalId, image: { groups }, refs: {} } };
}
