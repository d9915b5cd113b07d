import type { z } from 'zod';
import { pathText } from './problems.ts';

type Path = readonly PropertyKey[];

/** What becomes of the parts of a value, by what its schema says about them. */
export type SecretVisitor = {
  /** Where the schema has `secret()`, whatever stands there. */
  readonly secret: (value: unknown, path: string) => unknown;
  /** Where the schema knows nothing. Default: left as it is. */
  readonly unknown?: (value: unknown, path: string) => unknown;
};

/**
 * A copy of a value as it was written, before it is parsed, with its secrets replaced. The schema alone says what is
 * secret, so that one cannot be mistaken for a text that happens to be equal. The value need not fit the schema.
 */
export function mapSecrets(schema: z.ZodType, value: unknown, visitor: SecretVisitor): unknown {
  return walk(schema, value, visitor, []);
}

type Definition = {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
};

function walk(schema: z.ZodType, value: unknown, visitor: SecretVisitor, path: Path): unknown {
  if (value === undefined) return undefined;
  if (schema.meta()?.['secret'] === true) return visitor.secret(value, pathText(path));
  const definition = schema._zod.def as unknown as Definition;
  const inner = definition.innerType ?? definition.in;
  if (inner) return walk(inner, value, visitor, path);
  switch (definition.type) {
    case 'union': {
      const option = optionFor(definition.options ?? [], value);
      return option ? walk(option, value, visitor, path) : unknownValue(value, visitor, path);
    }
    case 'array':
      return Array.isArray(value) && definition.element
        ? mapItems(definition.element, value, visitor, path)
        : unknownValue(value, visitor, path);
    case 'record':
      return isObject(value) && definition.valueType
        ? mapMembers(value, () => definition.valueType, visitor, path)
        : unknownValue(value, visitor, path);
    case 'object':
      return isObject(value)
        ? mapMembers(value, (key) => memberOf(schema as z.ZodObject, key), visitor, path)
        : unknownValue(value, visitor, path);
    default:
      return value;
  }
}

function mapItems(
  element: z.ZodType,
  items: readonly unknown[],
  visitor: SecretVisitor,
  path: Path,
): unknown[] {
  return items.map((item, index) => walk(element, item, visitor, [...path, index]));
}

function mapMembers(
  value: Readonly<Record<string, unknown>>,
  schemaOf: (key: string) => z.ZodType | undefined,
  visitor: SecretVisitor,
  path: Path,
): Record<string, unknown> {
  const members = Object.entries(value).map(([key, member]) => {
    const schema = schemaOf(key);
    const here = [...path, key];
    return [key, schema ? walk(schema, member, visitor, here) : unknownValue(member, visitor, here)] as const;
  });
  return Object.fromEntries(members);
}

/** Objects that take more than they name (`looseObject`) hold public values by their nature: keys of others. */
function memberOf(schema: z.ZodObject, key: string): z.ZodType | undefined {
  const shape = schema.shape as Record<string, z.ZodType>;
  if (Object.hasOwn(shape, key)) return shape[key];
  const rest = schema.def.catchall;
  return rest?._zod.def.type === 'unknown' ? (rest as z.ZodType) : undefined;
}

function unknownValue(value: unknown, visitor: SecretVisitor, path: Path): unknown {
  return visitor.unknown ? visitor.unknown(value, pathText(path)) : value;
}

/** The branch that this value is meant for: by its `kind`, else the object that knows most of its keys. */
function optionFor(options: readonly z.ZodType[], value: unknown): z.ZodType | undefined {
  if (!isObject(value)) return options.find((option) => takes(option, value)) ?? options[0];
  const ofKind = options.filter((option) => !isOtherKind(option, value));
  const known = ofKind
    .map((option) => ({ option, count: knownKeys(option, value) }))
    .sort((a, b) => b.count - a.count)[0];
  if (known && known.count > 0) return known.option;
  return ofKind.find((option) => secretLeaf(option)) ?? ofKind[0];
}

function isOtherKind(option: z.ZodType, value: Readonly<Record<string, unknown>>): boolean {
  const kinds = option._zod.propValues?.['kind'];
  return kinds !== undefined && typeof value['kind'] === 'string' && !kinds.has(value['kind']);
}

function knownKeys(option: z.ZodType, value: Readonly<Record<string, unknown>>): number {
  const { type, options, innerType, in: input } = option._zod.def as unknown as Definition;
  const inner = innerType ?? input;
  if (inner) return knownKeys(inner, value);
  if (type === 'union') return Math.max(0, ...(options ?? []).map((each) => knownKeys(each, value)));
  if (type !== 'object') return 0;
  const shape = (option as z.ZodObject).shape;
  return Object.keys(value).filter((key) => Object.hasOwn(shape, key)).length;
}

function takes(option: z.ZodType, value: unknown): boolean {
  const { type, innerType, in: input } = option._zod.def as unknown as Definition;
  const inner = innerType ?? input;
  if (inner) return takes(inner, value);
  if (value === null) return type === 'null';
  if (Array.isArray(value)) return type === 'array';
  return type === typeof value;
}

function secretLeaf(option: z.ZodType): boolean {
  if (option.meta()?.['secret'] === true) return true;
  const { innerType, in: input } = option._zod.def as unknown as Definition;
  const inner = innerType ?? input;
  return inner !== undefined && secretLeaf(inner);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
