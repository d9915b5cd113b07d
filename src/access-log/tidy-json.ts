import type { Json } from '../base/index.ts';

const MAX_TEXT = 2_000;
const MAX_ITEMS = 200;
const MAX_DEPTH = 8;

/**
 * Makes values that came from outside fit for the log. A lone surrogate or a megabyte in a user agent must not
 * be a way to make sign-ins unrecordable, and so refused: text is made well-formed and clipped, long lists and
 * deep nests are cut, and the cut is visible in the result.
 */
export function tidyJson(value: Json, depth = 0): Json {
  if (typeof value === 'string') return tidyText(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return tidyList(value, depth);
  return tidyObject(value as { readonly [key: string]: Json | undefined }, depth);
}

function tidyText(text: string): string {
  const whole = text.toWellFormed();
  if (whole.length <= MAX_TEXT) return whole;
  return `${whole.slice(0, MAX_TEXT).toWellFormed()} [${whole.length - MAX_TEXT} more characters]`;
}

function tidyList(list: readonly Json[], depth: number): Json {
  const kept = list.slice(0, MAX_ITEMS).map((item) => tidyJson(item, depth + 1));
  return list.length > MAX_ITEMS ? [...kept, `[${list.length - MAX_ITEMS} more]`] : kept;
}

function tidyObject(object: { readonly [key: string]: Json | undefined }, depth: number): Json {
  const members = Object.entries(object).filter(([, member]) => member !== undefined);
  const kept = members
    .slice(0, MAX_ITEMS)
    .map(([key, member]) => [tidyText(key), tidyJson(member as Json, depth + 1)] as const);
  const more = members.length - kept.length;
  return Object.fromEntries(more > 0 ? [...kept, ['[more]', more] as const] : kept);
}
