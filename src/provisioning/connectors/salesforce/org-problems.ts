import type { Problem } from '../../../base/index.ts';
import type { SalesforceTarget } from './config.ts';
import type { OrgFacts } from './facts.ts';
import { unknownNames } from './rights-requests.ts';
import { boundaryProblem, meaningOf, type Party } from './role-meaning.ts';
import { apiNameOf, REGIONAL } from './user-fields.ts';

/** What the configuration asks for and the organization does not have or would not do; with what to do. */
export function orgProblems(
  facts: OrgFacts,
  settings: SalesforceTarget,
  parties: readonly Party[],
): readonly Problem[] {
  return [
    ...fieldProblems(facts, settings),
    ...parties.flatMap((party) => party.roles.flatMap((role) => roleProblems(facts, settings, party, role))),
  ];
}

function fieldProblems(facts: OrgFacts, settings: SalesforceTarget): readonly Problem[] {
  const mapped = Object.keys(settings.fields).flatMap((name) => {
    const path = `fields.${name}`;
    const known = facts.fields[name];
    if (!known) {
      return [{ path, message: 'User has no such field here, or the integration may not see it; remove it' }];
    }
    return known.writable ? [] : [{ path, message: 'the integration may not write this field; allow it' }];
  });
  const regional = REGIONAL.flatMap((name) => {
    const allowed = facts.fields[apiNameOf(name)]?.values;
    const value = settings.regional[name].default;
    if (!allowed || allowed.includes(value)) return [];
    return [
      { path: `regional.${name}.default`, message: `"${value}" is not among this organization’s values` },
    ];
  });
  return [...mapped, ...regional];
}

function roleProblems(
  facts: OrgFacts,
  settings: SalesforceTarget,
  party: Party,
  { id, means }: Party['roles'][number],
): readonly Problem[] {
  const path = `relyingParties.${party.id}.roles.${id}.account`;
  // Alone, so that what is said is about this role, also of one that only adds and leaves the profile to another; any
  // end will do for one that needs one.
  const alone = [{ id: party.id, roles: [{ id, means: { profile: '', ...means } }] }];
  const access = { relyingParty: party.id, role: id, ends: new Date(0) };
  const meaning = meaningOf(alone, [access], { ...facts, profiles: {} });
  if (meaning.outcome === 'refused') return [{ path, message: meaning.detail }];
  const names = { profile: meaning.profile, role: meaning.role, ...meaning.sets };
  const boundary = boundaryProblem(meaning, facts);
  return [
    ...unknownNames(names, facts).map((name) => ({
      ...{
        path,
        message: `the organization has no ${name}; use its API or developer name, or make it there`,
      },
    })),
    ...(boundary === undefined ? [] : [{ path, message: boundary }]),
    ...(settings.protectedProfiles.includes(meaning.profile)
      ? [{ path, message: `profile ${meaning.profile} is protected; take it out of protectedProfiles` }]
      : []),
    ...missingLicences(facts, meaning.sets.permissionSets, meaning.sets.permissionSetLicenses).map(
      ([set, licence]) => ({
        path: `${path}.permissionSetLicenses`,
        message: `permission set ${set} needs the licence ${licence}; add it`,
      }),
    ),
  ];
}

/** Permission sets that hang on a permission set licence which the role does not give. */
function missingLicences(
  facts: OrgFacts,
  sets: readonly string[],
  licences: readonly string[],
): readonly (readonly [set: string, licence: string])[] {
  return sets.flatMap((set) => {
    const needed = facts.permissionSets[set]?.licence;
    const found = Object.entries(facts.permissionSetLicenses).find(([, { id }]) => id === needed);
    return found && !licences.includes(found[0]) ? [[set, found[0]] as const] : [];
  });
}
