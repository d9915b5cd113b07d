import { z } from 'zod';
import type { Database, Transaction } from '../../platform/database/index.ts';
import type { ProvisioningTables } from '../tables.ts';

export type Brake = {
  readonly id: string;
  readonly target: string;
  /** Ids of the accounts whose removal waits. */
  readonly removals: readonly string[];
  readonly accounts: number;
};
export type StoredBrake = Brake & { readonly releasedAt: Date | undefined };
const Removals = z.array(z.string());

export async function writeBrake(trx: Transaction, brake: Brake, now: Date): Promise<void> {
  const { removals, ...row } = brake;
  await trx
    .withTables<ProvisioningTables>()
    .insertInto('provisioning_brake')
    .values({
      ...row,
      removals: JSON.stringify(removals),
      braked_at: now,
      ...{ released_by: null, released_at: null },
    })
    .execute();
}

export async function readBrake(db: Database, id: string): Promise<StoredBrake | undefined> {
  const row = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_brake')
    .select(['id', 'target', 'removals', 'accounts', 'released_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  const { released_at: releasedAt, removals, ...brake } = row;
  return { ...brake, removals: Removals.parse(JSON.parse(removals)), releasedAt: releasedAt ?? undefined };
}

/** @returns false when it was released before. */
export async function releaseBrake(trx: Transaction, id: string, by: string, now: Date): Promise<boolean> {
  const result = await trx
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_brake')
    .set({ released_by: by, released_at: now })
    .where('id', '=', id)
    .where('released_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
