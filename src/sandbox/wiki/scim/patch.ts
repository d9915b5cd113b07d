import type { Attribute } from './attribute.ts';
import { named } from './attribute.ts';
import { type Filter, splitPath } from './filter.ts';
import { matchesValue } from './match.ts';
import type { Operation } from './patch-body.ts';
import { assign, demote, listOf, union, without } from './patch-values.ts';
import { bad } from './problem.ts';
import {
  type Attributes,
  checkPrimary,
  checkRequired,
  isObject,
  type ReadRules,
  readAttribute,
  readValue,
} from './read.ts';
import { findPlace, type Place, type ResourceType } from './resource-type.ts';

export type PatchRules = ReadRules & {
  readonly type: ResourceType;
  readonly id: string;
  readonly removeWithValue: 'removes-all' | 'removes-those';
  readonly removeOfNothing: 'no-target' | 'accepted';
};

/** RFC 7644 3.5.2: all operations in their order, or none. @returns the new attributes; the given ones stay. */
export function applyPatch(
  before: Attributes,
  operations: readonly Operation[],
  rules: PatchRules,
): Attributes {
  const draft = structuredClone(before);
  for (const operation of operations) applyOperation(draft, operation, rules);
  for (const { id } of rules.type.extensions) {
    const extension = draft[id];
    if (isObject(extension) && Object.keys(extension).length === 0) delete draft[id];
  }
  checkRequired(rules.type, draft);
  return draft;
}

function applyOperation(draft: Attributes, operation: Operation, rules: PatchRules): void {
  const { op, path, value } = operation;
  if (path !== undefined) {
    applyAt(draft, op, path, value, rules);
    return;
  }
  if (op === 'remove') throw bad('noTarget', 'A remove needs a path.');
  if (!isObject(value)) throw bad('invalidValue', 'Without a path the value is a JSON object of attributes.');
  for (const [name, member] of Object.entries(value)) {
    // Some clients repeat the id of the resource that they patch.
    if (name.toLowerCase() === 'id' && member === rules.id) continue;
    applyAt(draft, op, name, member, rules);
  }
}

function applyAt(
  draft: Attributes,
  op: Operation['op'],
  path: string,
  value: unknown,
  rules: PatchRules,
): void {
  const { name, filter, sub: subName } = splitPath(path);
  const place = findPlace(rules.type, name);
  if (!place && rules.unknown === 'refused') throw bad('invalidPath', `There is no attribute ${path}.`);
  // The wiki says itself which schemas a resource has.
  if (!place || place.attribute?.name === 'schemas') return;
  const { extension, attribute } = place;
  if (!attribute) {
    applyToExtension(draft, op, String(extension), value, rules);
    return;
  }
  const sub = place.sub ?? (subName === undefined ? undefined : named(attribute.subAttributes, subName));
  if (subName !== undefined && !sub) throw bad('invalidPath', `${attribute.name} has no ${subName}.`);
  checkMutability(op, attribute, sub, filter);
  const container = containerOf(draft, extension);
  const spot: Spot = { container, attribute, ...(sub && { sub }), rules };
  if (filter) changeSelected(spot, filter, op, value);
  else if (sub) changeSub(spot, sub, op, value);
  else changeWhole(spot, op, value);
}

function checkMutability(
  op: Operation['op'],
  attribute: Attribute,
  sub: Attribute | undefined,
  filter: Filter | undefined,
): void {
  const isFixed = attribute.mutability === 'readOnly' || sub?.mutability === 'readOnly';
  if (isFixed || sub?.mutability === 'immutable') {
    throw bad('mutability', `${(sub ?? attribute).name} cannot be changed.`);
  }
  if (op === 'remove' && attribute.required && !sub && !filter) {
    throw bad('mutability', `${attribute.name} is required and cannot be removed.`);
  }
}

type Spot = {
  readonly container: Attributes;
  readonly attribute: Attribute;
  readonly sub?: Attribute;
  readonly rules: PatchRules;
};

