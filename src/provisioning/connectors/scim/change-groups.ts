import type { AccountImage } from '../../account-image.ts';
import type { CallBudget } from '../../call-budget.ts';
import type { UpdateRequest, WriteAnswer } from '../../connector.ts';
import type { GroupWrites } from './group-writes.ts';
import { findGroupId } from './groups.ts';
import { readMembership } from './membership.ts';
import type { ScimServer } from './scim-server.ts';

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
  return readBack(server, externalId, before, [...removed, ...added], budget);
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
  const isPartial = server.traits.facts.membership === 'members';
  const untouched = isPartial ? before.filter((name) => !touched.includes(name)) : [];
  const groups = [...new Set([...untouched, ...answer.names])].sort();
  return { outcome: 'written', account: { externalId, image: { groups }, refs: {} } };
}
