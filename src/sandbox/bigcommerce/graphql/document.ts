import { type Place, readTokens, SyntaxProblem, type Token } from './tokens.ts';

export type Value =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Value> };
export type Arguments = ReadonlyMap<string, Value>;
export type Directive = { readonly name: string; readonly args: Arguments };

type Common = { readonly place: Place; readonly directives: readonly Directive[] };
export type FieldNode = Common & {
  readonly kind: 'field';
  /** The key of the answer: the alias, or the name. */
  readonly key: string;
  readonly name: string;
  readonly args: Arguments;
  readonly selection: readonly Selection[] | undefined;
};
export type SpreadNode = Common & { readonly kind: 'spread'; readonly name: string };
export type InlineNode = Common & {
  readonly kind: 'inline';
  readonly on: string | undefined;
  readonly selection: readonly Selection[];
};
export type Selection = FieldNode | SpreadNode | InlineNode;

export type VariableNode = {
  readonly name: string;
  /** As written: `[ID!]!`. */
  readonly type: string;
  readonly fallback: Value | undefined;
};
export type Operation = {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string | undefined;
  readonly variables: readonly VariableNode[];
  readonly selection: readonly Selection[];
};
export type Fragment = { readonly on: string; readonly selection: readonly Selection[] };
export type Document = {
  readonly operations: readonly Operation[];
  readonly fragments: ReadonlyMap<string, Fragment>;
};

/** @throws SyntaxProblem */
export function parseDocument(source: string): Document {
  const reader = readerOf(readTokens(source));
  const operations: Operation[] = [];
  const fragments = new Map<string, Fragment>();
  do {
    if (reader.take('fragment')) {
      const name = reader.name();
      reader.expect('on');
      const on = reader.name();
      readDirectives(reader);
      fragments.set(name, { on, selection: readSelection(reader) });
    } else operations.push(readOperation(reader));
  } while (!reader.isDone());
  return { operations, fragments };
}

type Reader = ReturnType<typeof readerOf>;

function readerOf(tokens: readonly Token[]) {
  let at = 0;
  const end: Token = tokens.at(-1) ?? { kind: 'end', value: '', place: { line: 1, column: 1 } };
  const peek = (): Token => tokens[at] ?? end;
  const next = (): Token => {
    const token = peek();
    at += 1;
    return token;
  };
  const fail = (token: Token, wanted: string): never => {
    const found = token.kind === 'end' ? 'the end of the document' : `"${token.value}"`;
    throw new SyntaxProblem(
      `Syntax error while parsing GraphQL query. Expected ${wanted}, found ${found}.`,
      token.place,
    );
  };
  const isNext = (value: string): boolean => peek().value === value && peek().kind !== 'text';
  return {
    peek,
    next,
    fail,
    isNext,
    isDone: () => peek().kind === 'end',
    take: (value: string): boolean => {
      if (!isNext(value)) return false;
      at += 1;
      return true;
    },
    expect: (value: string): void => {
      if (!isNext(value)) fail(peek(), `"${value}"`);
      at += 1;
    },
    name: (): string => {
      const token = next();
      return token.kind === 'name' ? token.value : fail(token, 'a name');
    },
  };
}

function readOperation(reader: Reader): Operation {
  if (reader.isNext('{')) {
    return { kind: 'query', name: undefined, variables: [], selection: readSelection(reader) };
  }
  const first = reader.next();
  const kind = (['query', 'mutation', 'subscription'] as const).find((each) => each === first.value);
  if (!kind) return reader.fail(first, 'an operation');
  const name = reader.peek().kind === 'name' ? reader.name() : undefined;
  const variables: VariableNode[] = [];
  if (reader.take('(')) while (!reader.take(')')) variables.push(readVariable(reader));
  readDirectives(reader);
  return { kind, name, variables, selection: readSelection(reader) };
}

function readVariable(reader: Reader): VariableNode {
  reader.expect('$');
  const name = reader.name();
  reader.expect(':');
  const type = readType(reader);
  return { name, type, fallback: reader.take('=') ? readValue(reader) : undefined };
}

function readType(reader: Reader): string {
  let type: string;
  if (reader.take('[')) {
    type = `[${readType(reader)}]`;
    reader.expect(']');
  } else type = reader.name();
  return reader.take('!') ? `${type}!` : type;
}

function readSelection(reader: Reader): readonly Selection[] {
  reader.expect('{');
  const selection: Selection[] = [];
  do selection.push(readOne(reader));
  while (!reader.take('}'));
  return selection;
}

function readOne(reader: Reader): Selection {
  const { place } = reader.peek();
  if (!reader.take('...')) return readField(reader, place);
  if (!reader.isNext('on') && reader.peek().kind === 'name') {
    return { kind: 'spread', place, name: reader.name(), directives: readDirectives(reader) };
  }
  const on = reader.take('on') ? reader.name() : undefined;
  const directives = readDirectives(reader);
  return { kind: 'inline', place, on, directives, selection: readSelection(reader) };
}

function readField(reader: Reader, place: Place): FieldNode {
  const key = reader.name();
  const name = reader.take(':') ? reader.name() : key;
  const args = readArguments(reader);
  const directives = readDirectives(reader);
  const selection = reader.isNext('{') ? readSelection(reader) : undefined;
  return { kind: 'field', place, key, name, args, directives, selection };
}

function readDirectives(reader: Reader): readonly Directive[] {
  const directives: Directive[] = [];
  while (reader.take('@')) directives.push({ name: reader.name(), args: readArguments(reader) });
  return directives;
}

function readArguments(reader: Reader): Arguments {
  return reader.take('(') ? readMembers(reader, ')') : new Map();
}

function readMembers(reader: Reader, end: string): Arguments {
  const members = new Map<string, Value>();
  while (!reader.take(end)) {
    const name = reader.name();
    reader.expect(':');
    members.set(name, readValue(reader));
  }
  return members;
}

const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

function readValue(reader: Reader): Value {
  const token = reader.next();
  if (token.kind === 'text') return { kind: 'literal', value: token.value };
  if (token.kind === 'number') return { kind: 'literal', value: Number(token.value) };
  if (token.kind === 'name') return { kind: 'literal', value: WORDS.get(token.value) ?? wordOf(token.value) };
  if (token.value === '$') return { kind: 'variable', name: reader.name() };
  if (token.value === '{') return { kind: 'object', members: readMembers(reader, '}') };
  if (token.value !== '[') return reader.fail(token, 'a value');
  const items: Value[] = [];
  while (!reader.take(']')) items.push(readValue(reader));
  return { kind: 'list', items };
}

/** An enum value is its name. */
function wordOf(word: string): string | null {
  return word === 'null' ? null : word;
}
