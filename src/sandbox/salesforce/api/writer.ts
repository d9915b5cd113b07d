import type { Salesforce } from '../server.ts';
import { apiTime, type ObjectName } from './ids.ts';
import type { ObjectType } from './object-type.ts';
import { type Problem, problem } from './problems.ts';
import type { Fields, Row } from './records.ts';

/** What one transaction has written: set-up and business do not go together. */
export type Transaction = { wrote?: { readonly isSetup: boolean; readonly object: ObjectName } };

/** Who writes, where, and in which transaction. */
export type Writer = {
  readonly org: Salesforce;
  readonly userId: string;
  readonly transaction: Transaction;
};

/** Fields that may be written, or why not. */
export type Checked =
  | { readonly outcome: 'good'; readonly fields: Fields }
  | { readonly outcome: 'refused'; readonly problem: Problem };

export const good = (fields: Fields): Checked => ({ outcome: 'good', fields });
export const refused = (why: Problem): Checked => ({ outcome: 'refused', problem: why });

/** What an object asks beyond the kinds of its fields. */
export type Rules = {
  create?(writer: Writer, fields: Fields): Checked;
  /** Puts the record down; the plain way when absent. */
  insert?(writer: Writer, fields: Fields): Row;
  update?(writer: Writer, before: Row, fields: Fields): Checked;
  change?(writer: Writer, before: Row, fields: Fields): void;
  remove?(writer: Writer, row: Row): Problem | undefined;
  erase?(writer: Writer, row: Row): void;
};

/** A user counts as set-up when rights or being there change; a new telephone number does not. */
const SETUP_FIELDS_OF_USER = ['UserRoleId', 'IsActive', 'ForecastEnabled', 'Username', 'ProfileId'];

export function mixProblem({ transaction }: Writer, type: ObjectType, fields?: Fields): Problem | undefined {
  const isHarmless =
    type.name === 'User' && fields && !SETUP_FIELDS_OF_USER.some((name) => Object.hasOwn(fields, name));
  if (isHarmless) return undefined;
  const before = transaction.wrote;
  if (before && before.isSetup !== type.isSetup) {
    const [first, second] = before.isSetup ? ['setup', 'non-setup'] : ['non-setup', 'setup'];
    return problem(
      'MIXED_DML_OPERATION',
      `DML operation on ${second} object is not permitted after you have updated a ${first} object (or vice versa): ${type.name}, original object: ${before.object}`,
    );
  }
  transaction.wrote = before ?? { isSetup: type.isSetup, object: type.name };
  return undefined;
}

/** Whether this write meets a row that somebody else holds. */
export function lockProblem({ org: { store, switches } }: Writer): Problem | undefined {
  const { locks } = store;
  locks.seen += 1;
  const rule = switches.positions.rowLocks;
  const isForced = locks.next > 0;
  if (isForced) locks.next -= 1;
  const isLocked =
    isForced || rule === 'every-write' || (rule === 'every-second-write' && locks.seen % 2 === 1);
  return isLocked
    ? problem('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record or 1 records', [])
    : undefined;
}

/** A line of the set-up audit trail. */
export function audit({ org: { needs, store }, userId }: Writer, action: string, display: string): void {
  store.records.insert('SetupAuditTrail', {
    ...{ Action: action, Section: 'Manage Users', Display: display, DelegateUser: null },
    ...{ CreatedDate: apiTime(needs.clock.now()), CreatedById: userId },
  });
}
