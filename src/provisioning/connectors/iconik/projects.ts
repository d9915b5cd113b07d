import type { AccountImage } from '../../connector/account-image.ts';
import type { CallFailed, UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { afterWrites, blocked, failedRead, failedWrite, NO_COLLECTION_RIGHT, type NotOk } from './answers.ts';
import { ACL_TYPES, aclCalls } from './calls.ts';
import { PERMISSIONS, type Permission } from './config.ts';
import { type IconikFacts, idOf, nameOf } from './facts.ts';
import type { IconikApi } from './iconik-api.ts';
import { listOf } from './membership.ts';
import { projectMember } from './roles.ts';

type Needs = { readonly api: IconikApi; readonly facts: IconikFacts };
type Permissions = readonly Permission[];
/** Collection id → what one person may do there. */
type Projects = ReadonlyMap<string, Permissions>;

/** Members of an image as permissions by collection. Members that name nothing known are left out. */
export function projectsOf(image: AccountImage, facts: IconikFacts): Projects {
  const projects = new Map<string, Permission[]>();
  for (const member of listOf(image, 'projects')) {
    const cut = member.lastIndexOf(': ');
    const id = idOf(facts.collections, member.slice(0, cut));
    const permission = PERMISSIONS.find((each) => each === member.slice(cut + 2));
    if (id !== undefined && permission) projects.set(id, [...(projects.get(id) ?? []), permission]);
  }
  return projects;
}

function membersOf(projects: Projects, facts: IconikFacts): string[] {
  return [...projects]
    .flatMap(([id, permissions]) =>
      permissions.map((permission) => projectMember(nameOf(facts.collections, id), permission)),
    )
    .sort();
}

/** Ids of collections that the account was given something in; kept with the account. */
export function rememberedProjects(text: string | undefined): readonly string[] {
  return (text ?? '').split(' ').filter((id) => id !== '');
}

/**
 * What the person's own rows say about these collections: a wanted permission is there when the row of the collection
 * and the row for what is inside both hold it; an unwanted one as long as either does. So a write that broke off halfway
 * is finished, whichever way it went.
 */
export async function readProjects(
  { api, facts }: Needs,
  userId: string,
  collections: readonly string[],
  desired: AccountImage,
  budget: CallBudget,
): Promise<{ readonly outcome: 'read'; readonly members: string[] } | CallFailed> {
  const wanted = projectsOf(desired, facts);
  const projects = new Map<string, Permissions>();
  for (const id of new Set(collections)) {
    const rows: (readonly string[])[] = [];
    for (const type of ACL_TYPES) {
      const answer = await api.send(aclCalls.read('users', userId, type, id), budget);
      if (answer.outcome !== 'ok' && answer.outcome !== 'missing') return failedRead(answer);
      rows.push(answer.outcome === 'ok' ? answer.body.permissions : []);
    }
    const permissions = PERMISSIONS.filter((permission) =>
      wanted.get(id)?.includes(permission)
        ? rows.every((row) => row.includes(permission))
        : rows.some((row) => row.includes(permission)),
    );
    if (permissions.length > 0) projects.set(id, permissions);
  }
  return { outcome: 'read', members: membersOf(projects, facts) };
}

/** Sets the rows of one person, collection by collection; nobody else's rows are touched. Safe to repeat. */
export async function writeProjects(
  needs: Needs,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { externalId, changes, current, refs } = request;
  const { facts } = needs;
  const before = projectsOf(current, facts);
  const after = projectsOf(changes, facts);
  let writes = 0;
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    if (isSame(before.get(id) ?? [], after.get(id) ?? [])) continue;
    const failed = await writeProject(needs, externalId, id, after.get(id) ?? [], budget);
    if (failed) return afterWrites(refused(failed), writes);
    writes += 1;
  }
  const remembered = new Set([...rememberedProjects(refs['projects']), ...after.keys()]);
  for (const id of before.keys()) if (!after.has(id)) remembered.delete(id);
  return {
    outcome: 'written',
    account: {
      externalId,
      image: { projects: membersOf(after, facts) },
      refs: { projects: [...remembered].sort().join(' ') },
    },
  };
}

/** What is inside goes first when access ends, the collection itself first when it begins. */
async function writeProject(
  { api }: Needs,
  userId: string,
  collection: string,
  permissions: Permissions,
  budget: CallBudget,
): Promise<NotOk | undefined> {
  const types = permissions.length > 0 ? ACL_TYPES : ACL_TYPES.toReversed();
  for (const type of types) {
    const answer =
      permissions.length > 0
        ? await api.send(aclCalls.put('users', userId, type, collection, permissions), budget)
        : await api.send(aclCalls.remove(userId, type, collection), budget);
    const wasGone = permissions.length === 0 && answer.outcome === 'missing';
    if (answer.outcome !== 'ok' && !wasGone) return answer;
    if (answer.outcome === 'ok' && !shows(answer.body, permissions)) {
      return { outcome: 'unavailable', code: 'provisioning.not_applied', maybeApplied: true };
    }
  }
  return undefined;
}

/** Read back: the answer to a write holds the row as it is now. */
function shows(body: unknown, permissions: Permissions): boolean {
  if (permissions.length === 0) return true;
  const row = body as { readonly permissions: readonly string[] };
  return permissions.every((permission) => row.permissions.includes(permission));
}

function refused(answer: NotOk): WriteAnswer {
  const isForbidden = answer.outcome === 'unavailable' && answer.code === 'provisioning.forbidden';
  return isForbidden ? blocked(NO_COLLECTION_RIGHT) : failedWrite(answer);
}

function isSame(one: Permissions, other: Permissions): boolean {
  return one.length === other.length && one.every((each) => other.includes(each));
}
