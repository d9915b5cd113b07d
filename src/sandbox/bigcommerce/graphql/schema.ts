/** A type as in SDL: `ID!`, `[String!]!`, `UserConnection`. */
export type TypeRef = string;

export type FieldDefinition<Context> = {
  readonly type: TypeRef;
  readonly args?: Readonly<Record<string, TypeRef>>;
  /** Scopes of which the caller needs one. */
  readonly scopes?: readonly string[];
  /** The member of the same name when absent. */
  resolve?(parent: never, args: Readonly<Record<string, unknown>>, context: Context): unknown;
};

/**
 * A schema as data. Names that are neither object, interface nor input are scalars. A value behind an interface
 * says what it is in `__typename`.
 */
export type Schema<Context> = {
  readonly query: string;
  readonly mutation: string;
  readonly objects: Readonly<Record<string, Readonly<Record<string, FieldDefinition<Context>>>>>;
  readonly interfaces: Readonly<Record<string, Readonly<Record<string, TypeRef>>>>;
  readonly inputs: Readonly<Record<string, Readonly<Record<string, TypeRef>>>>;
  /** Whether the caller holds one of the scopes. */
  mayRead(context: Context, scopes: readonly string[]): boolean;
};

/** Thrown by a resolver: the field is null and the message is in `errors`. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly extensions: Readonly<Record<string, unknown>> | undefined;
  constructor(message: string, extensions?: Readonly<Record<string, unknown>>) {
    super(message);
    this.extensions = extensions;
  }
}

export type GraphqlError = {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
};

export function isRequired(type: TypeRef): boolean {
  return type.endsWith('!');
}

/** `[ID!]!` is `[ID!]` without the demand. */
export function nullable(type: TypeRef): TypeRef {
  return isRequired(type) ? type.slice(0, -1) : type;
}

/** The item's type of a list; undefined for anything else. */
export function itemType(type: TypeRef): TypeRef | undefined {
  const plain = nullable(type);
  return plain.startsWith('[') ? plain.slice(1, -1) : undefined;
}

/** `[Store!]!` is about `Store`. */
export function namedType(type: TypeRef): string {
  return type.replaceAll(/[[\]!]/g, '');
}

export function fieldOf<Context>(
  schema: Schema<Context>,
  typeName: string,
  name: string,
): FieldDefinition<Context> | undefined {
  if (name === '__typename') return { type: 'String!', resolve: () => typeName };
  const known = schema.objects[typeName];
  if (known) return Object.hasOwn(known, name) ? known[name] : undefined;
  const behind = schema.interfaces[typeName];
  const type = behind && Object.hasOwn(behind, name) ? behind[name] : undefined;
  return type === undefined ? undefined : { type };
}

export function isComposite<Context>(schema: Schema<Context>, typeName: string): boolean {
  return Object.hasOwn(schema.objects, typeName) || Object.hasOwn(schema.interfaces, typeName);
}
