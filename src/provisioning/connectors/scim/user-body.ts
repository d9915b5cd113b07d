import type { Json } from '../../../base/index.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import {
  indexOfType,
  mailIndex,
  type Place,
  patchPath,
  placeOf,
  withMember,
  withTyped,
  writePlace,
} from './attributes.ts';
import {
  type Body,
  isRaw,
  member,
  nameIn,
  PATCH_SCHEMA,
  quoted,
  type Raw,
  textOf,
  USER_SCHEMA,
  valuesOf,
} from './resource.ts';

/** How a server wants its PATCH, where it does not take the plain way of RFC 7644. */
export type Dialect = {
  /** `Replace` in place of `replace`. */
  readonly capitalised: boolean;
  /** `"True"` in place of `true`. */
  readonly textActive: boolean;
  /** Lists as a whole in place of `emails[type eq "work"]`. */
  readonly wholeLists: boolean;
};

export type Operation = {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: Json;
};

export function patchBody(operations: readonly Operation[], { capitalised }: Dialect): Body {
  const spell = (op: string): string => (capitalised ? `${op.slice(0, 1).toUpperCase()}${op.slice(1)}` : op);
  return {
    schemas: [PATCH_SCHEMA],
    Operations: operations.map(({ op, ...rest }) => ({ op: spell(op), ...rest })),
  };
}

/** A new account. */
export function newUser(image: AccountImage): Body {
  return withSchemas(applied({}, image)) as Body;
}

/**
 * The whole resource for a PUT: as it was read, with what changes. Unknown attributes stay; what only the server decides
 * is left out.
 */
export function changedUser(raw: Raw, changes: AccountImage, readOnly: readonly string[]): Body {
  const dropped = new Set(['meta', 'groups', 'password', ...readOnly.filter((name) => name !== 'id')]);
  const kept = Object.entries(raw).filter(([name]) => !dropped.has(name.toLowerCase()));
  return withSchemas(applied(Object.fromEntries(kept), changes)) as Body;
}

function applied(raw: Raw, changes: AccountImage): Raw {
  return Object.entries(changes).reduce((changed, [field, value]) => withField(changed, field, value), raw);
}

/** Every extension that is used must be named (RFC 7643 3). */
function withSchemas(raw: Raw): Raw {
  const given = valuesOf(raw, 'schemas').map(textOf);
  const used = Object.keys(raw).filter((name) => /^urn:/i.test(name) && isRaw(raw[name]));
  const all = [...given];
  for (const urn of [USER_SCHEMA, ...used]) {
    if (!all.some((each) => each.toLowerCase() === urn.toLowerCase())) all.push(urn);
  }
  return { ...withMember(raw, 'schemas', undefined), [nameIn(raw, 'schemas')]: all };
}

function withField(raw: Raw, field: string, value: Json | undefined): Raw {
  switch (field) {
    case 'active':
      return withMember(raw, 'active', value === 'yes');
    case 'userName':
    case 'externalId':
    case 'password':
      return withMember(raw, field, value === '' ? undefined : value);
    case 'mail':
      return withMember(raw, 'emails', mailList(raw, String(value ?? '')));
    case 'address':
      return withMember(raw, 'addresses', addressList(raw, value));
    default: {
      const place = placeOf(field);
      return place ? writePlace(raw, place, String(value ?? '')) : raw;
    }
  }
}

function activeValue(value: Json | undefined, textActive: boolean): boolean | string {
  const isActive = value === 'yes';
  if (!textActive) return isActive;
  return isActive ? 'True' : 'False';
}

/** Other addresses stay; one that is new is the one for work, and the one that counts. */
function mailList(raw: Raw, text: string): readonly unknown[] | undefined {
  const values = valuesOf(raw, 'emails');
  const at = mailIndex(raw);
  if (text === '') {
    const left = values.filter((_value, index) => index !== at);
    return left.length === 0 ? undefined : left;
  }
  if (at === -1) return [{ value: text, type: 'work', primary: true }];
  return values.map((value, index) => {
    if (index !== at) return value;
    // A name for people that repeats the former address would be wrong now.
    return isRaw(value)
      ? withMember(withMember(value, 'display', undefined), 'value', text)
      : { value: text };
  });
}

