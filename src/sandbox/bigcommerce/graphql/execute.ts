import type { Directive, Document, FieldNode, Operation, Selection } from './document.ts';
import { argumentsOf, misfit, type Variables } from './input.ts';
import {
  fieldOf,
  type GraphqlError,
  isComposite,
  isRequired,
  itemType,
  namedType,
  nullable,
  Refused,
  type Schema,
  type TypeRef,
} from './schema.ts';

type Run<Context> = {
  readonly schema: Schema<Context>;
  readonly document: Document;
  readonly variables: Variables;
  readonly context: Context;
  readonly errors: GraphqlError[];
};
type Path = readonly (string | number)[];

/** A field that must have a value has none: its parent becomes null too (GraphQL October 2021, 6.4.4). */
class Missing extends Error {
  override readonly name = 'Missing';
}

/** Runs a validated operation, field by field in order. */
export function execute<Context>(
  run: Omit<Run<Context>, 'errors'>,
  operation: Operation,
): { readonly data: unknown; readonly errors: readonly GraphqlError[] } {
  const errors: GraphqlError[] = [];
  const root = operation.kind === 'mutation' ? run.schema.mutation : run.schema.query;
  try {
    return { data: completeObject({ ...run, errors }, root, {}, operation.selection, []), errors };
  } catch (error) {
    if (error instanceof Missing) return { data: null, errors };
    throw error;
  }
}

function completeObject<Context>(
  run: Run<Context>,
  typeName: string,
  parent: object,
  selection: readonly Selection[],
  path: Path,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, nodes] of collect(run, typeName, selection)) {
    result[key] = completeField(run, typeName, parent, nodes, [...path, key]);
  }
  return result;
}

/** Fields of one object by key; the same key twice means both selections. */
function collect<Context>(
  run: Run<Context>,
  typeName: string,
  selection: readonly Selection[],
  into = new Map<string, FieldNode[]>(),
): ReadonlyMap<string, readonly FieldNode[]> {
  for (const node of selection) {
    if (!isIncluded(node.directives, run.variables)) continue;
    if (node.kind === 'field') {
      into.set(node.key, [...(into.get(node.key) ?? []), node]);
      continue;
    }
    const part = node.kind === 'inline' ? node : run.document.fragments.get(node.name);
    const on = part?.on ?? typeName;
    const applies = on === typeName || Object.hasOwn(run.schema.interfaces, on);
    if (part && applies) collect(run, typeName, part.selection, into);
  }
  return into;
}

function isIncluded(directives: readonly Directive[], variables: Variables): boolean {
  return directives.every(({ name, args }) => {
    const { if: condition } = argumentsOf(args, variables);
    if (name === 'skip') return condition !== true;
    return name !== 'include' || condition === true;
  });
}

function completeField<Context>(
  run: Run<Context>,
  typeName: string,
  parent: object,
  nodes: readonly FieldNode[],
  path: Path,
): unknown {
  const [node] = nodes;
  const field = node && fieldOf(run.schema, typeName, node.name);
  if (!field) return undefined;
  const selection = nodes.flatMap((each) => each.selection ?? []);
  try {
    const { scopes = [] } = field;
    if (scopes.length > 0 && !run.schema.mayRead(run.context, scopes)) throw outOfScope(scopes);
    const value = resolve(run, field, parent, node);
    return complete(run, field.type, value, selection, path);
  } catch (error) {
    if (error instanceof Refused) run.errors.push(errorOf(error, node, path));
    else if (!(error instanceof Missing)) throw error;
    if (isRequired(field.type)) throw new Missing();
    return null;
  }
}

function resolve<Context>(
  run: Run<Context>,
  field: NonNullable<ReturnType<typeof fieldOf<Context>>>,
  parent: object,
  node: FieldNode,
): unknown {
  const args = argumentsOf(node.args, run.variables);
  for (const [name, type] of Object.entries(field.args ?? {})) {
    const problem = misfit(run.schema, type, args[name], name);
    if (problem !== undefined) throw new Refused(`Argument '${name}' has wrong value. ${problem}`);
  }
  if (field.resolve) return field.resolve(parent as never, args, run.context);
  return (parent as Readonly<Record<string, unknown>>)[node.name];
}

function complete<Context>(
  run: Run<Context>,
  type: TypeRef,
  value: unknown,
  selection: readonly Selection[],
  path: Path,
): unknown {
  if (value === null || value === undefined) {
    if (isRequired(type)) throw new Missing();
    return null;
  }
  const item = itemType(type);
  if (item !== undefined) {
    return (value as readonly unknown[]).map((each, index) =>
      complete(run, item, each, selection, [...path, index]),
    );
  }
  const name = namedType(nullable(type));
  if (!isComposite(run.schema, name)) return value;
  const actual = (value as { readonly __typename?: string }).__typename;
  const isInterface = Object.hasOwn(run.schema.interfaces, name);
  return completeObject(run, isInterface ? (actual ?? name) : name, value as object, selection, path);
}

function errorOf({ message, extensions }: Refused, node: FieldNode, path: Path): GraphqlError {
  return { message, path, locations: [node.place], ...(extensions && { extensions }) };
}

// BigCommerce docs, GraphQL Storefront API: what a token without the scope gets.
function outOfScope(scopes: readonly string[]): Refused {
  return new Refused('The provided token does not include the scopes required to resolve this field.', {
    code: 'INSUFFICIENT_ACCESS_SCOPE',
    requiredScopes: scopes,
  });
}
