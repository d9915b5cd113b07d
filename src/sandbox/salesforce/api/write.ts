import { readFields } from './field-values.ts';
import { fullId } from './ids.ts';
import { type ObjectType, rowOf } from './object-type.ts';
import { NOT_FOUND, type Problem, problem } from './problems.ts';
import type { Fields } from './records.ts';
import { rulesOf } from './rules/table.ts';
import { lockProblem, mixProblem, type Writer } from './writer.ts';

export type Written =
  | { readonly outcome: 'written'; readonly id: string; readonly created: boolean }
  | { readonly outcome: 'refused'; readonly problem: Problem };
type Body = Readonly<Record<string, unknown>>;

const refused = (why: Problem): Written => ({ outcome: 'refused', problem: why });

/** Makes a record, or says why not and leaves nothing behind. */
export function createRecord(writer: Writer, type: ObjectType, body: Body): Written {
  const { org, userId } = writer;
  const early = mayNot(writer, type, type.createable, 'cannot be inserted');
  if (early) return refused(early);
  const read = readFields(org, type, body, 'create');
  if (read.outcome === 'refused') return read;
  const rules = rulesOf(type);
  const checked = rules.create?.(writer, read.fields) ?? read;
  if (checked.outcome === 'refused') return checked;
  const { fields } = checked;
  const late = mixProblem(writer, type) ?? lockProblem(writer);
  if (late) return refused(late);
  const known = fields['Id'];
  // A rule may answer with a record that is there already.
  if (typeof known === 'string') return { outcome: 'written', id: known, created: true };
  const row =
    rules.insert?.(writer, fields) ?? org.store.records.insert(type.name, withNulls(type, fields), userId);
  return { outcome: 'written', id: row.Id, created: true };
}

function withNulls(type: ObjectType, fields: Fields): Fields {
  const own = [...type.fields.values()].filter(({ createable }) => createable);
  const empty = own.map(({ name, type: kind }) => [name, kind === 'boolean' ? false : null]);
  return { ...Object.fromEntries(empty), ...fields };
}

export function updateRecord(writer: Writer, type: ObjectType, id: string, body: Body): Written {
  const { org, userId } = writer;
  const early = mayNot(writer, type, type.updateable, 'cannot be updated');
  if (early) return refused(early);
  const before = rowOf(org, type, id);
  if (!before) return refused(missing(writer, id));
  const read = readFields(org, type, body, 'update');
  if (read.outcome === 'refused') return read;
  const rules = rulesOf(type);
  const checked = rules.update?.(writer, before, read.fields) ?? read;
  if (checked.outcome === 'refused') return checked;
  const changed = Object.entries(checked.fields).filter(([name, value]) => before[name] !== value);
  const fields = Object.fromEntries(changed);
  const late = mixProblem(writer, type, fields) ?? lockProblem(writer);
  if (late) return refused(late);
  if (rules.change) rules.change(writer, before, fields);
  else org.store.records.change(type.name, before.Id, fields, userId);
  return { outcome: 'written', id: before.Id, created: false };
}

export function deleteRecord(writer: Writer, type: ObjectType, id: string): Written {
  const { org } = writer;
  const rules = rulesOf(type);
  const row = rowOf(org, type, id);
  if (!row) return refused(missing(writer, id));
  const own = rules.remove?.(writer, row);
  const early = own ?? mayNot(writer, type, type.deletable, 'cannot be deleted');
  if (early) return refused(early);
  const late = mixProblem(writer, type) ?? lockProblem(writer);
  if (late) return refused(late);
  if (rules.erase) rules.erase(writer, row);
  else org.store.records.remove(type.name, row.Id);
  return { outcome: 'written', id: row.Id, created: false };
}

function mayNot({ org }: Writer, type: ObjectType, isPossible: boolean, words: string): Problem | undefined {
  if (!isPossible) {
    return problem('CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', `entity type ${words}: ${type.label}`, []);
  }
  return org.switches.positions.integrationRights === 'read-only'
    ? problem('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', [])
    : undefined;
}

/** Gone for good, or never there. */
function missing({ org: { store } }: Writer, id: string): Problem {
  return store.records.wasDeleted(fullId(id) ?? id)
    ? problem('ENTITY_IS_DELETED', 'entity is deleted', [], 404)
    : NOT_FOUND;
}
