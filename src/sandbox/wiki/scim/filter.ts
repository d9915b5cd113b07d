import { bad } from './problem.ts';

export const COMPARISONS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
export type Comparison = (typeof COMPARISONS)[number];
export type Literal = string | number | boolean | null;

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly of: Filter }
  | { readonly kind: 'compare'; readonly path: string; readonly op: Comparison; readonly value: Literal }
  | { readonly kind: 'present'; readonly path: string }
  | { readonly kind: 'values'; readonly path: string; readonly of: Filter };

/** The grammar of RFC 7644 figure 1. @throws ScimProblem invalidFilter */
export function parseFilter(text: string): Filter {
  const tokens = new Tokens(text);
  const filter = parseOr(tokens);
  tokens.mustEnd();
  return filter;
}

/** `emails[type eq "work"].value` of a PATCH: attribute, filter, sub-attribute. @throws ScimProblem invalidPath */
export function splitPath(path: string): { name: string; filter?: Filter; sub?: string } {
  const open = path.indexOf('[');
  if (open === -1) return { name: path };
  const close = path.lastIndexOf(']');
  const rest = path.slice(close + 1);
  if (close < open || (rest !== '' && !/^\.[$\w-]+$/.test(rest))) {
    throw bad('invalidPath', `The path ${path} cannot be read.`);
  }
  const filter = parseFilter(path.slice(open + 1, close));
  return { name: path.slice(0, open), filter, ...(rest !== '' && { sub: rest.slice(1) }) };
}

const TOKEN = /\s*(?:([()[\]])|("(?:[^"\\]|\\.)*")|([^\s()[\]"]+))/y;
/** Parentheses and "not" deeper than this are refused. */
const DEEPEST = 30;

class Tokens {
  readonly #list: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    const list: string[] = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const from = TOKEN.lastIndex;
      const match = TOKEN.exec(text);
      if (!match)
        throw bad(
          'invalidFilter',
          `The filter cannot be read from ${JSON.stringify(text.slice(from, from + 20))}.`,
        );
      list.push(match[1] ?? match[2] ?? match[3] ?? '');
    }
    this.#list = list;
  }

  peek(): string {
    return this.#list[this.#at] ?? '';
  }

  next(): string {
    const token = this.#list[this.#at];
    if (token === undefined) throw bad('invalidFilter', 'The filter ends too early.');
    this.#at += 1;
    return token;
  }

  takes(word: string): boolean {
    if (this.peek().toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  must(word: string): void {
    if (!this.takes(word)) throw bad('invalidFilter', `The filter lacks ${JSON.stringify(word)}.`);
  }

  mustEnd(): void {
    const rest = this.#list[this.#at];
    if (rest !== undefined) throw bad('invalidFilter', `The filter goes on with ${JSON.stringify(rest)}.`);
  }

  deeper<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw bad('invalidFilter', 'The filter is nested too deeply.');
    const value = read();
    this.#depth -= 1;
    return value;
  }
}

function parseOr(tokens: Tokens): Filter {
  let left = parseAnd(tokens);
  while (tokens.takes('or')) left = { kind: 'or', left, right: parseAnd(tokens) };
  return left;
}

function parseAnd(tokens: Tokens): Filter {
  let left = parseTerm(tokens);
  while (tokens.takes('and')) left = { kind: 'and', left, right: parseTerm(tokens) };
  return left;
}

function parseTerm(tokens: Tokens): Filter {
  if (tokens.peek() === '(') return parseInner(tokens);
  if (tokens.takes('not')) return { kind: 'not', of: parseInner(tokens) };
  const path = tokens.next();
  if (!/^[A-Za-z$][\w:.$-]*$/.test(path))
    throw bad('invalidFilter', `${JSON.stringify(path)} is no attribute.`);
  if (tokens.takes('[')) {
    const of = tokens.deeper(() => parseOr(tokens));
    tokens.must(']');
    return { kind: 'values', path, of };
  }
  if (tokens.takes('pr')) return { kind: 'present', path };
  const word = tokens.next();
  const op = COMPARISONS.find((each) => each === word.toLowerCase());
  if (!op) throw bad('invalidFilter', `${JSON.stringify(word)} is no operator.`);
  return { kind: 'compare', path, op, value: literalOf(tokens.next()) };
}

function parseInner(tokens: Tokens): Filter {
  tokens.must('(');
  const inner = tokens.deeper(() => parseOr(tokens));
  tokens.must(')');
  return inner;
}

function literalOf(token: string): Literal {
  try {
    const value: unknown = JSON.parse(token);
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Literal;
  } catch {
    // falls through to the refusal
  }
  throw bad('invalidFilter', `${token} is no value; texts stand in double quotes.`);
}
