import type { z } from 'zod';
import type { Problem } from '../../base/index.ts';

type Issue = z.core.$ZodIssue;

/** Turns zod's issues into sentences that start with the path and end with what to do. */
export function describeIssues(
  issues: readonly Issue[],
  input: unknown,
  prefix: readonly PropertyKey[] = [],
): Problem[] {
  return issues.flatMap((issue) => describeIssue(issue, input, prefix));
}

function describeIssue(issue: Issue, input: unknown, prefix: readonly PropertyKey[]): Problem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: pathText([...path, key]),
      message: 'unknown setting; check its spelling or remove it',
    }));
  }
  // Of a union's branches, the one that fits best says most.
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const [best] = issue.errors
      .map((errors) => describeIssues(errors, input, path))
      .sort((a, b) => a.length - b.length);
    if (best && best.length > 0) return best;
  }
  return [{ path: pathText(path), message: messageFor(issue, valueAt(input, path)) }];
}

function messageFor(issue: Issue, value: unknown): string {
  if (issue.code === 'invalid_union' && 'discriminator' in issue && issue.discriminator) {
    return value === undefined ? 'missing; set it' : 'not one of the known kinds';
  }
  if (value === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) {
    return 'missing; set it, or give the name of a file under the same key with File at its end if it is a secret';
  }
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_type') return `must be a ${issue.expected}`;
  if (issue.code === 'too_small' && issue.message.startsWith('Too small')) return atLeast(issue);
  if (issue.code === 'too_big' && issue.message.startsWith('Too big')) return atMost(issue);
  return issue.message;
}

type TooSmall = Extract<Issue, { code: 'too_small' }>;
type TooBig = Extract<Issue, { code: 'too_big' }>;

/** Zod's own words for a bound, where a schema has none of its own, leave open what to do. */
function atLeast({ origin, minimum }: TooSmall): string {
  if (origin === 'array') return `needs at least ${minimum} of them; add what is missing`;
  if (origin === 'string') return `must have at least ${minimum} characters; fill it in`;
  return `must be at least ${minimum}; use a larger one`;
}

function atMost({ origin, maximum }: TooBig): string {
  if (origin === 'array') return `may have at most ${maximum} of them; remove some`;
  if (origin === 'string') return `may have at most ${maximum} characters; shorten it`;
  return `must be at most ${maximum}; use a smaller one`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** `clientSecrets[0].secret` */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? String(key) : `.${String(key)}`;
  }
  return text === '' ? '(top level)' : text;
}
