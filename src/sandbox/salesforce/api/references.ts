import type { Json } from './call.ts';
import { type Problem, problem } from './problems.ts';

type Earlier = ReadonlyMap<string, { readonly body: unknown; readonly httpStatusCode: number }>;
type Resolved = { readonly value: Json } | { readonly problem: Problem };

/** Puts results of earlier calls where `@{ref.id}` or `@{ref.records[0].Id}` stands, in texts of any depth. */
export function resolveReferences(given: Json, earlier: Earlier): Resolved {
  let failure: Problem | undefined;
  const resolveText = (text: string): unknown => {
    const whole = /^@\{([^{}]+)\}$/.exec(text);
    const resultAt = (path: string): unknown => {
      const found = lookUp(path, earlier);
      if (found === undefined) failure ??= unknownReference(path);
      return found;
    };
    if (whole?.[1] !== undefined) return resultAt(whole[1]);
    return text.replace(/@\{([^{}]+)\}/g, (_all, path: string) => String(resultAt(path)));
  };
  const resolve = (value: unknown): unknown => {
    if (typeof value === 'string') return resolveText(value);
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolve(each)]));
  };
  const value = resolve(given) as Json;
  return failure ? { problem: failure } : { value };
}

function lookUp(path: string, earlier: Earlier): unknown {
  const [ref = '', ...steps] = path.split(/[.[\]]+/).filter((step) => step !== '');
  const result = earlier.get(ref);
  if (!result || result.httpStatusCode >= 300) return undefined;
  let at: unknown = result.body;
  for (const step of steps) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.hasOwn(at, step) ? (at as Json)[step] : undefined;
  }
  return at ?? undefined;
}

function unknownReference(path: string): Problem {
  const [ref = '', ...rest] = path.split('.');
  return problem(
    'PROCESSING_HALTED',
    `Invalid reference specified. No value for ${rest.join('.') || ref} found in ${ref}`,
  );
}
