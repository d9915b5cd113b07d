import type { AccountImage, Field } from '../../connector/account-image.ts';
import type { IconikTarget } from './config.ts';
import { type IconikFacts, nameOf } from './facts.ts';
import { marksImage, marksOf } from './marks.ts';
import type { NamedByRoles } from './roles.ts';
import type { User } from './schema.ts';

/**
 * The fields of a user that we manage. `groups` holds groups or teams, whichever the domain has, except the primary
 * one: iconik does not let a user leave that. The mail address is the login name and what our assertions carry, so it
 * counts as access: with a wrong one a person would enter as somebody else.
 */
export function userFields(settings: IconikTarget, named: NamedByRoles): Readonly<Record<string, Field>> {
  const user = { call: 'user', atCreation: true } as const;
  const given = { kind: 'set', members: 'given', splits: true } as const;
  const mark = { kind: 'detail', call: 'marks', atCreation: true } as const;
  return {
    groups: { ...given, call: 'groups', atCreation: true, title: 'groups' },
    ...(named.roleGroups.length > 0 && {
      roleGroups: { ...given, call: 'groups', atCreation: true, title: 'role groups' },
    }),
    primaryGroup: { kind: 'exclusive', call: 'groups', atCreation: true, title: 'primary group' },
    ...(named.personalProjects.length > 0 && {
      projects: { ...given, call: 'projects', title: 'projects' },
    }),
    mail: { ...user, kind: 'exclusive', title: 'mail address', caseless: true },
    type: { ...user, kind: 'exclusive', title: 'user type' },
    status: { ...user, kind: 'exclusive', title: 'status', isLock: true },
    firstName: { ...user, kind: 'detail', title: 'first name' },
    lastName: { ...user, kind: 'detail', title: 'last name' },
    ...(settings.identityProvider?.bindUsers && {
      signOn: { kind: 'exclusive', call: 'signOn', title: 'identity provider' },
    }),
    person: { ...mark, title: 'our id' },
    ...(named.hasOutsiders && {
      external: { ...mark, title: 'mark of people from outside' },
      until: { ...mark, title: 'end of access' },
    }),
  };
}

export type Membership = {
  /** All groups or teams, the primary one included. */
  readonly members: readonly string[];
  readonly primary: string | undefined;
  readonly roleGroups: readonly string[];
};

/** Where the user is, whatever the domain calls it. */
export function membershipOf(user: User): Membership {
  return {
    members: user.teams ?? user.groups ?? [],
    primary: user.primary_team ?? user.primary_group ?? undefined,
    roleGroups: user.role_groups ?? [],
  };
}

/** A user as iconik shows it. Rows of access lists are read apart. */
export function imageOf(user: User, facts: IconikFacts, desired: AccountImage): AccountImage {
  const { members, primary, roleGroups } = membershipOf(user);
  const others = members.filter((id) => id !== primary).map((id) => nameOf(facts.groups, id));
  return {
    mail: user.email,
    firstName: user.first_name,
    lastName: user.last_name,
    type: user.type,
    status: statusOf(user, desired),
    primaryGroup: primary === undefined ? '' : nameOf(facts.groups, primary),
    groups: others.sort(),
    ...(user.role_groups && { roleGroups: roleGroups.map((id) => nameOf(facts.roleGroups, id)).sort() }),
    signOn: signOnOf(user, facts),
    ...marksImage(marksOf(user.metadata)),
    ...(isAdministrator(user) && { administrator: 'yes' }),
  };
}

/** Somebody who was blocked by hand cannot sign in either: where access is over, that is as good. */
function statusOf({ status }: User, desired: AccountImage): string {
  return status === 'BLOCKED' && desired['status'] === 'INACTIVE' ? 'INACTIVE' : status;
}

function signOnOf({ identity_provider_id: bound }: User, { identityProviders }: IconikFacts): string {
  if (!bound) return '';
  return Object.entries(identityProviders).find(([, id]) => id === bound)?.[0] ?? `#${bound}`;
}

export function isAdministrator(user: User): boolean {
  return user.is_admin || user.is_super_admin || user.is_super_admin_light;
}
