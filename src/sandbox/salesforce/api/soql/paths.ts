import type { Salesforce } from '../../server.ts';
import type { Field } from '../fields.ts';
import { isIdOf } from '../ids.ts';
import { fieldOf, type ObjectType, rowOf } from '../object-type.ts';
import { findObject } from '../objects/table.ts';
import type { Row, Value } from '../records.ts';
import { type Path, SoqlError } from './query.ts';

/** A path that was found to exist: the references on the way and the field at its end. */
export type Resolved = {
  readonly steps: readonly Field[];
  readonly field: Field;
  /** As the answer spells it: `['Profile', 'Name']`. */
  readonly names: readonly string[];
};

/** @throws SoqlError INVALID_TYPE */
export function objectNamed(org: Salesforce, name: string): ObjectType {
  const type = findObject(org, name);
  if (type) return type;
  throw new SoqlError(
    'INVALID_TYPE',
    `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name.`,
  );
}

/** Follows a path from an object. @throws SoqlError INVALID_FIELD */
export function resolvePath(org: Salesforce, type: ObjectType, path: Path): Resolved {
  // The name of the object itself may stand in front.
  const own = path.length > 1 && path[0]?.toLowerCase() === type.name.toLowerCase() && !stepOf(type, path[0]);
  const [first = '', ...rest] = own ? path.slice(1) : path;
  if (rest.length === 0) {
    const field = fieldOf(type, first);
    if (!field) throw noColumn(first, type);
    return { steps: [], field, names: [field.name] };
  }
  const step = stepOf(type, first);
  if (!step) {
    const words = `Didn't understand relationship '${first}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name.`;
    throw new SoqlError('INVALID_FIELD', words);
  }
  const inner = resolveBehind(org, step, rest);
  return {
    steps: [step, ...inner.steps],
    field: inner.field,
    names: [step.relationshipName ?? first, ...inner.names],
  };
}

/** Where a reference may lead to several objects, the first one that has the field counts. */
function resolveBehind(org: Salesforce, step: Field, rest: Path): Resolved {
  const targets = step.referenceTo.flatMap((name) => findObject(org, name) ?? []);
  let problem: unknown;
  for (const target of targets) {
    try {
      return resolvePath(org, target, rest);
    } catch (error) {
      problem ??= error;
    }
  }
  throw problem ?? new SoqlError('INVALID_FIELD', `No such relation '${step.relationshipName}'`);
}

function stepOf(type: ObjectType, name: string): Field | undefined {
  const wanted = name.toLowerCase();
  return [...type.fields.values()].find((field) => field.relationshipName?.toLowerCase() === wanted);
}

function noColumn(name: string, type: ObjectType): SoqlError {
  const words = `\nNo such column '${name}' on entity '${type.name}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name.`;
  return new SoqlError('INVALID_FIELD', words);
}

/** The record that a reference of this one leads to. */
export function follow(org: Salesforce, row: Row, step: Field): { type: ObjectType; row: Row } | undefined {
  const id = row[step.name];
  if (typeof id !== 'string') return undefined;
  const name = step.referenceTo.find((object) => isIdOf(object, id));
  const type = name === undefined ? undefined : findObject(org, name);
  const found = type && rowOf(org, type, id);
  return type && found && { type, row: found };
}

export function valueAt(org: Salesforce, row: Row, { steps, field }: Resolved): Value {
  let at: Row | undefined = row;
  for (const step of steps) at = at && follow(org, at, step)?.row;
  return at?.[field.name] ?? null;
}
