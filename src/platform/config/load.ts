import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigurationError, type Problem } from '../../base/index.ts';
import { describeIssues } from './problems.ts';
import { resolveFiles } from './secret-files.ts';

/**
 * Reads and checks a configuration file. Nothing is changed on disk.
 *
 * @param check problems that only show across objects, such as a rule that names an unknown relying party;
 *   called only when every object is well-formed by itself.
 * @throws ConfigurationError with every problem found.
 */
export function loadConfig<S extends z.ZodType>(
  path: string,
  schema: S,
  check: (config: z.output<S>) => readonly Problem[] = () => [],
): z.output<S> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new ConfigurationError([
      { path, message: `the configuration file ${reason}; create it or set VESTIBULE_CONFIG to another one` },
    ]);
  }
  return parseConfig(text, dirname(path), schema, check);
}

/** The same for a text; `…File` values are resolved from `folder`. */
export function parseConfig<S extends z.ZodType>(
  text: string,
  folder: string,
  schema: S,
  check: (config: z.output<S>) => readonly Problem[] = () => [],
): z.output<S> {
  const problems: Problem[] = [];
  const raw = parseYaml(text, problems);
  if (problems.length > 0) throw new ConfigurationError(problems);

  const resolved = resolveFiles(raw, folder, problems);
  const parsed = schema.safeParse(resolved);
  if (!parsed.success) problems.push(...describeIssues(parsed.error.issues, resolved));
  else problems.push(...check(parsed.data));

  if (!parsed.success || problems.length > 0) throw new ConfigurationError(withoutRepeats(problems));
  return parsed.data;
}

function parseYaml(text: string, problems: Problem[]): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  for (const error of [...document.errors, ...document.warnings]) {
    const { line, col } = lines.linePos(error.pos[0]);
    problems.push({ path: `line ${line}, column ${col}`, message: adviceOn(error.code) });
  }
  if (problems.length > 0) return undefined;
  try {
    // A bound on aliases keeps a small file from growing into a large one.
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    const message =
      'an alias (*name) names nothing, or too many are used; put a value that begins with * into quotes';
    problems.push({ path: '(top level)', message });
    return undefined;
  }
}

/** Our own words: the parser's quote what it choked on, and that may be a secret without its quotes. */
function adviceOn(code: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is given twice; remove one of them';
  if (code === 'TAB_AS_INDENT') return 'a tab; indent with spaces';
  if (code === 'BAD_INDENT') return 'not indented like its neighbours; line it up with them';
  return `not valid YAML (${code}); check the indentation, and put values with special characters into quotes`;
}

/** A file that could not be read makes its value missing too; the first problem says all. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const unreadable = new Set(
    problems.filter(({ path }) => path.endsWith('File')).map(({ path }) => path.slice(0, -4)),
  );
  return problems.filter(({ path }) => !unreadable.has(path));
}
