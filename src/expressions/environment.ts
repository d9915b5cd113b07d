import { Environment as CelEnvironment } from '@marcbachmann/cel-js';
import type { AttributeType } from '../model/index.ts';
import { like } from './glob.ts';
import { LIMITS } from './limits.ts';
import { rowType, type Tables } from './tables.ts';

/** A field of an object: its type, and for lists how many items it may have. */
export type FieldShape = AttributeType | { readonly type: 'list'; readonly maxItems: number };

/** The names that expressions of one environment may use. */
export type EnvironmentShape = {
  /** `person`, `identity`: objects with typed fields, any of which may be absent at run time. */
  readonly objects: Readonly<Record<string, Readonly<Record<string, FieldShape>>>>;
  /** Offered as `tables`. */
  readonly tables?: Tables;
};

/** Values of one evaluation, typed and measured. Opaque; made by `Environment.bind`. */
export type Scope = {
  /** What the CEL package sees. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Paths whose value is larger than the limits: an expression that reads one fails. */
  readonly oversized: ReadonlySet<string>;
};

export type Environment = {
  readonly shape: EnvironmentShape;
  readonly cel: CelEnvironment;
  /**
   * Prepares values for any number of evaluations. A field that is undefined, or not of its declared type, is
   * absent. Objects that are not given have no fields.
   */
  bind(values: {
    readonly objects: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
    readonly now: Date;
  }): Scope;
};

const CEL_TYPES: Readonly<Record<AttributeType, string>> = {
  string: 'string',
  number: 'double',
  boolean: 'bool',
  list: 'list<string>',
  timestamp: 'google.protobuf.Timestamp',
};

/** The names `now` and, when there are tables, `tables` are always declared. Expects valid identifiers. */
export function createEnvironment(shape: EnvironmentShape): Environment {
  const cel = new CelEnvironment({
    limits: { maxAstNodes: LIMITS.nodes, maxDepth: LIMITS.depth, maxListElements: 200, maxMapEntries: 50 },
  });
  cel.registerVariable('now', CEL_TYPES.timestamp);
  // A declared number is a double; without this, `person.level == 3` would be a type error.
  cel.registerOperator('double == int', (a: number, b: bigint) => a === Number(b));
  cel.registerFunction('like(string, string): bool', { handler: like, async: false });

  const makers = Object.entries(shape.objects).map(
    ([name, fields]) => [name, declareObject(cel, name, fields)] as const,
  );
  const tables = declareTables(cel, shape.tables ?? {});

  return {
    shape,
    cel,
    bind({ objects, now }) {
      const oversized = new Set<string>();
      const values: Record<string, unknown> = { now, tables };
      for (const [name, make] of makers) values[name] = make(objects[name] ?? {}, oversized);
      return { values, oversized };
    },
  };
}

type Maker = (values: Readonly<Record<string, unknown>>, oversized: Set<string>) => object;

/** CEL knows the type of an object by its class; the class is a Map so that no inherited member is a field. */
function declareObject(
  cel: CelEnvironment,
  name: string,
  fields: Readonly<Record<string, FieldShape>>,
): Maker {
  const ObjectValue = class extends Map<string, unknown> {};
  const declared = Object.entries(fields).map(([field, shape]) => ({ field, ...normalise(shape) }));
  const types = Object.fromEntries(declared.map(({ field, type }) => [field, CEL_TYPES[type]]));
  cel.registerType(`${name}Object`, { ctor: ObjectValue, fields: types });
  cel.registerVariable(name, `${name}Object`);

  return (values, oversized) => {
    const object = new ObjectValue();
    for (const { field, type, maxItems } of declared) {
      const value = Object.hasOwn(values, field) ? values[field] : undefined;
      if (!isOfType(value, type)) continue;
      if (isOversized(value, maxItems)) oversized.add(`${name}.${field}`);
      object.set(field, value);
    }
    return object;
  };
}

export function normalise(shape: FieldShape): { readonly type: AttributeType; readonly maxItems: number } {
  return typeof shape === 'string' ? { type: shape, maxItems: LIMITS.listItems } : shape;
}

function isOfType(value: unknown, type: AttributeType): boolean {
  if (type === 'list') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (type === 'timestamp') return value instanceof Date && !Number.isNaN(value.getTime());
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value);
  return typeof value === type;
}

function isOversized(value: unknown, maxItems: number): boolean {
  if (typeof value === 'string') return value.length > LIMITS.textLength;
  if (!Array.isArray(value)) return false;
  return value.length > maxItems || value.some((item: string) => item.length > LIMITS.itemLength);
}

function declareTables(cel: CelEnvironment, tables: Tables): object {
  const TablesValue = class extends Map<string, unknown> {};
  const types = Object.fromEntries(
    Object.entries(tables).map(([name, rows]) => [name, `map<string, ${rowType(rows)}>`]),
  );
  cel.registerType('tablesObject', { ctor: TablesValue, fields: types });
  cel.registerVariable('tables', 'tablesObject');
  const value = new TablesValue();
  for (const [name, rows] of Object.entries(tables)) value.set(name, new Map(Object.entries(rows)));
  return value;
}
