import type { Problem } from '../../../base/index.ts';
import { groupCalls } from './calls.ts';
import { type Entry, nameTable } from './facts.ts';
import type { PrepareNeeds } from './prepare-needs.ts';
import type { Group } from './schema.ts';

/**
 * Groups that roles name and the domain lacks. They carry no roles: what they allow is decided in iconik. Another
 * broker, or somebody by hand, may make the same one at the same moment, so the list is read before and after.
 */
export async function makeMissing(
  needs: PrepareNeeds,
  known: readonly Entry[],
  problems: Problem[],
): Promise<readonly Entry[]> {
  const { named } = needs;
  const { table, ambiguous } = nameTable(named.members, known);
  const missing = named.members.filter((name) => table.ids[name] === undefined && !ambiguous.includes(name));
  const found: Entry[] = [];
  for (const name of missing) {
    const entries = await findOrMake(needs, name);
    found.push(...entries);
    if (entries.length === 0) {
      const message = `the group "${name}" could not be made; make it in iconik`;
      problems.push({ path: 'createGroups', message });
    }
  }
  return found;
}

async function findOrMake(needs: PrepareNeeds, name: string): Promise<readonly Entry[]> {
  const before = await look(needs, name);
  if (before === undefined || before.length > 0) return before ?? [];
  const body = { name, external_id: ownExternalId(needs, name), description: 'Made by Vestibule.' };
  const answer = await needs.api.send(groupCalls.create(body), needs.budget);
  const after = (await look(needs, name)) ?? [];
  if (answer.outcome !== 'ok') return after;
  // The index is behind: what was just made may not be listed yet.
  const made = entryOf(answer.body);
  return [made, ...after.filter(({ id }) => id !== made.id)];
}

/** @returns undefined when nobody knows; nothing may be made then. */
async function look(needs: PrepareNeeds, name: string): Promise<readonly Entry[] | undefined> {
  const answer = await needs.api.send(groupCalls.named(name), needs.budget);
  if (answer.outcome !== 'ok') return undefined;
  const own = ownExternalId(needs, name);
  return answer.body.objects
    .map(entryOf)
    .filter((entry) => entry.name === name || entry.externalId === own || entry.externalId === name);
}

/** The same for every broker that has this configuration. */
function ownExternalId({ id }: Pick<PrepareNeeds, 'id'>, name: string): string {
  return `vestibule:${id}:${name}`;
}

/** Two brokers made one group at once: each takes the same one of them, and the other is reported. */
export function withoutTwins(
  needs: PrepareNeeds,
  entries: readonly Entry[],
  problems: Problem[],
): readonly Entry[] {
  const twins = new Set<string>();
  for (const name of needs.named.members) {
    const ours = entries.filter(({ externalId }) => externalId === ownExternalId(needs, name));
    const [, ...others] = [...new Set(ours.map(({ id }) => id))].sort();
    for (const id of others) {
      twins.add(id);
      const message = `the group "${name}" was made twice; remove the one with the id ${id} in iconik`;
      problems.push({ path: 'createGroups', message });
    }
  }
  const unique = new Map(entries.map((entry) => [entry.id, entry]));
  return [...unique.values()].filter(({ id }) => !twins.has(id));
}

export function entryOf({ id, name, external_id }: Group): Entry {
  return { id, name, externalId: external_id ?? '' };
}
