import type { Database, Transaction } from '../../platform/database/index.ts';
import type { ProvisioningTables } from '../tables.ts';

/**
 * Forgets steps of the outbox that were settled before this instant. Open ones stay, however old: they say what may
 * have been sent.
 *
 * @param most steps at once; call again while so many were found.
 * @returns how many.
 */
export async function purgeSettledSteps(
  db: Database | Transaction,
  before: Date,
  most: number,
): Promise<number> {
  const { numDeletedRows } = await db
    .withTables<ProvisioningTables>()
    .deleteFrom('provisioning_step')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('provisioning_step')
        .select('id')
        .where('state', '!=', 'open')
        .where('updated_at', '<', before)
        .limit(most),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}
