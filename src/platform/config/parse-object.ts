import type { z } from 'zod';
import type { Problem } from '../../base/index.ts';
import { describeIssues, pathText } from './problems.ts';

export type ParsedObject<T> =
  | { readonly outcome: 'parsed'; readonly value: T }
  | { readonly outcome: 'problems'; readonly problems: readonly Problem[] };

/**
 * One object that did not come from the configuration file, held to the schema of those that do. `…File` values are
 * for the file alone (R7.2): whoever may write objects must not read the disk of the server.
 */
export function parseObject<S extends z.ZodType>(value: unknown, schema: S): ParsedObject<z.output<S>> {
  const files = fileKeys(value, []);
  const parsed = schema.safeParse(value);
  if (parsed.success && files.length === 0) return { outcome: 'parsed', value: parsed.data };
  const issues = parsed.success ? [] : describeIssues(parsed.error.issues, value);
  const others = issues.filter(({ path }) => !files.some((file) => isAt(path, file.path))).map(withoutFiles);
  return { outcome: 'problems', problems: [...files, ...others] };
}

function fileKeys(value: unknown, path: readonly PropertyKey[]): Problem[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => fileKeys(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    /.File$/.test(key)
      ? [{ path: pathText([...path, key]), message: 'names a file; give the value itself' }]
      : fileKeys(member, [...path, key]),
  );
}

/** What holds a key that must not be there is wrong for that alone. */
function isAt(path: string, inside: string): boolean {
  return inside === path || inside.startsWith(`${path}.`) || inside.startsWith(`${path}[`);
}

function withoutFiles({ path, message }: Problem): Problem {
  return { path, message: message.startsWith('missing; set it, or') ? 'missing; set it' : message };
}
