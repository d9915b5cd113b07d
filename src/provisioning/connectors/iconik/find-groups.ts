import type { Problem } from '../../../base/index.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { type GroupKind, groupCalls } from './calls.ts';
import { type Entry, type IconikFacts, type NameTable, nameTable } from './facts.ts';
import { entryOf, makeMissing, withoutTwins } from './make-groups.ts';
import { type Everything, readPages } from './paging.ts';
import type { PrepareNeeds } from './prepare-needs.ts';
import type { Group } from './schema.ts';

export type GroupFacts = {
  readonly outcome: 'found';
  readonly facts: Pick<IconikFacts, 'model' | 'groups' | 'roleGroups'>;
};

const NO_NAMES: NameTable = { ids: {}, names: {} };
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Which of the two models the domain has, and the ids of groups that roles name. Domains with groups answer 404 for
 * teams; an answer without teams and role groups says nothing, so groups are asked for then.
 */
export async function findGroups(needs: PrepareNeeds, problems: Problem[]): Promise<GroupFacts | CallFailed> {
  const { accessModel } = needs.settings;
  if (accessModel !== 'groups') {
    const teams = await list(needs, 'teams', problems);
    if (teams.outcome === 'unavailable') return teams;
    if (teams.outcome === 'all') {
      const roleGroups = await list(needs, 'role_groups', problems);
      if (roleGroups.outcome === 'unavailable') return roleGroups;
      const others = entriesOf(roleGroups);
      if (accessModel === 'teams' || teams.entries.length + others.length > 0) {
        return teamFacts(needs, entriesOf(teams), others, problems);
      }
    }
    if (accessModel === 'teams')
      problems.push({ path: 'accessModel', message: 'the domain has no teams; use groups' });
  }
  const groups = await list(needs, 'groups', problems);
  if (groups.outcome === 'unavailable') return groups;
  if (groups.outcome === 'missing')
    problems.push({ path: 'accessModel', message: 'the domain has no groups' });
  if (needs.named.roleGroups.length > 0) {
    problems.push({
      path: 'roles',
      message: 'roles name role groups, and this domain has groups; remove them',
    });
  }
  return groupFacts(needs, entriesOf(groups), problems);
}

async function list(
  { api, budget }: PrepareNeeds,
  kind: GroupKind,
  problems: Problem[],
): Promise<Everything<Group>> {
  const answer = await readPages(api, (number) => groupCalls.list(kind, number), budget);
  if (answer.outcome === 'all' && !answer.isComplete) {
    problems.push({
      path: 'roles',
      message: `the domain has more ${kind} than can be listed; name yours by id`,
    });
  }
  return answer;
}

function entriesOf(answer: Exclude<Everything<Group>, CallFailed>): readonly Entry[] {
  return answer.outcome === 'all' ? answer.entries.map(entryOf) : [];
}

function teamFacts(
  { named }: PrepareNeeds,
  teams: readonly Entry[],
  roleGroups: readonly Entry[],
  problems: Problem[],
): GroupFacts {
  const groups = tableOf('team', named.members, teams, problems);
  const roles = tableOf('role group', named.roleGroups, roleGroups, problems);
  return { outcome: 'found', facts: { model: 'teams', groups, roleGroups: roles } };
}

async function groupFacts(
  needs: PrepareNeeds,
  listed: readonly Entry[],
  problems: Problem[],
): Promise<GroupFacts | CallFailed> {
  const { named, settings } = needs;
  const known = await withRecent(needs, listed);
  const made = settings.createGroups ? await makeMissing(needs, known, problems) : [];
  const all = withoutTwins(needs, [...known, ...made], problems);
  const groups = tableOf('group', named.members, all, problems);
  return { outcome: 'found', facts: { model: 'groups', groups, roleGroups: NO_NAMES } };
}

/** Groups that are named by id, or that we know, and that the search index does not show: the record tells. */
async function withRecent(
  { api, budget, before, named }: PrepareNeeds,
  listed: readonly Entry[],
): Promise<readonly Entry[]> {
  const recent: Entry[] = [];
  for (const name of named.members) {
    const id = before.groups.ids[name] ?? (UUID.test(name) ? name : undefined);
    if (id === undefined || listed.some((entry) => entry.id === id)) continue;
    const answer = await api.send(groupCalls.read('groups', id), budget);
    if (answer.outcome === 'ok') recent.push(entryOf(answer.body));
  }
  return [...listed, ...recent];
}

export function tableOf(
  kind: string,
  configured: readonly string[],
  entries: readonly Entry[],
  problems: Problem[],
): NameTable {
  const { table, ambiguous } = nameTable(configured, entries);
  for (const name of ambiguous) {
    const message = `there is more than one ${kind} "${name}"; write its id instead of the name`;
    problems.push({ path: 'roles', message });
  }
  const byId = new Map<string, string>();
  for (const [name, id] of Object.entries(table.ids)) {
    const other = byId.get(id);
    if (other === undefined) byId.set(id, name);
    else
      problems.push({
        path: 'roles',
        message: `"${other}" and "${name}" are one ${kind}; use one of the two`,
      });
  }
  const missing = configured.filter((name) => table.ids[name] === undefined && !ambiguous.includes(name));
  for (const name of missing) {
    problems.push({
      path: 'roles',
      message: `there is no ${kind} "${name}" that the integration user can see`,
    });
  }
  return table;
}
