/**
 * What an expression may cost. Sizes of values are checked when they are bound, so the estimate made at compile
 * time holds at run time (R4.4).
 */
export const LIMITS = {
  /** Characters of source text. */
  sourceLength: 4_000,
  /** Nodes of the parsed tree. */
  nodes: 500,
  /** Nesting of brackets and calls. */
  depth: 32,
  /** Characters of one text value. */
  textLength: 1_024,
  /** Items of a list, unless its field declares another number. */
  listItems: 200,
  /** Characters of one item of a list. */
  itemLength: 512,
  /** Steps of one evaluation in the worst case; a step is about 50 ns. */
  steps: 1_000_000,
} as const;
