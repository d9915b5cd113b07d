import { isDeepStrictEqual } from 'node:util';
import type { Attribute } from './attribute.ts';
import { type Attributes, checkPrimary, isEmpty, isObject } from './read.ts';

/** The values with those that are given; what is there already does not come twice. */
export function union(
  attribute: Attribute,
  current: readonly unknown[],
  given: readonly unknown[],
): readonly unknown[] {
  checkPrimary(attribute, given);
  const all = [...current];
  for (const each of given) {
    const twin = all.findIndex((other) => isSameValue(attribute, other, each));
    if (twin === -1) all.push(each);
    else if (attribute.name !== 'members') all[twin] = each;
  }
  if (given.some((each) => isObject(each) && each['primary'] === true)) demote(all, given);
  return all;
}

/** Only the new one stays primary (RFC 7644 3.5.2). */
export function demote(all: readonly unknown[], kept: readonly unknown[]): void {
  for (const each of all)
    if (isObject(each) && each['primary'] === true && !kept.includes(each)) each['primary'] = false;
}

function isSameValue(attribute: Attribute, left: unknown, right: unknown): boolean {
  const byId = attribute.name === 'members' && isObject(left) && isObject(right);
  return byId ? left['value'] === right['value'] : isDeepStrictEqual(left, right);
}

/** The values without those that are given; complex ones are told by their `value`. */
export function without(current: readonly unknown[], removed: readonly unknown[]): readonly unknown[] {
  const idOf = (each: unknown): unknown => (isObject(each) ? each['value'] : each);
  const ids = new Set(removed.map(idOf));
  return current.filter((each) => !ids.has(idOf(each)));
}

/** Nothing is stored for what is unassigned. */
export function assign(container: Attributes, name: string, value: unknown): void {
  if (isEmpty(value) && value !== '') delete container[name];
  else container[name] = value;
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
