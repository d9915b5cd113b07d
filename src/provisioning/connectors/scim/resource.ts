import type { Json } from '../../../base/index.ts';

/** A JSON object of a service provider, as it came. Names of attributes have no case (RFC 7643 2.1). */
export type Raw = Readonly<Record<string, unknown>>;

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE_SCHEMA = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** A resource that can be worked with: it has an id. Everything else may be missing. */
export type Resource = {
  readonly id: string;
  readonly raw: Raw;
  /** ETag, from the header or from `meta.version`. */
  readonly version?: string;
};

export type Page = {
  readonly resources: readonly Resource[];
  /** How many there were, those included that cannot be addressed. */
  readonly size: number;
  readonly total?: number;
  /** RFC 9865. */
  readonly nextCursor?: string;
};

export function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member by its name, whatever its case; the exact name wins. */
export function member(raw: unknown, name: string): unknown {
  if (!isRaw(raw)) return undefined;
  return raw[nameIn(raw, name)];
}

/** How the object itself writes this name. */
export function nameIn(raw: Raw, name: string): string {
  if (Object.hasOwn(raw, name)) return name;
  const lower = name.toLowerCase();
  return Object.keys(raw).find((key) => key.toLowerCase() === lower) ?? name;
}

/** Text of a member; numbers are taken for text, anything else is empty. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Values of a multi-valued attribute; a server may show a single one without a list, and null for none. */
export function valuesOf(raw: unknown, name: string): readonly unknown[] {
  const value = member(raw, name);
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** `value` of one value of a multi-valued attribute; simple values stand for themselves. */
export function valueText(value: unknown): string {
  return isRaw(value) ? textOf(member(value, 'value')) : textOf(value);
}

/** Id of what a value of a multi-valued attribute refers to, which some name by its address alone; else empty. */
export function referredId(value: unknown): string {
  const id = valueText(value);
  if (id !== '') return id;
  const last = textOf(member(value, '$ref')).split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** A boolean that may be written as text. @returns undefined when it is neither. */
export function truthOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const text = textOf(value).trim().toLowerCase();
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : undefined;
}

/** @returns undefined for what cannot be addressed again. */
export function resourceOf(body: unknown, etag?: string): Resource | undefined {
  const id = textOf(member(body, 'id'));
  if (!isRaw(body) || id === '') return undefined;
  const version = etag ?? textOf(member(member(body, 'meta'), 'version'));
  return { id, raw: body, ...(version !== '' && { version }) };
}

/** A ListResponse; a bare list is taken for one, and members may be missing (RFC 7644 3.4.2). */
export function pageOf(body: unknown): Page | undefined {
  if (!isRaw(body) && !Array.isArray(body)) return undefined;
  const total = Number(textOf(member(body, 'totalResults')) || Number.NaN);
  const listed = Array.isArray(body) ? body : valuesOf(body, 'Resources');
  // An empty answer may leave everything out, but something must say that it is a list.
  const isNamed = valuesOf(body, 'schemas').some((each) => /:ListResponse$/i.test(textOf(each)));
  const isList =
    isNamed || Array.isArray(body) || Number.isInteger(total) || Array.isArray(member(body, 'Resources'));
  if (!isList) return undefined;
  const nextCursor = textOf(member(body, 'nextCursor'));
  return {
    resources: listed.flatMap((each) => resourceOf(each) ?? []),
    size: listed.length,
    ...(Number.isInteger(total) && { total }),
    ...(nextCursor !== '' && { nextCursor }),
  };
}

/** Texts that a filter compares with are JSON strings (RFC 7644 3.4.2.2). */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** What a JSON body may hold. */
export type Body = { readonly [name: string]: Json | undefined };
