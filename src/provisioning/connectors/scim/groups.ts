import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { unavailable } from './failures.ts';
import { findBy } from './find-resources.ts';
import { readThrough } from './paging.ts';
import { GROUP_SCHEMA, member, type Resource, textOf } from './resource.ts';
import { failedRead, type ScimServer } from './scim-server.ts';

export type GroupIds = Readonly<Record<string, string>>;
export type GroupsAnswer =
  | { readonly outcome: 'groups'; readonly ids: GroupIds; readonly problems: readonly string[] }
  | CallFailed;

/** Members may be many, and nobody needs them to know a group. */
const WITHOUT_MEMBERS = { excludedAttributes: 'members' } as const;
/** From so many on, one look at the list costs less than a search for each. */
const MANY = 20;
const MOST_GROUPS = 5_000;

/** Ids of the groups that roles name; makes those that are missing, if that is wanted. */
export async function resolveGroups(
  server: ScimServer,
  names: readonly string[],
  budget: CallBudget,
): Promise<GroupsAnswer> {
  if (names.length === 0) return { outcome: 'groups', ids: {}, problems: [] };
  if (server.traits.facts.groups === null) {
    const problems = ['roles name groups, and the server offers none; remove them from the roles'];
    return { outcome: 'groups', ids: {}, problems };
  }
  const ids: Record<string, string> = {};
  const problems: string[] = [];
  const catalogue = new Catalogue(server, names.length > MANY);
  for (const name of names) {
    const found = await catalogue.find(name, budget);
    if (found.outcome === 'unavailable') return found;
    const [group, ...others] = found.groups;
    if (others.length > 0)
      problems.push(`several groups are called ${name}; name groups by id, or rename one`);
    else if (group) ids[name] = group.id;
    else if (server.settings.createGroups) {
      const made = await makeGroup(server, name, budget);
      if (made.outcome === 'unavailable') return made;
      if (made.outcome === 'made') ids[name] = made.id;
      else problems.push(`group ${name} could not be made (${made.why}); make it by hand`);
    } else problems.push(`group ${name} is not there; make it, or set createGroups`);
  }
  return { outcome: 'groups', ids, problems };
}

/** The group of one name; undefined when there is none or when several have it. */
export async function findGroupId(
  server: ScimServer,
  name: string,
  budget: CallBudget,
): Promise<{ readonly outcome: 'id'; readonly id: string | undefined } | CallFailed> {
  const found = await new Catalogue(server, false).find(name, budget);
  if (found.outcome === 'unavailable') return found;
  return { outcome: 'id', id: found.groups.length === 1 ? found.groups[0]?.id : undefined };
}

type FoundGroups = { readonly outcome: 'found'; readonly groups: readonly Resource[] } | CallFailed;

/** Groups by name; the list is read at most once, where the server cannot search or too much is sought. */
class Catalogue {
  readonly #server: ScimServer;
  readonly #listsAll: boolean;
  #all: readonly Resource[] | undefined;

  constructor(server: ScimServer, listsAll: boolean) {
    this.#server = server;
    this.#listsAll = listsAll;
  }

  async find(name: string, budget: CallBudget): Promise<FoundGroups> {
    const { groupsBy } = this.#server.settings;
    if (groupsBy === 'id') return this.#byId(name, budget);
    if (!this.#listsAll && !this.#all) {
      const found = await findBy(
        this.#server,
        {
          ...{ kind: 'groups', path: groupsBy, value: name, query: WITHOUT_MEMBERS },
          matches: (group) => textOf(member(group.raw, groupsBy)).toLowerCase() === name.toLowerCase(),
        },
        budget,
      );
      if (found.outcome === 'unavailable') return found;
      if (found.outcome === 'found')
        return { outcome: 'found', groups: exactFirst(found.resources, groupsBy, name) };
    }
    const all = this.#all ?? (await this.#readAll(budget));
    return 'outcome' in all ? all : { outcome: 'found', groups: exactFirst(all, groupsBy, name) };
  }

  async #byId(id: string, budget: CallBudget): Promise<FoundGroups> {
    const answer = await this.#server.get('groups', id, WITHOUT_MEMBERS, budget);
    if (answer.outcome === 'resource') return { outcome: 'found', groups: [answer.resource] };
    if (answer.outcome === 'objection') return { outcome: 'found', groups: [] };
    return answer.outcome === 'unavailable' ? answer : unavailable('provisioning.bad_answer');
  }

  async #readAll(budget: CallBudget): Promise<readonly Resource[] | CallFailed> {
    const answer = await readThrough(
      this.#server,
      'groups',
      { most: MOST_GROUPS, query: WITHOUT_MEMBERS },
      budget,
    );
    if (answer.outcome !== 'seen') return failedRead(answer);
    this.#all = answer.resources;
    return answer.resources;
  }
}

/** displayName has no case (RFC 7643 4.2); where two groups differ in case alone, the exact one is meant. */
function exactFirst(groups: readonly Resource[], path: string, name: string): readonly Resource[] {
  const nameOf = (group: Resource): string => textOf(member(group.raw, path));
  const exact = groups.filter((group) => nameOf(group) === name);
  if (exact.length > 0 || path === 'externalId') return exact;
  return groups.filter((group) => nameOf(group).toLowerCase() === name.toLowerCase());
}

type Made =
  | { readonly outcome: 'made'; readonly id: string }
  | { readonly outcome: 'refused'; readonly why: string }
  | CallFailed;

/**
 * After a lost reply, or when somebody else was faster, the name tells. Of several that were made at once none is meant
 * until all but one are gone.
 */
async function makeGroup(server: ScimServer, name: string, budget: CallBudget): Promise<Made> {
  const { groupsBy } = server.settings;
  const body = {
    schemas: [GROUP_SCHEMA],
    displayName: name,
    ...(groupsBy === 'externalId' && { externalId: name }),
  };
  const answer = await server.create('groups', body, budget);
  if (answer.outcome === 'resource') {
    server.traits.madeGroup(answer.resource.id);
    return { outcome: 'made', id: answer.resource.id };
  }
  const again = await findGroupId(server, name, budget);
  if (again.outcome === 'id' && again.id !== undefined) return { outcome: 'made', id: again.id };
  // Credentials that may read groups and make none still serve those that are there.
  const isForbidden = answer.outcome === 'unavailable' && answer.code === 'provisioning.forbidden';
  if (isForbidden) return { outcome: 'refused', why: 'the credentials may not' };
  if (answer.outcome === 'unavailable') return answer;
  const why = answer.outcome === 'silent' ? 'no answer' : `status ${answer.status} ${answer.scimType}`.trim();
  return { outcome: 'refused', why };
}
