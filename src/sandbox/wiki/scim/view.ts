import { type Attribute, named } from './attribute.ts';
import { displayOf, type Entry, membersOf } from './directory.ts';
import { bad } from './problem.ts';
import { type Attributes, isObject } from './read.ts';
import { COMMON, findPlace, type ResourceType, typeOf } from './resource-type.ts';
import type { Scim } from './scim.ts';

export type Wanted = { readonly attributes: readonly string[]; readonly excluded: readonly string[] };

/** The resource as it is shown in full, passwords left out; filters and sorting look at this. */
export function fullView(scim: Scim, entry: Entry): Attributes {
  const { password: _password, ...attributes } = entry.attributes;
  const type = typeOf(entry.kind);
  const shown =
    entry.kind === 'User' ? withGroups(scim, entry, attributes) : withMembers(scim, entry, attributes);
  return {
    schemas: [type.schema.id, ...type.extensions.map(({ id }) => id).filter((id) => id in attributes)],
    id: entry.id,
    ...shown,
    meta: {
      resourceType: type.id,
      created: entry.created.toISOString(),
      lastModified: entry.lastModified.toISOString(),
      location: locationOf(scim, entry),
      ...(scim.positions().scimEtags === 'present' && { version: versionOf(entry) }),
    },
  };
}

export function versionOf({ revision }: Entry): string {
  return `W/"${revision}"`;
}

export function locationOf(scim: Scim, { kind, id }: Pick<Entry, 'kind' | 'id'>): string {
  return `${scim.base()}${typeOf(kind).endpoint}/${id}`;
}

function withGroups(scim: Scim, { id }: Entry, attributes: Attributes): Attributes {
  const groups = scim.directory().groupsOf(id);
  if (groups.length === 0) return attributes;
  return {
    ...attributes,
    groups: groups.map((group) => ({
      value: group.id,
      $ref: locationOf(scim, group),
      display: displayOf(group),
      type: 'direct',
    })),
  };
}

function withMembers(scim: Scim, entry: Entry, attributes: Attributes): Attributes {
  const { members: _members, ...rest } = attributes;
  const members = membersOf(entry).flatMap(({ value, type }) => {
    const member = scim.directory().get(type, value);
    return member ? [{ value, $ref: locationOf(scim, member), type, display: displayOf(member) }] : [];
  });
  if (members.length === 0 && scim.positions().scimEmptyMembers === 'omitted') return rest;
  return { ...rest, members };
}

/** `attributes` and `excludedAttributes` (RFC 7644 3.9). @throws ScimProblem invalidValue when both are there */
export function readWanted(query: Readonly<Record<string, string | undefined>>): Wanted {
  const names = (list: string | undefined): readonly string[] =>
    (list ?? '').split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]));
  const wanted = { attributes: names(query['attributes']), excluded: names(query['excludedAttributes']) };
  if (wanted.attributes.length > 0 && wanted.excluded.length > 0) {
    throw bad('invalidValue', 'attributes and excludedAttributes exclude each other.');
  }
  return wanted;
}

/** What the client asked to see; `id` and `schemas` always. */
export function select(
  type: ResourceType,
  resource: Attributes,
  { attributes, excluded }: Wanted,
): Attributes {
  if (excluded.length > 0) return without(type, resource, excluded);
  return attributes.length > 0 ? only(type, resource, attributes) : resource;
}

function only(type: ResourceType, resource: Attributes, paths: readonly string[]): Attributes {
  const shown: Attributes = { schemas: resource['schemas'], id: resource['id'] };
  for (const path of paths) {
    const { extension, attribute, sub } = findPlace(type, path) ?? {};
    if (extension === undefined) {
      if (attribute) copy(resource, shown, attribute, sub);
      continue;
    }
    const source = resource[extension];
    if (!isObject(source)) continue;
    const target = isObject(shown[extension]) ? shown[extension] : {};
    if (attribute) copy(source, target, attribute, sub);
    else Object.assign(target, source);
    shown[extension] = target;
  }
  return shown;
}

function copy(source: Attributes, target: Attributes, { name }: Attribute, sub: Attribute | undefined): void {
  const value = source[name];
  if (value === undefined) return;
  if (!sub) {
    target[name] = value;
    return;
  }
  const part = (each: unknown): unknown =>
    isObject(each) && sub.name in each ? { [sub.name]: each[sub.name] } : {};
  const picked = Array.isArray(value) ? value.map(part) : part(value);
  const held = target[name];
  target[name] = isObject(held) && isObject(picked) ? { ...held, ...picked } : picked;
}

function without(type: ResourceType, resource: Attributes, paths: readonly string[]): Attributes {
  const shown = structuredClone(resource);
  for (const path of paths) {
    const { extension, attribute, sub } = findPlace(type, path) ?? {};
    if (extension !== undefined && !attribute) delete shown[extension];
    if (!attribute || named(COMMON, attribute.name)?.returned === 'always') continue;
    const container = extension === undefined ? shown : shown[extension];
    if (!isObject(container)) continue;
    if (sub) removePart(container[attribute.name], sub.name);
    else delete container[attribute.name];
  }
  return shown;
}

function removePart(value: unknown, name: string): void {
  for (const each of Array.isArray(value) ? value : [value]) if (isObject(each)) delete each[name];
}
