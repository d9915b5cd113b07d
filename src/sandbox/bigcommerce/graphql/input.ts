import type { Arguments, Operation, Value } from './document.ts';
import { isRequired, itemType, namedType, nullable, type Schema, type TypeRef } from './schema.ts';

export type Variables = Readonly<Record<string, unknown>>;

/** What a literal or variable stands for. Absent variables are undefined. */
export function givenValue(value: Value, variables: Variables): unknown {
  switch (value.kind) {
    case 'literal':
      return value.value;
    case 'variable':
      return variables[value.name];
    case 'list':
      return value.items.map((item) => givenValue(item, variables));
    case 'object':
      return argumentsOf(value.members, variables);
  }
}

export function argumentsOf(args: Arguments, variables: Variables): Record<string, unknown> {
  const entries = [...args].map(([name, value]) => [name, givenValue(value, variables)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** @returns what is wrong with a value of this type; undefined when it fits. */
export function misfit<Context>(
  schema: Schema<Context>,
  type: TypeRef,
  value: unknown,
  path: string,
): string | undefined {
  if (value === null || value === undefined) {
    return isRequired(type) ? `${path}: expected a value of type '${type}'` : undefined;
  }
  const item = itemType(type);
  if (item !== undefined) {
    // A single value stands for a list of one.
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    return firstOf(items.map((each, index) => misfit(schema, item, each, `${path}[${index}]`)));
  }
  const input = schema.inputs[namedType(type)];
  if (input) return inputMisfit(schema, { type, input }, value, path);
  return scalarFits(nullable(type), value) ? undefined : `${path}: ${nullable(type)} value expected`;
}

function inputMisfit<Context>(
  schema: Schema<Context>,
  { type, input }: { readonly type: TypeRef; readonly input: Readonly<Record<string, TypeRef>> },
  value: unknown,
  path: string,
): string | undefined {
  if (typeof value !== 'object' || Array.isArray(value))
    return `${path}: expected an object of type '${type}'`;
  const given = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(input, name));
  if (unknown !== undefined) return `${path}: unknown field '${unknown}' of type '${namedType(type)}'`;
  return firstOf(
    Object.entries(input).map(([name, memberType]) =>
      misfit(schema, memberType, given[name], `${path}.${name}`),
    ),
  );
}

function scalarFits(type: string, value: unknown): boolean {
  switch (type) {
    case 'Int':
      return Number.isInteger(value);
    case 'Boolean':
      return typeof value === 'boolean';
    case 'ID':
      return typeof value === 'string' || Number.isInteger(value);
    default:
      return typeof value === 'string';
  }
}

/** @returns the variables with their fallbacks, or what is wrong with them. */
export function readVariables<Context>(
  schema: Schema<Context>,
  operation: Operation,
  given: Variables,
): { readonly variables: Variables } | { readonly problem: string } {
  const variables: Record<string, unknown> = {};
  for (const { name, type, fallback } of operation.variables) {
    const value = given[name] ?? (fallback && givenValue(fallback, {}));
    const problem = misfit(schema, type, value, name);
    if (problem !== undefined) {
      return {
        problem: `Variable '$${name}' expected value of type '${type}' but got none that fits. ${problem}`,
      };
    }
    if (value !== undefined) variables[name] = value;
  }
  return { variables };
}

function firstOf(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}
