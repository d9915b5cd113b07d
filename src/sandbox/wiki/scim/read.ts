import { type Attribute, named } from './attribute.ts';
import { bad } from './problem.ts';
import { COMMON, type ResourceType } from './resource-type.ts';

/** Attributes as they are stored: names as the schema spells them, extensions below their URN, nothing unassigned. */
export type Attributes = Record<string, unknown>;

export type ReadRules = {
  readonly unknown: 'ignored' | 'refused';
  /** What "active" may look like; other booleans are always such. */
  readonly booleans: 'boolean' | 'either' | 'text';
};

/** The body of a POST or a PUT. @throws ScimProblem invalidSyntax, invalidValue */
export function readResource(type: ResourceType, body: unknown, rules: ReadRules): Attributes {
  if (!isObject(body)) throw bad('invalidSyntax', 'The body is no JSON object.');
  checkSchemas(type, body, rules);
  const read: Attributes = {};
  for (const [name, value] of Object.entries(body)) {
    const extension = type.extensions.find(({ id }) => id.toLowerCase() === name.toLowerCase());
    if (extension) {
      if (!isObject(value)) throw bad('invalidValue', `${name} is no JSON object.`);
      const inner = readMembers(extension.attributes, value, rules);
      if (Object.keys(inner).length > 0) read[extension.id] = inner;
    } else {
      Object.assign(read, readMembers([...COMMON, ...type.schema.attributes], { [name]: value }, rules));
    }
  }
  delete read['schemas'];
  checkRequired(type, read);
  return read;
}

export function checkRequired(type: ResourceType, attributes: Attributes): void {
  const missing = type.schema.attributes.find(({ name, required }) => required && isEmpty(attributes[name]));
  if (missing) throw bad('invalidValue', `${missing.name} is required.`);
}

function checkSchemas(
  type: ResourceType,
  body: Readonly<Record<string, unknown>>,
  { unknown }: ReadRules,
): void {
  const [, given] = Object.entries(body).find(([name]) => name.toLowerCase() === 'schemas') ?? [];
  const known = [type.schema, ...type.extensions].map(({ id }) => id.toLowerCase());
  if (!Array.isArray(given)) throw bad('invalidSyntax', 'schemas is missing or no list.');
  const named = given.map((each) => String(each).toLowerCase());
  if (!named.includes(type.schema.id.toLowerCase())) {
    throw bad('invalidSyntax', `schemas does not name ${type.schema.id}.`);
  }
  const strange = given.find((_each, index) => !known.includes(named[index] ?? ''));
  if (strange !== undefined && unknown === 'refused')
    throw bad('invalidValue', `There is no schema ${String(strange)} here.`);
}

function readMembers(
  attributes: readonly Attribute[],
  value: Readonly<Record<string, unknown>>,
  rules: ReadRules,
): Attributes {
  const read: Attributes = {};
  for (const [name, member] of Object.entries(value)) {
    const attribute = named(attributes, name);
    if (!attribute) {
      if (rules.unknown === 'refused') throw bad('invalidValue', `There is no attribute ${name}.`);
      continue;
    }
    // What only the wiki decides is passed over (RFC 7644 3.3).
    if (attribute.mutability === 'readOnly') continue;
    const known = readAttribute(attribute, member, rules);
    if (known !== undefined) read[attribute.name] = known;
  }
  return read;
}

/** One attribute with all its values. @returns undefined when it is unassigned by this: null, or an empty list. */
export function readAttribute(attribute: Attribute, value: unknown, rules: ReadRules): unknown {
  if (value === null || value === undefined) return undefined;
  if (!attribute.multiValued) return readValue(attribute, value, rules);
  if (!Array.isArray(value)) throw bad('invalidValue', `${attribute.name} is no list.`);
  const values = value.map((each: unknown) => readValue(attribute, each, rules));
  checkPrimary(attribute, values);
  return values.length === 0 ? undefined : values;
}

/** One value, of one that may have many. */
export function readValue(attribute: Attribute, value: unknown, rules: ReadRules): unknown {
  switch (attribute.type) {
    case 'complex':
      return readComplex(attribute, value, rules);
    case 'boolean':
      return readBoolean(attribute, value, rules);
    case 'dateTime':
      if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) {
        throw bad('invalidValue', `${attribute.name} is no instant.`);
      }
      return value;
    default:
      if (typeof value !== 'string') throw bad('invalidValue', `${attribute.name} is no text.`);
      return value;
  }
}

function readComplex(attribute: Attribute, value: unknown, rules: ReadRules): unknown {
  if (!isObject(value)) throw bad('invalidValue', `${attribute.name} is no JSON object.`);
  const subAttributes = attribute.subAttributes ?? [];
  const read = readMembers(subAttributes, value, rules);
  const missing = subAttributes.find(({ name, required }) => required && isEmpty(read[name]));
  if (missing) throw bad('invalidValue', `${attribute.name}.${missing.name} is required.`);
  return Object.keys(read).length === 0 && !attribute.multiValued ? undefined : read;
}

function readBoolean({ name }: Attribute, value: unknown, rules: ReadRules): boolean {
  const booleans = name === 'active' ? rules.booleans : 'boolean';
  if (typeof value === 'boolean' && booleans !== 'text') return value;
  if (typeof value === 'string' && booleans !== 'boolean' && /^(true|false)$/i.test(value)) {
    return value.toLowerCase() === 'true';
  }
  throw bad(
    'invalidValue',
    `${name} is no ${booleans === 'text' ? 'text that says True or False' : 'boolean'}.`,
  );
}

export function checkPrimary({ name }: Attribute, values: readonly unknown[]): void {
  const primary = values.filter((each) => isObject(each) && each['primary'] === true);
  if (primary.length > 1) throw bad('invalidValue', `${name} has more than one primary value.`);
}

export function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
