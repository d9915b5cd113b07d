import { z } from 'zod';
import type { Iconik } from '../server.ts';
import { type Answer, type ApiCall, errors, invalid } from './call.ts';

export type ReadBody<T> =
  | { readonly outcome: 'read'; readonly value: T }
  | { readonly outcome: 'refused'; readonly answer: Answer };

/**
 * Reads a JSON object by its schema. `readOnly` fields are ignored; fields that nobody knows are ignored or
 * refused, by switch.
 */
export function readBody<S extends z.ZodObject>(
  { iconik, body }: Pick<ApiCall, 'iconik' | 'body'>,
  schema: S,
  readOnly: readonly string[] = [],
): ReadBody<z.infer<S>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { outcome: 'refused', answer: errors(400, 'The body must be a JSON object') };
  }
  const parsed = schema.safeParse(body);
  const problems = parsed.success ? {} : problemsOf(parsed.error, body);
  if (iconik.switches.positions.unknownFields === 'refused') {
    const known = new Set([...Object.keys(schema.shape), ...readOnly]);
    for (const name of Object.keys(body)) if (!known.has(name)) problems[name] = 'Unknown field';
  }
  if (!parsed.success || Object.keys(problems).length > 0) return refuse(iconik, problems);
  return { outcome: 'read', value: parsed.data };
}

function refuse(
  iconik: Iconik,
  problems: Readonly<Record<string, string>>,
): { outcome: 'refused'; answer: Answer } {
  return { outcome: 'refused', answer: invalid(iconik, problems) };
}

function problemsOf(error: z.ZodError, body: object): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const { path, message } of error.issues) {
    const field = String(path[0] ?? 'body');
    problems[field] ??= Object.hasOwn(body, field) ? message : 'This field is required';
  }
  return problems;
}

/** Ids in the API are UUIDs of any version. */
export const Id = z.guid('Not a valid UUID');
