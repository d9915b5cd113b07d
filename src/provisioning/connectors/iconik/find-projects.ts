import type { Problem } from '../../../base/index.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { failedRead, NO_COLLECTION_RIGHT } from './answers.ts';
import { ACL_TYPES, type AclType, aclCalls, contentCalls } from './calls.ts';
import { PERMISSIONS } from './config.ts';
import type { Entry, NameTable } from './facts.ts';
import { tableOf, UUID } from './find-groups.ts';
import { isLast, MOST_PAGES } from './paging.ts';
import type { PrepareNeeds } from './prepare-needs.ts';
import type { Collection } from './schema.ts';

type Found = { readonly outcome: 'found'; readonly table: NameTable };

const NO_NAMES: NameTable = { ids: {}, names: {} };

/** Ids of the collections that roles name. There is no search by title among the calls that we lean on. */
export async function findCollections(needs: PrepareNeeds, problems: Problem[]): Promise<Found | CallFailed> {
  const { collections } = needs.named;
  if (collections.length === 0) return { outcome: 'found', table: NO_NAMES };
  const entries: Entry[] = [];
  for (const id of collections.filter((name) => UUID.test(name))) {
    const answer = await needs.api.send(contentCalls.collection(id), needs.budget);
    if (answer.outcome === 'ok') entries.push(entryOf(answer.body));
    // One that we may not see is reported as missing below.
    else if (answer.outcome === 'unavailable' && answer.code !== 'provisioning.forbidden') return answer;
  }
  const failed = collections.every((name) => UUID.test(name))
    ? undefined
    : await addListed(needs, entries, problems);
  if (failed) return failed;
  return { outcome: 'found', table: tableOf('collection', collections, entries, problems) };
}

/** All of them: only who has seen every title knows that a title stands for one collection. */
async function addListed(
  { api, budget }: PrepareNeeds,
  entries: Entry[],
  problems: Problem[],
): Promise<CallFailed | undefined> {
  for (let number = 1; number <= MOST_PAGES; number += 1) {
    const answer = await api.send(contentCalls.collections(number), budget);
    if (answer.outcome === 'missing') return undefined;
    if (answer.outcome !== 'ok') return failedRead(answer);
    const active = answer.body.objects.filter(({ status }) => status !== 'DELETED').map(entryOf);
    entries.push(...active.filter(({ id }) => !entries.some((known) => known.id === id)));
    if (isLast(answer.body, number)) return undefined;
  }
  problems.push({
    path: 'roles',
    message: 'the domain has very many collections; name those of projects by id',
  });
  return undefined;
}

function entryOf({ id, title, external_id }: Collection): Entry {
  return { id, name: title, externalId: external_id ?? '' };
}

/**
 * Project groups hold the permissions of their project, on the collection and for what is inside. Permissions that
 * somebody else gave the group stay.
 */
export async function grantProjectGroups(
  needs: PrepareNeeds,
  groups: NameTable,
  collections: NameTable,
  problems: Problem[],
): Promise<void> {
  const wanted = new Map<string, Set<string>>();
  for (const { collection, group, permissions } of needs.named.groupProjects) {
    const [groupId, collectionId] = [groups.ids[group], collections.ids[collection]];
    if (groupId === undefined || collectionId === undefined) continue;
    const key = `${groupId} ${collectionId}`;
    wanted.set(key, new Set([...(wanted.get(key) ?? []), ...permissions]));
  }
  for (const [key, permissions] of wanted) {
    const [groupId = '', collectionId = ''] = key.split(' ');
    for (const type of ACL_TYPES) {
      if (await ensureRow(needs, groupId, type, collectionId, permissions)) continue;
      const name = collections.names[collectionId] ?? collectionId;
      problems.push({
        path: 'roles',
        message: `the group of project "${name}" has no access. ${NO_COLLECTION_RIGHT}`,
      });
      break;
    }
  }
}

/** @returns whether the group holds at least these permissions now. */
async function ensureRow(
  { api, budget }: PrepareNeeds,
  group: string,
  type: AclType,
  collection: string,
  wanted: ReadonlySet<string>,
): Promise<boolean> {
  const read = await api.send(aclCalls.read('groups', group, type, collection), budget);
  if (read.outcome !== 'ok' && read.outcome !== 'missing') return false;
  const held = read.outcome === 'ok' ? read.body.permissions : [];
  if ([...wanted].every((permission) => held.includes(permission))) return true;
  const permissions = PERMISSIONS.filter((each) => wanted.has(each) || held.includes(each));
  const answer = await api.send(aclCalls.put('groups', group, type, collection, permissions), budget);
  return answer.outcome === 'ok';
}
