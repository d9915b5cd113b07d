import { z } from 'zod';

/** Names as the configuration writes them ↔ ids, for one kind of thing in the domain. */
export const NameTable = z.object({
  /** Configured name → id; names that fit nothing, or several things, are missing. */
  ids: z.record(z.string(), z.string()),
  /** Id → how images call it: the configured name, else its own, else `#id`. */
  names: z.record(z.string(), z.string()),
});
export type NameTable = z.infer<typeof NameTable>;

/** What is known about a domain. */
export const IconikFacts = z.object({
  /** Groups that carry roles, or teams beside role groups. */
  model: z.enum(['groups', 'teams']),
  /** What the fields of a user are called that hold the teams. */
  teamFields: z.enum(['teams', 'groups']),
  /** The user behind our own credentials. */
  ownUser: z.string(),
  systemDomain: z.string(),
  /** Groups or teams. */
  groups: NameTable,
  roleGroups: NameTable,
  collections: NameTable,
  /** Name → id. */
  identityProviders: z.record(z.string(), z.string()),
  /** Roles that the integration user lacks. */
  missingRoles: z.array(z.string()),
});
export type IconikFacts = z.infer<typeof IconikFacts>;

const NONE: NameTable = { ids: {}, names: {} };
export const NO_FACTS: IconikFacts = {
  ...{ model: 'groups', teamFields: 'groups', ownUser: '', systemDomain: '', missingRoles: [] },
  ...{ groups: NONE, roleGroups: NONE, collections: NONE, identityProviders: {} },
};

export type Entry = { readonly id: string; readonly name: string; readonly externalId: string };
export type Named = { readonly table: NameTable; readonly ambiguous: readonly string[] };

/** Finds configured names among what the domain has: by id, by external id, or by a name that only one thing has. */
export function nameTable(configured: readonly string[], entries: readonly Entry[]): Named {
  const ids: Record<string, string> = {};
  const ambiguous: string[] = [];
  for (const wanted of configured) {
    const exact = entries.filter(({ id, externalId }) => id === wanted || externalId === wanted);
    const found = exact.length > 0 ? exact : entries.filter(({ name }) => name === wanted);
    const [only, ...others] = found;
    if (only && others.length === 0) ids[wanted] = only.id;
    else if (only) ambiguous.push(wanted);
  }
  return { table: { ids, names: shownNames(ids, entries) }, ambiguous };
}

function shownNames(ids: NameTable['ids'], entries: readonly Entry[]): NameTable['names'] {
  const configured = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
  const count = new Map<string, number>();
  for (const { name } of entries) count.set(name, (count.get(name) ?? 0) + 1);
  return Object.fromEntries(
    entries.map(({ id, name }) => {
      const isPlain =
        name !== '' && count.get(name) === 1 && ids[name] === undefined && !name.startsWith('#');
      return [id, configured.get(id) ?? (isPlain ? name : `#${id}`)];
    }),
  );
}

export function nameOf({ names }: NameTable, id: string): string {
  return names[id] ?? `#${id}`;
}

/** Undefined for a name that nothing has. */
export function idOf({ ids, names }: NameTable, name: string): string | undefined {
  if (ids[name] !== undefined) return ids[name];
  if (name.startsWith('#')) return name.slice(1);
  return Object.entries(names).find(([, shown]) => shown === name)?.[0];
}

/** @throws TypeError for a name that the facts do not hold; the engine asks `unresolved` first. */
export function idsOf(table: NameTable, names: readonly string[]): readonly string[] {
  return names.map((name) => {
    const id = idOf(table, name);
    if (id === undefined) throw new TypeError('a name has no known id');
    return id;
  });
}
