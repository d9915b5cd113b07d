import { sql } from 'kysely';
import type { PersonId } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';
import { withIssuing } from './tables.ts';

/** "End this person's access" begins here, so that nothing in flight survives (R3.5). */
export interface PersonGates {
  notBefore(personId: PersonId): Promise<Date | undefined>;
  /**
   * What was made before this call counts no more; no clock decides that. In the caller's transaction when one is given.
   *
   * @param at for people to read; never moves back.
   */
  close(personId: PersonId, at: Date, within?: Transaction): Promise<void>;
}

export function createPersonGates(db: Database): PersonGates {
  return {
    async notBefore(personId) {
      const row = await withIssuing(db)
        .selectFrom('issuing_person_gate')
        .select('not_before')
        .where('person_id', '=', personId)
        .executeTakeFirst();
      return row?.not_before;
    },
    async close(personId, at, within) {
      await withIssuing(within ?? db)
        .insertInto('issuing_person_gate')
        .values({ person_id: personId, not_before: at })
        .onConflict((row) =>
          row.column('person_id').doUpdateSet({
            not_before: sql<Date>`greatest(issuing_person_gate.not_before, excluded.not_before)`,
            ordinal: sql<string>`nextval('issuing_order')`,
          }),
        )
        .execute();
    },
  };
}
