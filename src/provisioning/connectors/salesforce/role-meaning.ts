import type { Access, Desired, TargetParty } from '../../connector/connector.ts';
import { SalesforceRole } from './config.ts';
import { fitsBoundary, type OrgFacts } from './facts.ts';
import { ADMINISTERS } from './special-users.ts';

/** Sets of names that roles give; also the names of the fields in images. */
export const GIVEN_SETS = [
  'permissionSets',
  'permissionSetGroups',
  'permissionSetLicenses',
  'groups',
  'queues',
  'territories',
] as const;
export type GivenSet = (typeof GIVEN_SETS)[number];
export type Sets = Readonly<Record<GivenSet, readonly string[]>>;

/** A relying party whose roles have a meaning here. */
export type Party = { readonly id: string; readonly roles: readonly DeclaredRole[] };
export type DeclaredRole = { readonly id: string; readonly means: SalesforceRole };

/** Parsed already by this connector's schema, if the role says anything; the registry keeps it as unknown. */
export function partiesOf(parties: readonly TargetParty[]): readonly Party[] {
  return parties.map(({ id, roles }) => ({
    id,
    roles: roles.map((role) => ({ id: role.id, means: SalesforceRole.parse(role.account ?? {}) })),
  }));
}

/** All names that roles of the configuration give. */
export function managedNames(parties: readonly Party[]): Sets {
  const means = parties.flatMap(({ roles }) => roles.map((role) => role.means));
  return setsOf(means);
}

/** Some people come from contacts of accounts, so users are read with these. */
export function hasPartners(parties: readonly Party[]): boolean {
  return parties.some(({ roles }) => roles.some(({ means }) => means.partnerAccount !== undefined));
}

export type Meaning = {
  readonly outcome: 'meaning';
  readonly profile: string;
  /** Place in the hierarchy; empty for none. */
  readonly role: string;
  readonly isExternal: boolean;
  /** Account of people from outside; empty for none. */
  readonly partnerAccount: string;
  readonly sets: Sets;
  /** `permissionSets/NAME` or `permissionSetGroups/NAME` → when the last role that gives it ends. */
  readonly ends: Readonly<Record<string, Date>>;
};
type Refusal = Extract<Desired, { outcome: 'refused' }>;

/**
 * What the roles together stand for. The first role that names a profile decides it, likewise the place in the
 * hierarchy; sets add up. People from outside need an end, and nobody is inside and outside at once (S46).
 */
export function meaningOf(
  parties: readonly Party[],
  accesses: readonly Access[],
  facts: OrgFacts,
): Meaning | Refusal {
  const held = heldRoles(parties, accesses);
  if (!held) return refused('provisioning.role_unmapped', 'a role or its relying party is not declared here');
  if (held.length === 0) return refused('provisioning.no_access', 'no role is held');
  const means = held.map((role) => role.means);
  const profile = means.find((each) => each.profile !== undefined)?.profile;
  if (profile === undefined) return refused('provisioning.role_unmapped', 'no role names a profile');
  const outside = held.filter((role) => role.means.external);
  const isExternal = outside.length > 0;
  if (isExternal && outside.length < held.length) {
    return refused('provisioning.role_unmapped', 'roles for people from outside and for employees are mixed');
  }
  const endless = outside.find(({ ends }) => ends === undefined);
  if (endless)
    return refused('provisioning.end_missing', `role ${endless.id} needs an end date and has none`);
  const sets = { ...setsOf(means), territories: territoriesOf(means) };
  const problem = boundaryProblem({ profile, isExternal, sets }, facts);
  if (problem) return refused('provisioning.role_unmapped', problem);
  const role = means.find((each) => each.role !== undefined)?.role ?? '';
  const partnerAccount = means.find((each) => each.partnerAccount !== undefined)?.partnerAccount ?? '';
  return { outcome: 'meaning', profile, role, isExternal, partnerAccount, sets, ends: endsOf(held) };
}

/**
 * What would make an administrator, let somebody from outside in further, or somebody inside out, as far as the facts
 * tell. Whom we made an administrator we could never take it from: such users are not changed.
 */
