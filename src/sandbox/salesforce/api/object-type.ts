import type { Salesforce } from '../server.ts';
import { type Field, ID, SYSTEM_FIELDS } from './fields.ts';
import type { ObjectName } from './ids.ts';
import type { Row } from './records.ts';

/** An object of the API: its fields, and what may be done with its records. */
export type ObjectType = {
  readonly name: ObjectName;
  readonly label: string;
  /** Setup objects and others cannot be written in one transaction. */
  readonly isSetup: boolean;
  /** By name in lower case. */
  readonly fields: ReadonlyMap<string, Field>;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly deletable: boolean;
  /** What is shown beyond what is stored: counts, what depends on the clock. */
  readonly derive?: (org: Salesforce, row: Row) => Row;
  /** Records that are not stored but follow from other things. */
  readonly virtual?: (org: Salesforce) => readonly Row[];
  /** Whether the organization has this object at all. */
  readonly exists?: (org: Salesforce) => boolean;
};

type Definition = Pick<ObjectType, 'name' | 'label'> &
  Partial<Pick<ObjectType, 'derive' | 'virtual' | 'exists'>> & {
    readonly fields: readonly Field[];
    /** `c` create, `u` update, `d` delete. */
    readonly may?: string;
    readonly isSetup?: boolean;
    readonly hasSystemFields?: boolean;
  };

export function objectType(definition: Definition): ObjectType {
  const { fields, may = '', isSetup = true, hasSystemFields = true, ...rest } = definition;
  const all = [ID, ...fields, ...(hasSystemFields ? SYSTEM_FIELDS : [])];
  return {
    ...rest,
    isSetup,
    fields: new Map(all.map((field) => [field.name.toLowerCase(), field])),
    createable: may.includes('c'),
    updateable: may.includes('u'),
    deletable: may.includes('d'),
  };
}

/** All records of an object as the API shows them. */
export function rowsOf(org: Salesforce, type: ObjectType): readonly Row[] {
  const rows = type.virtual ? type.virtual(org) : [...org.store.records.all(type.name)];
  return rows.map((row) => show(org, type, row));
}

export function show(org: Salesforce, type: ObjectType, row: Row): Row {
  return type.derive ? type.derive(org, row) : row;
}

/** One record as the API shows it, by id of 15 or 18 characters. */
export function rowOf(org: Salesforce, type: ObjectType, id: string): Row | undefined {
  if (type.virtual) return type.virtual(org).find((row) => row.Id.startsWith(id.slice(0, 15)));
  const row = org.store.records.get(type.name, id);
  return row && show(org, type, row);
}

export function fieldOf(type: ObjectType, name: string): Field | undefined {
  return type.fields.get(name.toLowerCase());
}
