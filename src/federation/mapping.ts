import type { Identity } from '../model/index.ts';
import type { ProfileField } from './config.ts';

/**
 * Verified upstream values by their upstream name, in the order received. A Map, so that no name is special. What is no
 * text is an empty text: nobody reads it, and where one value is wanted it counts.
 */
export type UpstreamValues = ReadonlyMap<string, readonly string[]>;

export type Mapping = {
  /** Profile field ← upstream names in order of preference. */
  readonly map: Readonly<Partial<Record<ProfileField, readonly string[]>>>;
  /** Declared person attribute ← upstream names. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  readonly correlate?: string;
  readonly sharedKey?: string;
};

type MappedFacts = Pick<
  Identity,
  'login' | 'mail' | 'givenName' | 'familyName' | 'displayName' | 'groups' | 'attributes'
>;

const NAMED_FIELDS = ['login', 'mail', 'givenName', 'familyName', 'displayName'] as const;

/** Profile fields for which `Identity` has no member of its own; they stand in `attributes` under these names. */
export const PROFILE_ATTRIBUTES = [
  'department',
  'company',
  'phone',
  'address1',
  'address2',
  'city',
  'stateOrProvince',
  'postalCode',
  'countryCode',
] as const satisfies readonly ProfileField[];

/** Keys of `Identity.attributes` that have a meaning of their own; a declared attribute may not take them. */
export const RESERVED_ATTRIBUTES: readonly string[] = [...PROFILE_ATTRIBUTES, 'correlate', 'sharedKey'];

/**
 * Turns upstream values into the mapped part of an `Identity`. Keys of `attributes` are ours, never upstream's:
 * declared person attributes by their declared name, the profile fields of `PROFILE_ATTRIBUTES`, `correlate`
 * (what joins the person known from the directory) and `sharedKey` (what joins two connections, R1.1).
 * Values stay as received, but for white space around names and mail address, which key nothing; group names stay
 * whole (`merchandising@staff`).
 */
export function mapValues(values: UpstreamValues, mapping: Mapping): MappedFacts {
  const facts: { -readonly [K in keyof MappedFacts]: MappedFacts[K] } = {
    groups: [...new Set(firstWithValue(values, mapping.map.groups))],
    attributes: mapAttributes(values, mapping),
  };
  for (const field of NAMED_FIELDS) {
    const value = firstWithValue(values, mapping.map[field]).find((found) => found.trim() !== '');
    if (value !== undefined) facts[field] = value.trim();
  }
  return facts;
}

function mapAttributes(values: UpstreamValues, mapping: Mapping): Record<string, readonly string[]> {
  const attributes: Record<string, readonly string[]> = {};
  const set = (name: string, found: readonly string[]): void => {
    if (found.length > 0) attributes[name] = found;
  };
  for (const field of PROFILE_ATTRIBUTES) set(field, firstWithValue(values, mapping.map[field]));
  for (const [name, sources] of Object.entries(mapping.attributes))
    set(name, firstWithValue(values, sources));
  if (mapping.correlate !== undefined) set('correlate', single(values, mapping.correlate));
  if (mapping.sharedKey !== undefined) set('sharedKey', single(values, mapping.sharedKey));
  return attributes;
}

function firstWithValue(values: UpstreamValues, names: readonly string[] = []): readonly string[] {
  for (const name of names) {
    const found = (values.get(name) ?? []).filter((value) => value !== '');
    if (found.length > 0) return found;
  }
  return [];
}

/** A joining value must be one value: of two, neither says who the person is, also when one of them says nothing. */
function single(values: UpstreamValues, name: string): readonly string[] {
  const [value, ...more] = values.get(name) ?? [];
  return value && more.length === 0 ? [value] : [];
}

const MAX_SUBJECT_LENGTH = 512;

/** The one value that may key an identity: single, printable, bounded. Anything else is no subject. */
export function subjectFrom(values: readonly string[] | undefined): string | undefined {
  const [value, ...more] = values ?? [];
  if (value === undefined || more.length > 0) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this refuses
  const usable = value.trim() === value && value !== '' && !/[\u0000-\u001f\u007f]/.test(value);
  return usable && value.length <= MAX_SUBJECT_LENGTH ? value : undefined;
}

export type PartitionRule = {
  readonly claim: string;
  readonly form: 'suffix' | 'whole';
  readonly allowed: readonly string[];
};

/**
 * Is the person's partition one of the allowed ones? Unknown is no (R1.2). `suffix` is the text after the last
 * `@`, because group and login names may hold an `@` themselves; a value without `@` then names no partition.
 */
export function isPartitionAllowed(values: UpstreamValues, rule: PartitionRule | undefined): boolean {
  if (!rule) return true;
  const [value, ...more] = values.get(rule.claim) ?? [];
  if (value === undefined || more.length > 0) return false;
  const at = value.lastIndexOf('@');
  if (rule.form === 'whole') return rule.allowed.includes(value);
  return at >= 0 && rule.allowed.includes(value.slice(at + 1));
}
