import type { User } from './model.ts';
import { BROWSING_ROLES, EDITING_ROLES } from './role-lists.ts';
import type { Iconik } from './server.ts';

/** What the type alone gives where the domain has teams, without any role group. */
const OF_TYPE: Readonly<Record<User['type'], readonly string[]>> = {
  POWER: EDITING_ROLES,
  STANDARD: EDITING_ROLES,
  BROWSE_ONLY: BROWSING_ROLES,
  BROWSE_API_ONLY: BROWSING_ROLES,
};

/**
 * Effective roles: the union over groups (over role groups, where the domain has teams), as far as the type of
 * the user reaches. An administrator has every role, which `hasRole` knows.
 */
export function rolesOf({ store, switches }: Iconik, user: User): readonly string[] {
  const given =
    switches.positions.accessModel === 'groups'
      ? user.groups.flatMap((id) => store.groups.get(id)?.roles ?? [])
      : [...OF_TYPE[user.type], ...user.role_groups.flatMap((id) => store.roleGroups.get(id)?.roles ?? [])];
  const browses = user.type === 'BROWSE_ONLY' || user.type === 'BROWSE_API_ONLY';
  const all = [...new Set(given)].sort();
  return browses ? all.filter((role) => BROWSING_ROLES.includes(role)) : all;
}

export function hasRole(iconik: Iconik, user: User, role: string): boolean {
  return user.is_admin || rolesOf(iconik, user).includes(role);
}
