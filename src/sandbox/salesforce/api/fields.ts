/** One field of an object, as describe tells it and as writing and SOQL obey it. */
export type Field = {
  readonly name: string;
  readonly type:
    | 'id'
    | 'reference'
    | 'string'
    | 'email'
    | 'phone'
    | 'textarea'
    | 'picklist'
    | 'boolean'
    | 'int'
    | 'date'
    | 'datetime';
  readonly length: number;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly nillable: boolean;
  readonly defaultedOnCreate: boolean;
  readonly filterable: boolean;
  readonly idLookup: boolean;
  /** A restricted picklist takes these only. */
  readonly values?: readonly string[];
  readonly referenceTo: readonly string[];
  /** `Profile` for ProfileId: what SOQL writes before the dot. */
  readonly relationshipName: string | null;
};

/**
 * Flags: `c` createable, `u` updateable, `r` never null, `d` has a default, `l` may be looked up by, `x` not
 * allowed in WHERE.
 */
type Flags = string;

function field(
  name: string,
  type: Field['type'],
  flags: Flags,
  more: Partial<Pick<Field, 'length' | 'values' | 'referenceTo' | 'relationshipName'>> = {},
): Field {
  const has = (flag: string): boolean => flags.includes(flag);
  return {
    ...{ name, type, length: 0, referenceTo: [], relationshipName: null },
    ...{ createable: has('c'), updateable: has('u'), nillable: !has('r') },
    ...{ defaultedOnCreate: has('d'), filterable: !has('x'), idLookup: has('l') },
    ...more,
  };
}

export const text = (name: string, length: number, flags: Flags): Field =>
  field(name, 'string', flags, { length });
export const email = (name: string, flags: Flags): Field => field(name, 'email', flags, { length: 128 });
export const phone = (name: string, flags: Flags): Field => field(name, 'phone', flags, { length: 40 });
export const area = (name: string, length: number, flags: Flags): Field =>
  field(name, 'textarea', flags, { length });
export const flag = (name: string, flags: Flags): Field => field(name, 'boolean', `${flags}rd`);
export const whole = (name: string, flags: Flags): Field => field(name, 'int', flags);
export const moment = (name: string, flags: Flags): Field => field(name, 'datetime', flags);
export const day = (name: string, flags: Flags): Field => field(name, 'date', flags);
export const oneOf = (name: string, values: readonly string[], flags: Flags): Field =>
  field(name, 'picklist', flags, { length: 40, values });

/** Without a relationship name, the name without `Id`. */
export function reference(
  name: string,
  referenceTo: string | readonly string[],
  flags: Flags,
  relationshipName = name.replace(/Id$/, ''),
): Field {
  const targets = typeof referenceTo === 'string' ? [referenceTo] : referenceTo;
  return field(name, 'reference', flags, { length: 18, referenceTo: targets, relationshipName });
}

export const ID = field('Id', 'id', 'rdl', { length: 18 });

/** What the platform keeps at every record that somebody writes. */
export const SYSTEM_FIELDS: readonly Field[] = [
  moment('CreatedDate', 'rd'),
  reference('CreatedById', 'User', 'd'),
  moment('LastModifiedDate', 'rd'),
  reference('LastModifiedById', 'User', 'd'),
  moment('SystemModstamp', 'rd'),
];