function addressList(raw: Raw, value: Json | undefined): readonly unknown[] | undefined {
  const values = valuesOf(raw, 'addresses');
  const at = indexOfType(raw, { name: 'addresses', type: 'work' });
  const others = values.filter((_value, index) => index !== at);
  if (!isRaw(value)) return others.length === 0 ? undefined : others;
  return [...others, { ...value, type: 'work' }];
}

/** Whether the operations can be written without having seen the resource. */
export function isPlain(field: string): boolean {
  if (field === 'mail' || field === 'address') return false;
  return placeOf(field)?.type === undefined;
}

/** Operations for some changes of a resource as it was read; `raw` may be empty when all changes are plain. */
export function userOperations(raw: Raw, changes: AccountImage, dialect: Dialect): readonly Operation[] {
  return Object.entries(changes).flatMap(([field, value]) => operationsFor(raw, field, value, dialect));
}

function operationsFor(
  raw: Raw,
  field: string,
  value: Json | undefined,
  dialect: Dialect,
): readonly Operation[] {
  switch (field) {
    case 'active':
      return [{ op: 'replace', path: 'active', value: activeValue(value, dialect.textActive) }];
    case 'userName':
    case 'externalId':
    case 'password':
      return [plain(field, String(value ?? ''))];
    case 'mail':
      return [mailOperation(raw, String(value ?? ''), dialect)];
    case 'address':
      return [listOperation(raw, 'addresses', addressList(raw, value))];
    default: {
      const place = placeOf(field);
      if (!place) return [];
      return [placeOperation(raw, place, String(value ?? ''), dialect)];
    }
  }
}

function plain(path: string, text: string): Operation {
  return text === '' ? { op: 'remove', path } : { op: 'replace', path, value: text };
}

function mailOperation(raw: Raw, text: string, dialect: Dialect): Operation {
  const values = valuesOf(raw, 'emails');
  const type = textOf(member(values[mailIndex(raw)], 'type'));
  return (
    typedOperation(raw, { name: 'emails', type }, text, dialect) ??
    listOperation(raw, 'emails', mailList(raw, text))
  );
}

function placeOperation(raw: Raw, place: Place, text: string, dialect: Dialect): Operation {
  const { name, type, sub, extension } = place;
  if (type !== undefined) {
    return (
      typedOperation(raw, { name, type }, text, dialect) ??
      listOperation(raw, name, withTyped(raw, place, text))
    );
  }
  if (sub !== 'value') return plain(patchPath(place), text);
  // A reference is set with its parts, so that nothing is left of the former one.
  const path = patchPath({ name, ...(extension !== undefined && { extension }) });
  return text === '' ? { op: 'remove', path } : { op: 'replace', path, value: { value: text } };
}

/** The value path, where exactly one value has the type. */
function typedOperation(
  raw: Raw,
  { name, type }: { readonly name: string; readonly type: string },
  text: string,
  dialect: Dialect,
): Operation | undefined {
  const isType = (value: unknown): boolean =>
    textOf(member(value, 'type')).toLowerCase() === type.toLowerCase();
  const isUnique = type !== '' && valuesOf(raw, name).filter(isType).length === 1;
  if (dialect.wholeLists || !isUnique) return undefined;
  const path = `${name}[type eq ${quoted(type)}]`;
  return text === '' ? { op: 'remove', path } : { op: 'replace', path: `${path}.value`, value: text };
}

/** The whole list, as it is to be; a list that did not exist is added. */
function listOperation(raw: Raw, name: string, list: readonly unknown[] | undefined): Operation {
  if (list === undefined) return { op: 'remove', path: name };
  // What came as JSON is JSON.
  const value = list as readonly Json[];
  return { op: valuesOf(raw, name).length === 0 ? 'add' : 'replace', path: name, value };
}
