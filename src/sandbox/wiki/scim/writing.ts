import { isDeepStrictEqual } from 'node:util';
import { type Entry, type Member, userNameOf } from './directory.ts';
import { applyPatch } from './patch.ts';
import type { Operation } from './patch-body.ts';
import { bad, ScimProblem } from './problem.ts';
import { type Attributes, isObject, type ReadRules, readResource } from './read.ts';
import { type ResourceType, typeOf } from './resource-type.ts';
import type { Scim } from './scim.ts';

/** @throws ScimProblem, and nothing is stored. */
export function createEntry(scim: Scim, type: ResourceType, body: unknown): Entry {
  const attributes = readResource(type, body, bodyRules(scim));
  if (type.id === 'User') attributes['active'] ??= true;
  return scim.directory().add(type.id, settle(scim, type, attributes, undefined), scim.clock.now());
}

/** A PUT: what is not named is gone, or stays by switch. */
export function replaceEntry(scim: Scim, entry: Entry, body: unknown): void {
  const type = typeOf(entry.kind);
  const given = readResource(type, body, bodyRules(scim));
  const { password } = entry.attributes;
  const kept = scim.positions().scimPut === 'merges' ? entry.attributes : {};
  // What was never shown cannot be sent back.
  store(scim, entry, { ...(password !== undefined && { password }), ...kept, ...given });
}

export function patchEntry(scim: Scim, entry: Entry, operations: readonly Operation[]): void {
  checkMembersNamed(scim, operations);
  const { scimActiveInPatch, scimRemoveWithValue, scimRemoveOfNothing, scimMembersPatch } = scim.positions();
  if (scimMembersPatch === 'replace-only') checkMembersWhole(operations);
  const after = applyPatch(entry.attributes, operations, {
    ...bodyRules(scim),
    type: typeOf(entry.kind),
    id: entry.id,
    booleans: scimActiveInPatch,
    removeWithValue: scimRemoveWithValue,
    removeOfNothing: scimRemoveOfNothing,
  });
  store(scim, entry, after);
}

/** An account may stay, inactive. */
export function removeEntry(scim: Scim, entry: Entry): void {
  const isKept = entry.kind === 'User' && scim.positions().scimDelete === 'keeps-inactive';
  if (isKept) store(scim, entry, { ...entry.attributes, active: false });
  else scim.directory().remove(entry, scim.clock.now());
}

function bodyRules(scim: Scim): ReadRules {
  return { unknown: scim.positions().scimUnknownAttributes, booleans: 'boolean' };
}

/** Values of members in all operations together; a filter names one. */
function checkMembersNamed(scim: Scim, operations: readonly Operation[]): void {
  const { scimMembersPerPatch: most } = scim.positions();
  if (most === 0) return;
  const counts = operations.map(({ path, value }) => {
    const members = path === undefined && isObject(value) ? value['members'] : value;
    if (path !== undefined && !/^(urn:.*:)?members\b/i.test(path)) return 0;
    return Array.isArray(members) ? members.length : 1;
  });
  const named = counts.reduce((sum, count) => sum + count, 0);
  if (named > most) throw new ScimProblem(413, undefined, `A PATCH may name ${most} members at most.`);
}

function checkMembersWhole(operations: readonly Operation[]): void {
  const partial = operations.find(({ op, path, value }) => {
    const names = path ?? (isObject(value) ? Object.keys(value).join(' ') : '');
    const isWhole = op === 'replace' && (path === undefined || /^(urn:.*:)?members$/i.test(path));
    return /\bmembers\b/i.test(names) && !isWhole;
  });
  if (partial) throw bad('invalidPath', 'Members can only be replaced as a whole.');
}

/** A change that changes nothing leaves version and lastModified alone. */
function store(scim: Scim, entry: Entry, attributes: Attributes): void {
  const settled = settle(scim, typeOf(entry.kind), attributes, entry);
  if (isDeepStrictEqual(settled, entry.attributes)) return;
  scim.directory().change(entry, settled, scim.clock.now());
}

function settle(
  scim: Scim,
  type: ResourceType,
  attributes: Attributes,
  current: Entry | undefined,
): Attributes {
  return type.id === 'User' ? settleUser(scim, attributes, current) : settleGroup(scim, attributes, current);
}

function settleUser(scim: Scim, attributes: Attributes, current: Entry | undefined): Attributes {
  const holder = scim.directory().byUserName(userNameOf(attributes));
  if (holder && holder !== current) throw duplicate(scim, 'An account with this userName exists already.');
  const given = String(attributes['userName']);
  const userName = scim.positions().scimUserNames === 'lowered' ? given.toLowerCase() : given;
  const { password } = attributes;
  return { ...attributes, userName, ...(password !== undefined && { password: true }) };
}

function checkGroupName(scim: Scim, { displayName }: Attributes, current: Entry | undefined): void {
  if (scim.positions().scimGroupNames === 'free') return;
  const isSame = ({ attributes }: Entry): boolean =>
    String(attributes['displayName']).toLowerCase() === String(displayName).toLowerCase();
  if (
    scim
      .directory()
      .all('Group')
      .some((group) => group !== current && isSame(group))
  ) {
    throw duplicate(scim, 'A group with this displayName exists already.');
  }
}

function duplicate(scim: Scim, detail: string): ScimProblem {
  switch (scim.positions().scimDuplicate) {
    case '409':
      return new ScimProblem(409, 'uniqueness', detail);
    case '409-bare':
      return new ScimProblem(409, undefined, detail);
    case '400':
      return new ScimProblem(400, undefined, detail);
  }
}

/** Members are named by id, and each must exist. */
function settleGroup(scim: Scim, attributes: Attributes, current: Entry | undefined): Attributes {
  checkGroupName(scim, attributes, current);
  const { members, ...rest } = attributes;
  if (!Array.isArray(members)) return rest;
  const settled = new Map<string, Member>();
  for (const each of members as Attributes[]) {
    const value = String(each['value']);
    const directory = scim.directory();
    const member = directory.get('User', value) ?? directory.get('Group', value);
    if (!member || member === current)
      throw bad('invalidValue', `${value} is no account and no other group.`);
    settled.set(value, { value, type: member.kind });
  }
  return settled.size === 0 ? rest : { ...rest, members: [...settled.values()] };
}
