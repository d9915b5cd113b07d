import { SoqlError } from './query.ts';

export type Token = {
  readonly kind: 'word' | 'text' | 'moment' | 'number' | 'sign' | 'end';
  /** A text without its quotes and escapes. */
  readonly text: string;
  /** From 0. */
  readonly at: number;
};

const PATTERNS: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /\s+/y],
  ['moment', /\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d))?/y],
  ['number', /[+-]?\d+(\.\d+)?/y],
  ['text', /'((?:[^'\\]|\\.)*)'/y],
  ['word', /[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*/y],
  ['sign', /<=|>=|!=|<>|[=<>(),:]/y],
];

/** Cuts a query into its tokens. @throws SoqlError */
export function cutTokens(soql: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < soql.length) {
    const found = matchAt(soql, at);
    if (!found) throw malformed(soql, at, `unexpected token: '${soql[at]}'`);
    if (found.kind !== 'space') tokens.push({ kind: found.kind, text: found.text, at });
    at += found.length;
  }
  tokens.push({ kind: 'end', text: '<EOF>', at });
  return tokens;
}

function matchAt(soql: string, at: number) {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(soql);
    if (!match) continue;
    const text = kind === 'text' ? withoutEscapes(match[1] ?? '') : match[0];
    return { kind, text, length: match[0].length };
  }
  return undefined;
}

/** `\%` and `\_` keep their backslash: they mean something to LIKE. */
function withoutEscapes(quoted: string): string {
  const named: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return quoted.replace(/\\([^%_])/g, (_all, letter: string) => named[letter] ?? letter);
}

/** The product's manner: the place in the query, and what it stumbled over. */
export function malformed(soql: string, at: number, what: string): SoqlError {
  const near = soql.slice(Math.max(0, at - 20), at + 20);
  const mark = ' '.repeat(Math.min(20, at));
  const words = `\n${near}\n${mark}^\nERROR at Row:1:Column:${at + 1}\n${what}`;
  return new SoqlError('MALFORMED_QUERY', words);
}
