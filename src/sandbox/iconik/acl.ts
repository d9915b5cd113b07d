import {
  type AclRow,
  type Asset,
  type Collection,
  PERMISSIONS,
  type Permission,
  PROPAGATING,
} from './content.ts';
import type { User } from './model.ts';
import type { Iconik } from './server.ts';

/** What one user may do with one object: by lists on it, by lists that collections above hand down, as administrator. */
export function permissionsOf(iconik: Iconik, user: User, type: string, key: string): readonly Permission[] {
  if (user.is_admin && iconik.switches.positions.adminSeesAll) return PERMISSIONS;
  const rows = [...rowsOn(iconik, type, key), ...inheritedRows(iconik, type, key)];
  const given = new Set(rows.filter((row) => isFor(user, row)).flatMap((row) => row.permissions));
  return PERMISSIONS.filter((permission) => given.has(permission));
}

export function may(iconik: Iconik, user: User, permission: Permission, type: string, key: string): boolean {
  return permissionsOf(iconik, user, type, key).includes(permission);
}

function isFor(user: User, { of, who }: AclRow): boolean {
  return of === 'group' ? user.groups.includes(who) : of === 'user' && who === user.id;
}

export function rowsOn({ store }: Iconik, type: string, key: string): readonly AclRow[] {
  return store.acl.filter((row) => row.object_type === type && row.object_key === key);
}

/** Propagating rows of every collection around the object. */
export function inheritedRows(iconik: Iconik, type: string, key: string): readonly AclRow[] {
  return collectionsAround(iconik, type, key).flatMap((collection) =>
    rowsOn(iconik, PROPAGATING, collection),
  );
}

function collectionsAround({ store }: Iconik, type: string, key: string): readonly string[] {
  const first = type === 'assets' ? (store.assets.get(key)?.in_collections ?? []) : [];
  const parent = type === 'collections' ? store.collections.get(key)?.parent_id : null;
  const waiting = [...first, ...(parent ? [parent] : [])];
  const found = new Set<string>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    const above = store.collections.get(next)?.parent_id;
    if (above) waiting.push(above);
  }
  return [...found];
}

export function visibleCollections(iconik: Iconik, user: User): readonly Collection[] {
  return [...iconik.store.collections.values()].filter(
    ({ id, status }) => status !== 'DELETED' && may(iconik, user, 'read', 'collections', id),
  );
}

export function visibleAssets(iconik: Iconik, user: User): readonly Asset[] {
  return [...iconik.store.assets.values()].filter(
    ({ id, status }) => status !== 'DELETED' && may(iconik, user, 'read', 'assets', id),
  );
}

/** Collections and assets below these collections, at any depth. */
export function contentOf(
  iconik: Iconik,
  roots: readonly string[],
): { collections: string[]; assets: string[] } {
  const { collections, assets } = iconik.store;
  const inside = [...collections.values()]
    .filter(({ id }) => collectionsAround(iconik, 'collections', id).some((around) => roots.includes(around)))
    .map(({ id }) => id);
  const all = [...roots, ...inside];
  const films = [...assets.values()].filter(({ in_collections }) =>
    in_collections.some((each) => all.includes(each)),
  );
  return { collections: inside, assets: films.map(({ id }) => id) };
}

/** Sets what one group, user or share may do with one object. @returns whether the row is new. */
export function putRow(
  { store }: Iconik,
  fields: Omit<AclRow, 'date_created' | 'date_modified'>,
  at: string,
): { readonly row: AclRow; readonly created: boolean } {
  const { of, who, object_type, object_key, permissions } = fields;
  const known = store.acl.find(
    (row) =>
      row.of === of && row.who === who && row.object_type === object_type && row.object_key === object_key,
  );
  if (known) {
    known.permissions = permissions;
    known.date_modified = at;
    return { row: known, created: false };
  }
  const row: AclRow = { ...fields, date_created: at, date_modified: at };
  store.acl.push(row);
  return { row, created: true };
}
