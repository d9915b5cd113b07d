import type { Claims } from './checks.ts';
import type { IdentityProviderRecord } from './identity-provider.ts';
import type { Group, User } from './model.ts';
import type { Iconik } from './server.ts';
import { addUser, claimGroups, isFull, userByEmail, userChanged } from './users.ts';

export type Provisioned =
  | { readonly outcome: 'user'; readonly user: User; readonly created: boolean }
  | { readonly outcome: 'refused'; readonly problem: string };

const refused = (problem: string): Provisioned => ({ outcome: 'refused', problem });

/**
 * What a sign-on does to the user: made at the first one, names and groups brought up to date at each, the type
 * never touched again. Groups that nobody sent any more are lost here and nowhere else.
 */
export function provision(iconik: Iconik, provider: IdentityProviderRecord, claims: Claims): Provisioned {
  if (!/^[^\s@]+@[^\s@]+$/.test(claims.email)) return refused('The name identifier is no mail address.');
  const wanted = wantedGroups(iconik, claims);
  if (iconik.switches.positions.requireGroups && wanted.length === 0) {
    return refused('None of the groups is known here.');
  }
  const known = userByEmail(iconik, claims.email);
  return known ? update(iconik, provider, known, claims, wanted) : create(iconik, provider, claims, wanted);
}

/** Groups of the same name, and groups that a mapping translates to. */
function wantedGroups({ store }: Iconik, { groups = [] }: Claims): readonly Group[] {
  const all = [...store.groups.values()];
  const ids = new Set<string>();
  for (const name of groups) {
    const mapped = store.mappings.find((mapping) => mapping.name === name)?.group_id;
    const meant = mapped ?? all.find((group) => group.name === name)?.id;
    if (meant !== undefined) ids.add(meant);
  }
  return all.filter(({ id }) => ids.has(id));
}

function create(
  iconik: Iconik,
  provider: IdentityProviderRecord,
  claims: Claims,
  wanted: readonly Group[],
): Provisioned {
  const { switches } = iconik;
  if (claims.firstName === undefined) return refused('A new user needs a first name.');
  const primary = primaryOf(wanted);
  const type = primary?.default_user_type ?? switches.positions.defaultUserType;
  if (switches.positions.seatsFull === 'refused' && isFull(iconik, type)) {
    return refused(`All seats of type ${type} are taken.`);
  }
  claimGroups(iconik, wanted);
  const fields = {
    email: claims.email,
    first_name: claims.firstName,
    last_name: claims.lastName ?? '',
    type,
    groups: wanted.map(({ id }) => id),
    primary_group: primary?.id ?? null,
    identity_provider_id: provider.id,
  };
  const user = addUser(iconik, { ...fields, bySaml: true });
  return { outcome: 'user', user, created: true };
}

function primaryOf(groups: readonly Group[]): Group | undefined {
  return groups
    .filter((group) => group.saml_primary_group_priority > 0)
    .toSorted((a, b) => b.saml_primary_group_priority - a.saml_primary_group_priority)[0];
}

function update(
  iconik: Iconik,
  provider: IdentityProviderRecord,
  user: User,
  claims: Claims,
  wanted: readonly Group[],
): Provisioned {
  const { unlinkedUser, updatePrimaryGroup, absentGroups } = iconik.switches.positions;
  if (user.status !== 'ACTIVE') return refused(`The user is ${user.status}.`);
  if (user.invited) return refused('The invitation was not accepted yet.');
  if (user.identity_provider_id === null && unlinkedUser === 'refused') {
    return refused('The user is not bound to this identity provider.');
  }
  user.identity_provider_id = provider.id;
  user.first_name = claims.firstName ?? user.first_name;
  user.last_name = claims.lastName ?? user.last_name;
  if (claims.groups !== undefined || absentGroups === 'removes') {
    user.groups = mergeGroups(iconik, user, wanted);
    if (updatePrimaryGroup) user.primary_group = primaryOf(wanted)?.id ?? user.primary_group;
    if (user.primary_group !== null && !user.groups.includes(user.primary_group)) user.primary_group = null;
  }
  userChanged(iconik, user);
  return { outcome: 'user', user, created: false };
}

/** Managed groups are replaced; those that only iconik knows stay. */
function mergeGroups(iconik: Iconik, user: User, wanted: readonly Group[]): string[] {
  claimGroups(iconik, wanted);
  const own = user.groups.filter((id) => !iconik.store.groups.get(id)?.is_saml_group);
  return [...own, ...wanted.map(({ id }) => id)];
}
