import type { Salesforce } from '../../server.ts';
import type { ObjectType } from '../object-type.ts';
import type { Row } from '../records.ts';
import { follow, type Resolved } from './paths.ts';

/** A record as JSON: `attributes`, fields, and records behind references inside it. */
export type Shaped = Readonly<Record<string, unknown>>;

export function attributesOf(type: ObjectType, id: string, version: string): Shaped {
  return { type: type.name, url: `/services/data/${version}/sobjects/${type.name}/${id}` };
}

export function shape(
  org: Salesforce,
  type: ObjectType,
  row: Row,
  columns: readonly Resolved[],
  version: string,
): Shaped {
  const shaped: Record<string, unknown> = { attributes: attributesOf(type, row.Id, version) };
  for (const { steps, field, names } of columns) {
    const [step] = steps;
    const [name = ''] = names;
    if (!step) shaped[field.name] = row[field.name] ?? null;
    else if (!Object.hasOwn(shaped, name)) {
      const behind = columns.filter((each) => each.steps[0] === step).map(withoutStep);
      const found = follow(org, row, step);
      shaped[name] = found ? shape(org, found.type, found.row, behind, version) : null;
    }
  }
  return shaped;
}

function withoutStep({ steps, field, names }: Resolved): Resolved {
  return { steps: steps.slice(1), field, names: names.slice(1) };
}