export function boundaryProblem(
  of: Pick<Meaning, 'profile' | 'isExternal' | 'sets'>,
  facts: OrgFacts,
): string | undefined {
  const profile = facts.profiles[of.profile];
  const administering = [
    ...(profile?.administers ? [`profile ${of.profile}`] : []),
    ...of.sets.permissionSets
      .filter((name) => facts.permissionSets[name]?.administers)
      .map((name) => `permission set ${name}`),
    ...of.sets.permissionSetGroups
      .filter((name) => facts.permissionSetGroups[name]?.administers)
      .map((name) => `permission set group ${name}`),
  ];
  if (administering.length > 0) {
    return `${administering.join(', ')} makes administrators (${ADMINISTERS}), which is left to people in Salesforce; name another`;
  }
  if (!profile) return undefined;
  if (!fitsBoundary(profile.userType, of.isExternal)) {
    return of.isExternal
      ? `profile ${of.profile} is for employees, and the role is external`
      : `profile ${of.profile} is for people from outside; add external: true to the role`;
  }
  if (!of.isExternal) return undefined;
  for (const name of of.sets.permissionSets) {
    const set = facts.permissionSets[name];
    if (set && !fitsOutside([set.licence ?? ''], set.isPrivileged, profile.licence)) {
      return `permission set ${name} is internal`;
    }
  }
  for (const name of of.sets.permissionSetGroups) {
    const group = facts.permissionSetGroups[name];
    if (group && !fitsOutside(group.licences, group.isPrivileged, profile.licence)) {
      return `permission set group ${name} holds an internal permission set`;
    }
  }
  return undefined;
}

/** No far-reaching permission, and no licence but the one that people from outside have. */
function fitsOutside(licences: readonly string[], isPrivileged: boolean, own: string): boolean {
  return !isPrivileged && licences.every((licence) => licence === '' || licence === own);
}

type Held = DeclaredRole & { readonly ends: Date | undefined };

/** In the order of the configuration; undefined when something is not declared. */
function heldRoles(parties: readonly Party[], accesses: readonly Access[]): readonly Held[] | undefined {
  const held = parties.flatMap((party) =>
    party.roles.flatMap((role): Held[] => {
      const own = accesses.filter((each) => each.relyingParty === party.id && each.role === role.id);
      return own.length > 0 ? [{ ...role, ends: latest(own.map(({ ends }) => ends)) }] : [];
    }),
  );
  const isKnown = ({ relyingParty, role }: Access): boolean =>
    parties.some((party) => party.id === relyingParty && party.roles.some(({ id }) => id === role));
  return accesses.every(isKnown) ? held : undefined;
}

/** Undefined, which is for ever, is later than everything. */
function latest(ends: readonly (Date | undefined)[]): Date | undefined {
  let last: Date | undefined;
  for (const end of ends) {
    if (!end) return undefined;
    if (!last || end > last) last = end;
  }
  return last;
}

function endsOf(held: readonly Held[]): Record<string, Date> {
  const ends: Record<string, Date> = {};
  for (const field of ['permissionSets', 'permissionSetGroups'] as const) {
    for (const name of new Set(held.flatMap(({ means }) => means[field]))) {
      const givers = held.filter(({ means }) => means[field].includes(name));
      const end = latest(givers.map((each) => each.ends));
      if (end) ends[`${field}/${name}`] = end;
    }
  }
  return ends;
}

function setsOf(means: readonly SalesforceRole[]): Sets {
  const all = (field: Exclude<GivenSet, 'territories'>): string[] =>
    sorted(means.flatMap((each) => each[field]));
  return {
    permissionSets: all('permissionSets'),
    permissionSetGroups: all('permissionSetGroups'),
    permissionSetLicenses: all('permissionSetLicenses'),
    groups: all('groups'),
    queues: all('queues'),
    territories: sorted(
      means.flatMap(({ territories }) => territories.map(({ name, role }) => territoryMember(name, role))),
    ),
  };
}

/** Somebody is in a territory once: of several roles there the first one counts. */
function territoriesOf(means: readonly SalesforceRole[]): string[] {
  const members = new Map<string, string>();
  for (const { name, role } of means.flatMap(({ territories }) => territories)) {
    if (!members.has(name)) members.set(name, territoryMember(name, role));
  }
  return sorted([...members.values()]);
}

/** `EMEA` or `EMEA as Sales Rep`: Salesforce cannot change the role of an association, only replace it. */
export function territoryMember(name: string, role: string | null | undefined): string {
  return role ? `${name} as ${role}` : name;
}

export function territoryOf(member: string): { readonly name: string; readonly role: string | undefined } {
  const [, name = member, role] = /^(.+?) as (.+)$/.exec(member) ?? [];
  return { name, role };
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function refused(code: Refusal['code'], detail: string): Refusal {
  return { outcome: 'refused', code, detail };
}
