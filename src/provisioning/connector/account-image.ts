import { canonicalJson, type Json } from '../../base/index.ts';

/** Several values without order, kept sorted and unique: channels, groups, permission sets. */
export type SetValue = readonly string[];
/** What a set holds when the target knows a value for "everything, also what comes later". */
export const EVERYTHING = '*';

/**
 * What an account looks like in a target, in the connector's own field names. An absent field is empty. Desired
 * images hold only the fields that we manage; read images may hold more, which is left alone.
 */
export type AccountImage = Readonly<Record<string, Json>>;

/** How a field takes part in the question whether access shrinks (R5.2). */
export type FieldKind =
  /** One value decides what the account may do: a group, a profile. Replacing it is a reduction. */
  | 'exclusive'
  /** Each member adds something: channels, permission sets. Losing one is a reduction. */
  | 'set'
  /** Says something about the person and allows nothing. */
  | 'detail';

export type Field = {
  readonly kind: FieldKind;
  /** Fields with the same call travel in one request; calls run in the connector's order. */
  readonly call: string;
  /** Shown in events and pages: `customer group`. */
  readonly title: string;
  /** The target changes upper and lower case at will. */
  readonly caseless?: boolean;
  /** Creating an account carries it; otherwise it follows in its own call. */
  readonly atCreation?: boolean;
  /**
   * Whose the members of a set are. `exact` (default): all of them, what is not desired goes. `given`: those that a
   * role names or that we gave before; others were added by hand and are treated as `onExtra` says.
   */
  readonly members?: 'exact' | 'given';
  /** Members travel one by one, so those that go are sent in a step of their own before those that come. */
  readonly splits?: boolean;
  /** Administrators of the target lock accounts with it: what they locked by hand stays so, and is reported. */
  readonly isLock?: boolean;
  /** The target shows it and nobody can write it over an API: a difference becomes a task for people. */
  readonly byHand?: boolean;
};

/** Whose value counts when both sides changed a detail. Access always follows the directory. */
export type Authority =
  /** The directory's value is put back. Default. */
  | 'directory'
  /** The first value stays; only an empty field is filled. */
  | 'first'
  /** The target's value stays; ours is used only when creating. */
  | 'target';

/** Equality as the target sees it: empty text, empty object and absent are one thing. */
export function sameValue(field: Field, a: Json | undefined, b: Json | undefined): boolean {
  return comparable(field, a) === comparable(field, b);
}

export function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.values(value).every((member) => isEmpty(member));
}

function comparable(field: Field, value: Json | undefined): string {
  if (isEmpty(value) || value === undefined) return '';
  const text = canonicalJson(withoutEmpty(value));
  return field.caseless ? text.toLowerCase() : text;
}

function withoutEmpty(value: Json): Json {
  if (Array.isArray(value)) return [...value].sort();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => !isEmpty(member)));
}

/** The part of an image that decides what the account may do. */
export function accessPart(image: AccountImage, fields: Readonly<Record<string, Field>>): AccountImage {
  return Object.fromEntries(
    Object.entries(image).filter(([name]) => fields[name] !== undefined && fields[name].kind !== 'detail'),
  );
}

/** Field → members of a set that we gave and did not take back. */
export type Given = Readonly<Record<string, readonly string[]>>;
