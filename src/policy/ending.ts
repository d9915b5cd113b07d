import { endOfDate, isTimeZone } from '../base/index.ts';
import { compileExpression, type Environment, type Expression } from '../expressions/index.ts';

/** When a give ends: at a fixed instant, or at what an expression says for this person. */
export type Ending =
  | { readonly kind: 'instant'; readonly at: Date }
  | { readonly kind: 'expression'; readonly expression: Expression<'timestamp'> };

/** Reads `until`: a date is the midnight after that day in the zone (R3.6). */
export function parseEnding(
  text: string,
  zone: string,
  environment: Environment,
): { readonly ending: Ending } | { readonly problems: readonly string[] } {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const at = isTimeZone(zone) ? endOfDate(text, zone) : undefined;
    return at ? { ending: { kind: 'instant', at } } : { problems: [`${text} is not a date that exists`] };
  }
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) {
    const at = new Date(/(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? text : Number.NaN);
    if (!Number.isNaN(at.getTime())) return { ending: { kind: 'instant', at } };
    return { problems: ['is not an instant with a zone; write it like 2026-12-31T18:00:00Z'] };
  }
  // An end that moves along with now would never be reached.
  const compiled = compileExpression(text, { environment, result: 'timestamp', mayUseNow: false });
  if (compiled.outcome === 'compiled') {
    return { ending: { kind: 'expression', expression: compiled.expression } };
  }
  return { problems: compiled.problems.map(({ line, column, message }) => `${line}:${column} ${message}`) };
}
