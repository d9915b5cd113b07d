export type Place = { readonly line: number; readonly column: number };
export type Token = {
  readonly kind: 'mark' | 'name' | 'number' | 'text' | 'end';
  /** Decoded for a text, as written for everything else. */
  readonly value: string;
  readonly place: Place;
};

/** A document that cannot be read at all. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem';
  readonly place: Place;
  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

// GraphQL October 2021, 2.1: whitespace, commas and comments mean nothing.
const LEXEME =
  /(?<nothing>[\s,\uFEFF]+|#[^\n\r]*)|(?<mark>\.\.\.|[!$&():=@[\]{|}])|(?<name>[_A-Za-z]\w*)|(?<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|"""(?<block>(?:[^"]|"(?!""))*)"""|(?<text>"(?:[^"\\\n\r]|\\.)*")/y;

/** @throws SyntaxProblem */
export function readTokens(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let [line, lineStart] = [1, 0];
  while (at < source.length) {
    LEXEME.lastIndex = at;
    const match = LEXEME.exec(source);
    const groups = match?.groups;
    const place = { line, column: at - lineStart + 1 };
    if (!groups) throw new SyntaxProblem(`Unexpected character "${source[at] ?? ''}".`, place);
    const lastBreak = match[0].lastIndexOf('\n');
    if (lastBreak !== -1) {
      line += match[0].split('\n').length - 1;
      lineStart = at + lastBreak + 1;
    }
    at = LEXEME.lastIndex;
    const token = tokenOf(groups, place);
    if (token) tokens.push(token);
  }
  return [...tokens, { kind: 'end', value: '', place: { line, column: at - lineStart + 1 } }];
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, place: Place): Token | undefined {
  const { mark, name, number, block, text } = groups;
  if (mark !== undefined) return { kind: 'mark', value: mark, place };
  if (name !== undefined) return { kind: 'name', value: name, place };
  if (number !== undefined) return { kind: 'number', value: number, place };
  if (block !== undefined) return { kind: 'text', value: block.trim(), place };
  if (text !== undefined) return { kind: 'text', value: decode(text, place), place };
  return undefined;
}

/** Escapes of GraphQL are those of JSON. */
function decode(text: string, place: Place): string {
  try {
    return JSON.parse(text.replaceAll('\t', '\\t')) as string;
  } catch {
    throw new SyntaxProblem('A string has an escape that does not exist.', place);
  }
}
