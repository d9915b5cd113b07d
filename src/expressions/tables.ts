import { z } from 'zod';

const Name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'a table name is letters, digits and _');
const Text = z.string().max(512);

/** Look-up tables: name → key → text, number, yes/no, or list of texts. One kind of value in a table. */
export const Tables = z
  .record(
    Name,
    z
      .record(z.string().max(512), z.union([Text, z.number(), z.boolean(), z.array(Text).max(1_000)]))
      .refine((rows) => Object.keys(rows).length <= 10_000, 'a table has at most 10,000 rows')
      .refine(hasOneKind, 'all rows of a table hold the same kind of value: text, number, yes/no or list'),
  )
  .describe('Look-up tables that rules may ask: tables.region[person.region]');
export type Tables = z.infer<typeof Tables>;

/** CEL type of a table's values; a table without rows holds texts. */
export function rowType(rows: Tables[string]): 'string' | 'double' | 'bool' | 'list<string>' {
  const [first] = Object.values(rows);
  if (typeof first === 'number') return 'double';
  if (typeof first === 'boolean') return 'bool';
  return Array.isArray(first) ? 'list<string>' : 'string';
}

function hasOneKind(rows: Readonly<Record<string, unknown>>): boolean {
  return new Set(Object.values(rows).map((row) => (Array.isArray(row) ? 'list' : typeof row))).size <= 1;
}
