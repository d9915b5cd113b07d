import type { Attribute } from './attribute.ts';
import { named } from './attribute.ts';
import type { Comparison, Filter, Literal } from './filter.ts';
import { bad } from './problem.ts';
import { findPlace, type ResourceType } from './resource-type.ts';

type Values = Readonly<Record<string, unknown>>;
/** What a path of a filter leads to: the values there, and the attribute that they belong to. */
type Found = { readonly attribute: Attribute; readonly values: readonly unknown[] };
type Look = (path: string) => Found;

/** Whether a resource, as it would be shown in full, is meant by the filter. @throws ScimProblem invalidFilter */
export function matches(type: ResourceType, resource: Values, filter: Filter): boolean {
  return evaluate(filter, (path) => lookUp(type, resource, path));
}

/** The same for one value of a multi-valued attribute: `emails[…]`. */
export function matchesValue(attribute: Attribute, value: unknown, filter: Filter): boolean {
  return evaluate(filter, (path) => lookWithin(attribute, value, path));
}

/** Values of a path in a shown resource; values of multi-valued attributes one by one. */
export function lookUp(type: ResourceType, resource: Values, path: string): Found {
  const { extension, attribute, sub } = findPlace(type, path) ?? {};
  if (!attribute) throw bad('invalidFilter', `There is no attribute ${path}.`);
  const container = extension === undefined ? resource : resource[extension];
  const values = listOf(isValues(container) ? container[attribute.name] : undefined);
  if (!sub) return { attribute, values };
  return { attribute: sub, values: values.flatMap((each) => (isValues(each) ? listOf(each[sub.name]) : [])) };
}

function lookWithin(attribute: Attribute, value: unknown, path: string): Found {
  if (attribute.type !== 'complex') {
    if (path.toLowerCase() !== 'value') throw bad('invalidFilter', `${attribute.name} has no ${path}.`);
    return { attribute, values: [value] };
  }
  const sub = named(attribute.subAttributes, path);
  if (!sub) throw bad('invalidFilter', `${attribute.name} has no ${path}.`);
  return { attribute: sub, values: isValues(value) ? listOf(value[sub.name]) : [] };
}

function evaluate(filter: Filter, look: Look): boolean {
  switch (filter.kind) {
    case 'and':
      // Both sides are looked at, so that a wrong name is always found.
      return [evaluate(filter.left, look), evaluate(filter.right, look)].every(Boolean);
    case 'or':
      return [evaluate(filter.left, look), evaluate(filter.right, look)].some(Boolean);
    case 'not':
      return !evaluate(filter.of, look);
    case 'present':
      return look(filter.path).values.some(isPresent);
    case 'values': {
      const { attribute, values } = look(filter.path);
      return values.filter((each) => matchesValue(attribute, each, filter.of)).length > 0;
    }
    case 'compare':
      return compareAll(look(filter.path), filter.op, filter.value);
  }
}

function compareAll(found: Found, op: Comparison, wanted: Literal): boolean {
  const { attribute, values } = plain(found);
  if (attribute.type === 'boolean' && op !== 'eq' && op !== 'ne') {
    throw bad('invalidFilter', `${attribute.name} is a boolean and has no order.`);
  }
  const isNothing = !values.some(isPresent);
  if (wanted === null) return op === 'eq' ? isNothing : op === 'ne' && !isNothing;
  if (op === 'ne') return !values.some((each) => compare(attribute, each, 'eq', wanted));
  return values.some((each) => compare(attribute, each, op, wanted));
}

/** A complex attribute is compared by its `value` (RFC 7644 3.4.2.2). */
function plain({ attribute, values }: Found): Found {
  if (attribute.type !== 'complex') return { attribute, values };
  const value = named(attribute.subAttributes, 'value');
  if (!value) throw bad('invalidFilter', `${attribute.name} has parts; name one of them.`);
  return {
    attribute: value,
    values: values.flatMap((each) => (isValues(each) ? listOf(each['value']) : [])),
  };
}

function compare(attribute: Attribute, value: unknown, op: Comparison, wanted: Literal): boolean {
  if (typeof value !== 'string' || typeof wanted !== 'string') return op === 'eq' && value === wanted;
  const fold = (text: string): string => (attribute.caseExact ? text : text.toLowerCase());
  const isDate = attribute.type === 'dateTime';
  if (isDate && Number.isNaN(Date.parse(wanted))) throw bad('invalidFilter', `${wanted} is no instant.`);
  const [left, right] = isDate ? [Date.parse(value), Date.parse(wanted)] : [fold(value), fold(wanted)];
  switch (op) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    case 'gt':
      return left > right;
    case 'ge':
      return left >= right;
    case 'lt':
      return left < right;
    case 'le':
      return left <= right;
    case 'co':
      return fold(value).includes(fold(wanted));
    case 'sw':
      return fold(value).startsWith(fold(wanted));
    case 'ew':
      return fold(value).endsWith(fold(wanted));
  }
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
