import type { Clock } from '../../base/index.ts';
import type { Database } from '../database/index.ts';
import { type KeyEvent, type KeyEvents, SYSTEM } from './key-events.ts';
import { makeMaterial } from './key-material.ts';
import type { MasterKeys } from './master-key.ts';
import type { KeyPurpose } from './purposes.ts';
import { insertKey } from './signing-key-store.ts';
import type { SigningKeyRow } from './tables.ts';

export type MakingNeeds = {
  readonly db: Database;
  readonly clock: Clock;
  readonly masterKeys: MasterKeys;
  readonly events: KeyEvents;
};

/** Every issuing purpose has an active and a next key from the start. */
export function missingStates(rows: readonly Pick<SigningKeyRow, 'state'>[]): ('active' | 'next')[] {
  return (['active', 'next'] as const).filter((state) => !rows.some((row) => row.state === state));
}

/** Puts keys where there are none yet. Many processes may try at once; the unique places let one key win each. */
export async function makeMissing(
  purpose: KeyPurpose,
  missing: readonly ('active' | 'next')[],
  { db, clock, masterKeys, events }: MakingNeeds,
): Promise<void> {
  const now = clock.now();
  const made = await Promise.all(
    missing.map(async (state) => ({ purpose, state, now, material: await makeMaterial(purpose, now) })),
  );
  await db.transaction().execute(async (trx) => {
    const published: KeyEvent[] = [];
    for (const key of made) {
      const id = await insertKey(trx, masterKeys, key);
      // The checkpoint key is made while a checkpoint is: an event of its own would come behind what that covers.
      if (id !== undefined && purpose !== 'checkpoint') {
        published.push({ kind: 'published', purpose, key: id, by: SYSTEM });
      }
    }
    await events.record(trx, published);
  });
}
