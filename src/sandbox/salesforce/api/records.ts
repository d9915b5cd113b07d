import { apiTime, fullId, makeId, type ObjectName } from './ids.ts';
import { newTable, reindex, type Table } from './record-table.ts';
import type { Fields, Row, Value } from './row.ts';

export type { Fields, Row, Value };

/**
 * All stored records of the organization, by object. What is derived (sessions, counts, what a clock says) is
 * not here but in the definition of its object.
 */
export interface Records {
  all(object: ObjectName): Iterable<Row>;
  count(object: ObjectName): number;
  /** By id of 15 or 18 characters. */
  get(object: ObjectName, id: string): Row | undefined;
  wasDeleted(id: string): boolean;
  /** Sets the id and the system fields. `by` is the user who does it. */
  insert(object: ObjectName, fields: Fields, by?: string): Row;
  /** @throws when there is no such record. */
  change(object: ObjectName, id: string, fields: Fields, by?: string): Row;
  remove(object: ObjectName, id: string): void;
  /** Records by an index; undefined when the object has no index of this name. */
  find(object: ObjectName, index: string, key: string): readonly Row[] | undefined;
  /** How many `find` would give. */
  tally(object: ObjectName, index: string, key: string): number;
  /** Carries out work that answers whether its changes stay; else they are undone. May be nested. */
  attempt(work: () => boolean): void;
  /** What else must be put back if the attempt under way is undone. */
  onUndo(step: () => void): void;
  /** From now on remembers which records changed. */
  track(): void;
  /** The records that changed since the last time, as they are now. */
  takeChanged(): readonly Changed[];
  /** Puts a record as it was kept, whatever is there; its number is not given again. */
  restore(changed: Changed): void;
}

/** A record after a change; without a row it is gone. */
export type Changed = { readonly object: ObjectName; readonly id: string; readonly row?: Row | undefined };

/** @param now the organization's clock; dates of records come from it. */
export function createRecords(now: () => Date): Records {
  const tables = new Map<ObjectName, Table>();
  const deleted = new Set<string>();
  let undo: (() => void)[] | undefined;
  let changed: Map<string, ObjectName> | undefined;

  const tableOf = (object: ObjectName): Table => {
    const table = tables.get(object) ?? newTable(object);
    tables.set(object, table);
    return table;
  };
  const place = (object: ObjectName, id: string, row: Row | undefined): void => {
    const table = tableOf(object);
    const before = table.rows.get(id);
    if (before) reindex(object, table, before, false);
    if (row) table.rows.set(id, row);
    else table.rows.delete(id);
    if (row) reindex(object, table, row, true);
    changed?.set(id, object);
    undo?.push(() => place(object, id, before));
  };
  const stamp = (by: string | undefined) => ({
    LastModifiedDate: apiTime(now()),
    LastModifiedById: by ?? null,
    SystemModstamp: apiTime(now()),
  });
  const get = (object: ObjectName, id: string): Row | undefined => tableOf(object).rows.get(fullId(id) ?? '');
  return {
    all: (object) => tableOf(object).rows.values(),
    count: (object) => tableOf(object).rows.size,
    get,
    wasDeleted: (id) => deleted.has(fullId(id) ?? ''),
    insert: (object, fields, by) => {
      const table = tableOf(object);
      table.serial += 1;
      const Id = typeof fields['Id'] === 'string' ? fields['Id'] : makeId(object, table.serial);
      const created = { CreatedDate: apiTime(now()), CreatedById: by ?? null, ...stamp(by) };
      const row: Row = { ...created, ...fields, Id };
      place(object, Id, row);
      return row;
    },
    change: (object, id, fields, by) => {
      const before = get(object, id);
      if (!before) throw new Error(`There is no ${object} ${id}.`);
      const row: Row = { ...before, ...stamp(by), ...fields, Id: before.Id };
      place(object, row.Id, row);
      return row;
    },
    remove: (object, id) => {
      const row = get(object, id);
      if (!row) return;
      place(object, row.Id, undefined);
      deleted.add(row.Id);
      undo?.push(() => deleted.delete(row.Id));
    },
    find: (object, index, key) => {
      const found = tableOf(object).indexes.get(index);
      return found && [...(found.get(key.toLowerCase())?.values() ?? [])];
    },
    tally: (object, index, key) => tableOf(object).indexes.get(index)?.get(key.toLowerCase())?.size ?? 0,
    attempt: (work) => {
      const outer = undo;
      const mine: (() => void)[] = [];
      undo = mine;
      let stays = false;
      try {
        stays = work();
      } finally {
        undo = undefined;
        if (!stays) for (const step of mine.toReversed()) step();
        undo = outer;
        if (stays) outer?.push(...mine);
      }
    },
    onUndo: (step) => {
      undo?.push(step);
    },
    track: () => {
      changed = new Map();
    },
    takeChanged: () => {
      const taken = [...(changed ?? [])];
      changed?.clear();
      return taken.map(([id, object]) => ({ object, id, row: tableOf(object).rows.get(id) }));
    },
    restore: ({ object, id, row }) => {
      const table = tableOf(object);
      place(object, id, row);
      if (!row) deleted.add(id);
      const serial = Number(id.slice(5, 15));
      if (Number.isInteger(serial)) table.serial = Math.max(table.serial, serial);
    },
  };
}
