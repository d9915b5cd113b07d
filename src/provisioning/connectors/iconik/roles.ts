import type { TargetParty } from '../../connector/connector.ts';
import { membersOf, type Project, RoleMeaning } from './config.ts';

/** A declared role with what it stands for; undefined where the configuration does not say. */
export type DeclaredRole = {
  readonly relyingParty: string;
  readonly id: string;
  readonly meaning: RoleMeaning | undefined;
};

/** All roles in their order of precedence: of relying parties, then of roles in each. */
export function declaredRoles(parties: readonly TargetParty[]): readonly DeclaredRole[] {
  return parties.flatMap(({ id: relyingParty, roles }) =>
    roles.map(({ id, account }) => ({ relyingParty, id, meaning: RoleMeaning.safeParse(account).data })),
  );
}

/** What the roles of the configuration name in the domain, each once. */
export type NamedByRoles = {
  readonly members: readonly string[];
  readonly roleGroups: readonly string[];
  /** Collections whose permissions are given to people alone. */
  readonly personalProjects: readonly Project[];
  readonly groupProjects: readonly (Project & { readonly group: string })[];
  readonly collections: readonly string[];
  readonly hasOutsiders: boolean;
};

export function namedByRoles(roles: readonly DeclaredRole[]): NamedByRoles {
  const meanings = roles.flatMap(({ meaning }) => meaning ?? []);
  const projects = meanings.flatMap((meaning) => meaning.projects);
  const unique = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
  return {
    members: unique(meanings.flatMap(membersOf)),
    roleGroups: unique(meanings.flatMap(({ roleGroups }) => roleGroups)),
    personalProjects: projects.filter(({ group }) => group === undefined),
    groupProjects: projects.flatMap((project) =>
      project.group === undefined ? [] : [{ ...project, group: project.group }],
    ),
    collections: unique(projects.map(({ collection }) => collection)),
    hasOutsiders: meanings.some(({ external }) => external),
  };
}

/** How a permission on a collection is called in an image. */
export function projectMember(collection: string, permission: string): string {
  return `${collection}: ${permission}`;
}

export function projectMembers(projects: readonly Project[]): readonly string[] {
  const members = projects.flatMap(({ collection, permissions }) =>
    permissions.map((permission) => projectMember(collection, permission)),
  );
  return [...new Set(members)].sort();
}
