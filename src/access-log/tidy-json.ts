import type { Json } from '../base/index.ts';

const MAX_TEXT = 2_000;
const MAX_ITEMS = 200;
const MAX_DEPTH = 8;

/** JSON of one part of an event: two parts, one of them sealed and so a third longer, must fit into 64 KB. */
const MAX_BYTES = 24_000;

/**
 * Makes values that came from outside fit for the log. A lone surrogate, a megabyte in a user agent or hundreds of
 * long group names must not be a way to make sign-ins unrecordable, and so refused: text is made well-formed and
 * clipped, long lists and deep nests are cut, and the cut is visible in the result.
 */
export function tidyJson(value: Json): Json {
  return tidy(value, 0, { left: MAX_BYTES });
}

type Budget = { left: number };

function tidy(value: Json, depth: number, budget: Budget): Json {
  if (typeof value === 'string') return tidyText(value, budget);
  if (value === null || typeof value !== 'object') return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return tidyList(value, depth, budget);
  return tidyObject(value as { readonly [key: string]: Json | undefined }, depth, budget);
}

function tidyText(text: string, budget: Budget): string {
  const whole = text.toWellFormed();
  const kept = whole.length <= MAX_TEXT ? whole : clipped(whole);
  budget.left -= Buffer.byteLength(JSON.stringify(kept)) + 1;
  return budget.left >= 0 ? kept : `[${whole.length} characters]`;
}

function clipped(text: string): string {
  return `${text.slice(0, MAX_TEXT).toWellFormed()} [${text.length - MAX_TEXT} more characters]`;
}

function tidyList(list: readonly Json[], depth: number, budget: Budget): Json {
  const kept: Json[] = [];
  for (const item of list.slice(0, MAX_ITEMS)) {
    if (budget.left <= 0) break;
    kept.push(tidy(item, depth + 1, budget));
  }
  const more = list.length - kept.length;
  return more > 0 ? [...kept, `[${more} more]`] : kept;
}

function tidyObject(
  object: { readonly [key: string]: Json | undefined },
  depth: number,
  budget: Budget,
): Json {
  const members = Object.entries(object).filter(([, member]) => member !== undefined);
  const kept = members
    .slice(0, MAX_ITEMS)
    .map(
      ([key, member]) =>
        [tidyText(key, { left: MAX_BYTES }), tidy(member as Json, depth + 1, budget)] as const,
    );
  const more = members.length - kept.length;
  return Object.fromEntries(more > 0 ? [...kept, ['[more]', more] as const] : kept);
}
