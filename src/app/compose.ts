import { ConfigurationError, type Problem } from '../base/index.ts';
import { parseObject } from '../platform/config/index.ts';
import type { ObjectDocument, SplitConfig } from '../relying-parties/index.ts';
import { problemsOf } from './check-config.ts';
import { type Configuration, expandObject } from './config.ts';
import { foreignUrlProblems } from './foreign-urls.ts';
import { RelyingPartyConfig } from './kinds.ts';

/** What was made over the API, as it was written. */
export type ObjectsToFit = {
  readonly objects: readonly { readonly id: string; readonly document?: ObjectDocument }[];
  readonly deleted: readonly string[];
};

export type Composed = {
  /** The file and every object that fits it; sound as a whole. */
  readonly config: Configuration;
  /** Why the others do not work. Paths start at the object, or in the configuration file where it is in the way. */
  readonly leftOut: ReadonlyMap<string, readonly Problem[]>;
};

/** An object by itself, in the two parts that it stands for. */
type Part = SplitConfig & { readonly id: string };

/**
 * Puts the configuration file and the objects of the API together, by the schemas and checks of the file. The file
 * wins. An object that does not fit is left out with its problems, and keeps nobody else from working. Pure.
 *
 * @throws ConfigurationError when the file is wrong by itself: a rule names a relying party that neither of them has.
 */
export function compose(file: Configuration, { objects, deleted }: ObjectsToFit): Composed {
  const leftOut = new Map<string, readonly Problem[]>();
  const known = [...deleted, ...objects.map(({ id }) => id)];
  const withParts = (parts: readonly Part[]): Configuration => join(file, parts, known);
  const wrong = problemsOf(withParts([]));
  if (wrong.length > 0) throw new ConfigurationError(wrong);

  let parts: readonly Part[] = objects.flatMap((object) => partOf(object, file, leftOut));
  for (;;) {
    const config = withParts(parts);
    const problems = problemsOf(config);
    if (problems.length === 0) return { config, leftOut };
    const blamed = blame(problems, config, file) ?? blameFirst(parts, withParts);
    for (const [id, of] of blamed) leftOut.set(id, of);
    parts = parts.filter(({ id }) => !blamed.has(id));
  }
}

function partOf(
  { id, document }: ObjectsToFit['objects'][number],
  file: Configuration,
  leftOut: Map<string, readonly Problem[]>,
): Part[] {
  const parsed = partIn(id, document, file);
  if ('part' in parsed) return [parsed.part];
  leftOut.set(id, parsed.problems);
  return [];
}

/** What can be said about an object without the others. */
function partIn(
  id: string,
  document: ObjectDocument | undefined,
  file: Configuration,
): { readonly part: Part } | { readonly problems: readonly Problem[] } {
  if (file.relyingParties.some((party) => party.id === id)) return { problems: [OWNED] };
  if (!document) return { problems: [UNREADABLE] };
  const parsed = parseObject(document, RelyingPartyConfig);
  if (parsed.outcome === 'problems') return parsed;
  const foreign = foreignUrlProblems(parsed.value, file);
  return foreign.length > 0 ? { problems: foreign } : { part: { id, ...expandObject(parsed.value) } };
}

const OWNED = { path: 'id', message: 'the configuration file has a relying party of this id, and it wins' };
const UNREADABLE = {
  path: '(top level)',
  message: 'cannot be opened: it was changed or moved; write it anew',
};

function join(file: Configuration, parts: readonly Part[], known: readonly string[]): Configuration {
  const origin = 'api' as const;
  const relyingParties = [
    ...file.relyingParties,
    ...parts.flatMap((part) => part.relyingParties.map((party) => ({ ...party, origin }))),
  ];
  const present = new Set(relyingParties.map(({ id }) => id));
  return {
    ...file,
    relyingParties,
    targets: [
      ...file.targets,
      ...parts.flatMap((part) => part.targets.map((target) => ({ ...target, origin }))),
    ],
    absent: [...new Set(known)].filter((id) => !present.has(id)),
  };
}

type Blamed = ReadonlyMap<string, readonly Problem[]>;

/** The objects at whose places the problems are; undefined when none is at such a place. */
function blame(problems: readonly Problem[], config: Configuration, file: Configuration): Blamed | undefined {
  const blamed = new Map<string, Problem[]>();
  for (const problem of problems) {
    const [, section, at, rest] = /^(relyingParties|targets)\[(\d+)\]\.?(.*)$/.exec(problem.path) ?? [];
    const index = Number(at);
    if ((section !== 'relyingParties' && section !== 'targets') || index < file[section].length) continue;
    const id = config[section][index]?.id;
    if (id === undefined) continue;
    const own = { path: rest || '(top level)', message: problem.message };
    blamed.set(id, [...(blamed.get(id) ?? []), own]);
  }
  return blamed.size > 0 ? blamed : undefined;
}

/** What an object breaks elsewhere names no object: the first one with which the problems begin. */
function blameFirst(parts: readonly Part[], withParts: (parts: readonly Part[]) => Configuration): Blamed {
  let [sound, broken] = [0, parts.length];
  while (broken - sound > 1) {
    const middle = (sound + broken) >> 1;
    if (problemsOf(withParts(parts.slice(0, middle))).length === 0) sound = middle;
    else broken = middle;
  }
  const culprit = parts[sound];
  if (!culprit) throw new TypeError('no object is left to blame');
  return new Map([[culprit.id, problemsOf(withParts(parts.slice(0, broken)))]]);
}
