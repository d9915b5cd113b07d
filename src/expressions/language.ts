/**
 * The subset of CEL that rules may use. A list of what is allowed, so that a function that a new version of the
 * package brings along is not offered by accident. Left out on purpose: `matches` (one regular expression took
 * 37 s), `dyn` (switches type checks off), `cel.bind` (doubles a text as often as one likes), conversions of bytes,
 * and date parts in a zone (they depend on the zone of the server; windows do this right).
 */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  'has',
  'size',
  'string',
  'int',
  'double',
  'timestamp',
  'duration',
  'like',
]);

/** Functions that run their last arguments once per item of a list. */
export const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** Methods, with the number of arguments that is allowed. */
export const METHODS: Readonly<Record<string, readonly number[]>> = {
  startsWith: [1],
  endsWith: [1],
  contains: [1],
  lowerAscii: [0],
  upperAscii: [0],
  trim: [0],
  size: [0],
  split: [1],
  substring: [1, 2],
  indexOf: [1],
  getFullYear: [0],
  getMonth: [0],
  getDate: [0],
  getDayOfWeek: [0],
  getHours: [0],
  getMinutes: [0],
};

/** What to do instead of a construct that is not offered. */
export const INSTEAD: Readonly<Record<string, string>> = {
  matches: 'use like(text, "glob*"), startsWith, endsWith or contains',
  join: 'compare the items of the list instead',
  dyn: 'declare the attribute with its type under attributes',
  bind: 'write the value where it is used',
};
