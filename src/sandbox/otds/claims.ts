import { type DirectoryPerson, NESTED_GROUPS } from '../cast.ts';
import type { Otds } from './server.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** What OTDS says about a person, in ID token and userinfo alike. */
export function claimsOf(otds: Otds, person: DirectoryPerson, scopes: readonly string[]): Claims {
  const { emailClaim, customClaims, omitGroups, groupClaim } = otds.switches.positions;
  const groups = groupClaim === 'direct' ? person.groups : withNested(person.groups);
  return {
    sub: subjectOf(otds, person),
    preferred_username: person.login,
    name: `${person.givenName} ${person.familyName}`,
    given_name: person.givenName,
    family_name: person.familyName,
    ...(emailClaim && { email: person.mail }),
    ...(customClaims && customClaimsOf(person)),
    ...(scopes.includes('otds:groups') && !omitGroups && { grp: groups }),
  };
}

export function subjectOf(otds: Otds, person: DirectoryPerson): string {
  const { subject } = otds.switches.positions;
  if (subject === 'uuid') return person.uuid;
  return subject === 'login' ? person.login : `${person.login}@${person.partition}`;
}

function withNested(groups: readonly string[]): string[] {
  return [...new Set(groups.flatMap((group) => [group, ...(NESTED_GROUPS[group] ?? [])]))];
}

/** A mapping that an administrator would make; nothing of it comes with the product. */
function customClaimsOf(person: DirectoryPerson): Claims {
  return {
    ...person.more,
    entryUUID: person.uuid,
    employeeNumber: person.employeeNumber,
    department: person.department,
    company: person.company,
    phone: person.phone,
    street: person.address.street,
    city: person.address.city,
    state: person.address.state,
    postalCode: person.address.postalCode,
    country: person.address.country,
    ...(person.region !== undefined && { region: person.region }),
    ...(person.contractEnd !== undefined && { contractEnd: person.contractEnd }),
  };
}
