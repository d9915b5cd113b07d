import { iconikDate, type User } from '../model.ts';
import type { Iconik } from '../server.ts';

/** What the API shows of a user. */
export function showUser(iconik: Iconik, user: User): Readonly<Record<string, unknown>> {
  const { groups, primary_group, role_groups, invited: _invited, ...rest } = user;
  const { store } = iconik;
  return {
    ...rest,
    ...memberships(iconik, user),
    system_domain_id: store.systemDomainId,
    system_domains: [store.systemDomainId],
    system_name: null,
    is_super_admin: false,
    is_super_admin_light: false,
    photo: null,
    photo_big: null,
    photo_small: null,
  };
}

function memberships({ switches }: Iconik, { groups, primary_group, role_groups }: User): object {
  const { accessModel, teamFields } = switches.positions;
  if (accessModel === 'groups') return { groups, primary_group };
  return teamFields === 'groups'
    ? { groups, primary_group, role_groups }
    : { teams: groups, primary_team: primary_group, role_groups };
}

/** What anybody may see of a colleague. */
export function showBasicUser(iconik: Iconik, user: User): Readonly<Record<string, unknown>> {
  const { id, email, first_name, last_name, type, status, hide_email } = user;
  return {
    ...{ id, first_name, last_name, type, status, ...memberships(iconik, user) },
    ...(hide_email ? {} : { email }),
  };
}

export const at = ({ needs }: Iconik): string => iconikDate(needs.clock.now());
