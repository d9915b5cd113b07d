import type { SoqlError } from './query.ts';
import { cutTokens, malformed, type Token } from './tokens.ts';

/** Reads tokens one after another. Words of the language are written in any case. */
export interface Reader {
  readonly next: Token;
  take(): Token;
  /** The next token, if it is this word or sign. */
  takeIf(text: string): boolean;
  is(...texts: readonly string[]): boolean;
  /** @throws SoqlError unless the next token is this one. */
  expect(text: string): void;
  /** A word that is not one of the language's. */
  name(): string;
  /** A name of an object, which may be Group or Order too. */
  objectName(): string;
  unexpected(): SoqlError;
  /** The place, to come back to. */
  mark(): number;
  back(mark: number): void;
}

const RESERVED = new Set(
  'AND ASC DESC FROM GROUP HAVING IN LIKE LIMIT NOT NULL NULLS OFFSET OR ORDER SELECT WHERE'.split(' '),
);

export function createReader(soql: string): Reader {
  const tokens = cutTokens(soql);
  let at = 0;
  const next = (): Token => tokens[at] ?? { kind: 'end', text: '<EOF>', at: soql.length };
  const is = (...texts: readonly string[]): boolean => {
    const { kind, text } = next();
    return (kind === 'word' || kind === 'sign') && texts.includes(text.toUpperCase());
  };
  const take = (): Token => {
    const token = next();
    at += 1;
    return token;
  };
  const unexpected = (): SoqlError => malformed(soql, next().at, `unexpected token: '${next().text}'`);
  return {
    get next() {
      return next();
    },
    take,
    is,
    unexpected,
    takeIf: (text) => {
      if (!is(text)) return false;
      at += 1;
      return true;
    },
    expect: (text) => {
      if (!is(text)) throw unexpected();
      at += 1;
    },
    name: () => {
      const { kind, text } = next();
      if (kind !== 'word' || RESERVED.has(text.toUpperCase())) throw unexpected();
      return take().text;
    },
    objectName: () => {
      const { kind, text } = next();
      const isName = is('GROUP', 'ORDER') || !RESERVED.has(text.toUpperCase());
      if (kind !== 'word' || !isName) throw unexpected();
      return take().text;
    },
    mark: () => at,
    back: (mark) => {
      at = mark;
    },
  };
}
