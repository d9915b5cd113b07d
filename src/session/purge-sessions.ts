import type { Database, Transaction } from '../platform/database/index.ts';
import { withSessions } from './tables.ts';

/**
 * Forgets sessions that were over before this instant, and what was entered from them. What happened in them stays
 * in the access log.
 *
 * @param most sessions at once; call again while so many were found.
 * @returns how many.
 */
export async function purgeEndedSessions(
  db: Database | Transaction,
  before: Date,
  most: number,
): Promise<number> {
  const rows = await withSessions(db)
    .with('over', (cte) =>
      cte
        .selectFrom('session_index')
        .select('id')
        .where((eb) => eb.or([eb('ends_at', '<', before), eb('ended_at', '<', before)]))
        .limit(most),
    )
    .with('entries', (cte) =>
      cte.deleteFrom('session_entry').where('session_id', 'in', (eb) => eb.selectFrom('over').select('id')),
    )
    .deleteFrom('session_index')
    .where('id', 'in', (eb) => eb.selectFrom('over').select('id'))
    .returning('id')
    .execute();
  return rows.length;
}
