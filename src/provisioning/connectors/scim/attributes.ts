import {
  ENTERPRISE_SCHEMA,
  isRaw,
  member,
  nameIn,
  type Raw,
  textOf,
  truthOf,
  USER_SCHEMA,
  valuesOf,
  valueText,
} from './resource.ts';

/** Where a mapped text stands in a User. */
export type Place = {
  /** URN of the extension; absent for the core. */
  readonly extension?: string;
  readonly name: string;
  /** Of a complex attribute: `givenName` of `name`. */
  readonly sub?: string;
  /** Of a multi-valued attribute: `work` of `phoneNumbers`; the value is what is mapped. */
  readonly type?: string;
};

const ENTERPRISE = ['employeeNumber', 'costCenter', 'organization', 'division', 'department', 'manager'];
const SINGULAR = [
  ...['displayName', 'nickName', 'profileUrl', 'title', 'userType'],
  ...['preferredLanguage', 'locale', 'timezone'],
];
const NAME_PARTS = [
  ...['formatted', 'familyName', 'givenName', 'middleName', 'honorificPrefix', 'honorificSuffix'],
];
const MULTI = ['phoneNumbers', 'ims', 'photos', 'entitlements', 'roles'];

/** Attributes that may be mapped by a short name, for messages. */
export const KNOWN_ATTRIBUTES = [
  ...SINGULAR,
  ...NAME_PARTS.map((part) => `name.${part}`),
  ...MULTI.map((name) => `${name}.TYPE`),
  ...ENTERPRISE,
  'urn:…:attribute',
];

/**
 * Reads the name of a mapped attribute: `title`, `name.givenName`, `phoneNumbers.work`, `department`, or a whole URN
 * such as `urn:example:1.0:User:badge`.
 *
 * @returns undefined for what cannot be mapped, such as attributes with a meaning of their own.
 */
export function placeOf(key: string): Place | undefined {
  const urn = /^(urn:[^\s"[\]]+):([A-Za-z$][\w$-]*)(?:\.([A-Za-z$][\w$-]*))?$/i.exec(key);
  if (urn) return urnPlace(urn);
  const [name = '', part, ...more] = key.split('.');
  if (more.length > 0) return undefined;
  if (part === undefined) {
    if (ENTERPRISE.includes(name)) return enterprisePlace(name);
    return SINGULAR.includes(name) ? { name } : undefined;
  }
  if (name === 'name') return NAME_PARTS.includes(part) ? { name, sub: part } : undefined;
  return MULTI.includes(name) && /^[A-Za-z][\w-]{0,63}$/.test(part) ? { name, type: part } : undefined;
}

function urnPlace([, urn = '', name = '', sub]: RegExpExecArray): Place | undefined {
  if (urn.toLowerCase() === USER_SCHEMA.toLowerCase()) {
    return placeOf(sub === undefined ? name : `${name}.${sub}`);
  }
  if (urn.toLowerCase() === ENTERPRISE_SCHEMA.toLowerCase() && sub === undefined) {
    return enterprisePlace(name);
  }
  return { extension: urn, name, ...(sub !== undefined && { sub }) };
}

function enterprisePlace(name: string): Place {
  const place = { extension: ENTERPRISE_SCHEMA, name };
  return name === 'manager' ? { ...place, sub: 'value' } : place;
}

/** How discovery names it, in lower case: `name.givenname`, `urn:…:department`. */
export function schemaPath({ extension, name, sub }: Place): string {
  const path = sub === undefined ? name : `${name}.${sub}`;
  return (extension === undefined ? path : `${extension}:${path}`).toLowerCase();
}

/** How a PATCH names it (RFC 7644 3.5.2), without the value that a multi-valued attribute needs. */
export function patchPath({ extension, name, sub }: Place): string {
  const path = sub === undefined ? name : `${name}.${sub}`;
  return extension === undefined ? path : `${extension}:${path}`;
}

/** The text at a place of a resource; empty when there is none. */
export function readPlace(raw: Raw, place: Place): string {
  const { extension, name, sub, type } = place;
  const container = extension === undefined ? raw : member(raw, extension);
  if (type !== undefined)
    return plainValue(name, valueText(valuesOf(container, name)[indexOfType(container, place)]));
  const value = member(container, name);
  // Some servers show a complex attribute by its value alone.
  if (sub === undefined || !isRaw(value)) return sub === 'value' || sub === undefined ? valueText(value) : '';
  return textOf(member(value, sub));
}

/** RFC 3966 is what RFC 7643 recommends for telephone numbers; the number is the same. */
function plainValue(name: string, text: string): string {
  return name === 'phoneNumbers' ? text.replace(/^tel:/i, '') : text;
}

/** Puts a text, or nothing, into a copy of the resource; everything else stays. */
export function writePlace(raw: Raw, place: Place, text: string): Raw {
  const { extension, name } = place;
  if (extension === undefined) return withMember(raw, name, valueAt(raw, place, text));
  const held = member(raw, extension);
  const container = isRaw(held) ? held : {};
  const changed = withMember(container, name, valueAt(container, place, text));
  return withMember(raw, extension, Object.keys(changed).length === 0 ? undefined : changed);
}

function valueAt(container: Raw, place: Place, text: string): unknown {
  const { name, sub, type } = place;
  if (type !== undefined) return withTyped(container, place, text);
  const value = text === '' ? undefined : text;
  if (sub === undefined) return value;
  const held = member(container, name);
  const changed = withMember(isRaw(held) ? held : {}, sub, value);
  return Object.keys(changed).length === 0 ? undefined : changed;
}

/** The whole list of a multi-valued attribute with one value set or taken out. */
export function withTyped(container: unknown, place: Place, text: string): readonly unknown[] | undefined {
  const { name, type = '' } = place;
  const values = valuesOf(container, name);
  const at = indexOfType(container, place);
  const before = values[at];
  const without = values.filter((_value, index) => index !== at);
  if (text === '') return without.length === 0 ? undefined : without;
  if (at === -1) return [...values, { value: text, type }];
  const after = isRaw(before) ? withMember(before, 'value', text) : { value: text, type };
  return values.map((value, index) => (index === at ? after : value));
}

/** Where the value of this type stands; -1 when there is none. */
export function indexOfType(container: unknown, { name, type = '' }: Pick<Place, 'name' | 'type'>): number {
  return valuesOf(container, name).findIndex(
    (value) => textOf(member(value, 'type')).toLowerCase() === type.toLowerCase(),
  );
}

/** The mail address that counts: the primary one, else the one for work, else the first. */
export function mailIndex(raw: Raw): number {
  const values = valuesOf(raw, 'emails');
  const primary = values.findIndex((value) => truthOf(member(value, 'primary')) === true);
  if (primary !== -1) return primary;
  const work = indexOfType(raw, { name: 'emails', type: 'work' });
  return work === -1 && values.length > 0 ? 0 : work;
}

/** A copy with one member set or, for undefined, taken out; the name keeps the case that it has there. */
export function withMember(raw: Raw, name: string, value: unknown): Raw {
  const { [nameIn(raw, name)]: _before, ...rest } = raw;
  return value === undefined ? rest : { ...rest, [nameIn(raw, name)]: value };
}