function applyToExtension(
  draft: Attributes,
  op: Operation['op'],
  extension: NonNullable<Place['extension']>,
  value: unknown,
  rules: PatchRules,
): void {
  if (op === 'remove') {
    delete draft[extension];
    return;
  }
  if (!isObject(value)) throw bad('invalidValue', `${extension} is no JSON object.`);
  for (const [name, member] of Object.entries(value))
    applyAt(draft, op, `${extension}:${name}`, member, rules);
}

function containerOf(draft: Attributes, extension: string | undefined): Attributes {
  if (extension === undefined) return draft;
  const held = draft[extension];
  if (isObject(held)) return held;
  const made: Attributes = {};
  draft[extension] = made;
  return made;
}

function changeWhole({ container, attribute, rules }: Spot, op: Operation['op'], value: unknown): void {
  const { name, multiValued, type } = attribute;
  const current = container[name];
  if (op === 'remove') {
    const isPart = value !== undefined && multiValued && rules.removeWithValue === 'removes-those';
    if (isPart) assign(container, name, without(listOf(current), listOf(value)));
    else delete container[name];
    return;
  }
  if (multiValued && op === 'add') {
    const given = (Array.isArray(value) ? value : [value]).map((each: unknown) =>
      readValue(attribute, each, rules),
    );
    assign(container, name, union(attribute, listOf(current), given));
    return;
  }
  const read = readAttribute(attribute, value, rules);
  // Parts of a complex attribute that are not named stay (RFC 7644 3.5.2.3).
  const isMerged = type === 'complex' && !multiValued && isObject(read) && isObject(current);
  assign(container, name, isMerged ? { ...current, ...read } : read);
}

function changeSub(
  { container, attribute, rules }: Spot,
  sub: Attribute,
  op: Operation['op'],
  value: unknown,
): void {
  const read = op === 'remove' ? undefined : readAttribute(sub, value, rules);
  if (attribute.multiValued) {
    for (const each of listOf(container[attribute.name])) if (isObject(each)) assign(each, sub.name, read);
    return;
  }
  const held = container[attribute.name];
  const target = isObject(held) ? held : {};
  assign(target, sub.name, read);
  assign(container, attribute.name, Object.keys(target).length === 0 ? undefined : target);
}

function changeSelected(spot: Spot, filter: Filter, op: Operation['op'], value: unknown): void {
  const { container, attribute, sub, rules } = spot;
  if (!attribute.multiValued)
    throw bad('invalidPath', `${attribute.name} has one value and takes no filter.`);
  const all = [...listOf(container[attribute.name])];
  const chosen = all.filter((each) => matchesValue(attribute, each, filter));
  if (chosen.length === 0) {
    if (op === 'remove' && rules.removeOfNothing === 'accepted') return;
    const made = op === 'add' ? valueFrom(attribute, filter) : undefined;
    if (!made) throw bad('noTarget', `No value of ${attribute.name} is meant by the filter.`);
    all.push(made);
    chosen.push(made);
  }
  if (op === 'remove' && !sub) {
    assign(
      container,
      attribute.name,
      all.filter((each) => !chosen.includes(each)),
    );
    return;
  }
  for (const each of chosen) changeValue(spot, each, op, value);
  const isPrimarySet = chosen.some((each) => isObject(each) && each['primary'] === true);
  if (isPrimarySet) demote(all, chosen);
  checkPrimary(attribute, all);
  container[attribute.name] = all;
}

function changeValue(
  { attribute, sub, rules }: Spot,
  target: unknown,
  op: Operation['op'],
  value: unknown,
): void {
  if (!isObject(target)) throw bad('invalidPath', `${attribute.name} has no parts.`);
  if (sub) {
    assign(target, sub.name, op === 'remove' ? undefined : readAttribute(sub, value, rules));
    return;
  }
  const read = readValue(attribute, value, rules);
  if (!isObject(read)) return;
  if (op === 'replace') for (const name of Object.keys(target)) delete target[name];
  Object.assign(target, read);
}

/** `emails[type eq "work"]` in an add, where there is none: a value that the filter would find. */
function valueFrom(attribute: Attribute, filter: Filter): Attributes | undefined {
  if (filter.kind !== 'compare' || filter.op !== 'eq') return undefined;
  const sub = named(attribute.subAttributes, filter.path);
  return sub && { [sub.name]: filter.value };
}
