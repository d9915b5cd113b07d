import type { KeyActor } from './key-events.ts';
import type { Withdrawn } from './keys.ts';
import { isIssuingPurpose } from './purposes.ts';
import { lockPurpose, type RotationNeeds } from './rotate.ts';
import { announce, destroyRetired, rowOf } from './signing-key-store.ts';

/**
 * Takes a retired key out of what we publish now, before its time: for one that somebody else may hold. What it
 * signed is refused from here on, ours too.
 */
export async function withdraw(keyId: string, by: KeyActor, needs: RotationNeeds): Promise<Withdrawn> {
  const known = await rowOf(needs.db, keyId);
  // Checkpoint keys sign nothing that opens a door, and old checkpoints want their public parts.
  if (!known || !isIssuingPurpose(known.purpose)) return { outcome: 'unknown' };
  const { purpose } = known;
  return await needs.db.transaction().execute(async (trx): Promise<Withdrawn> => {
    await lockPurpose(trx, purpose);
    const row = await rowOf(trx, keyId);
    if (!row) return { outcome: 'unknown' };
    if (row.state !== 'retired') return { outcome: 'in-use', purpose, state: row.state };
    if (!(await destroyRetired(trx, keyId, needs.clock.now()))) return { outcome: 'gone' };
    await needs.events.record(trx, [{ kind: 'destroyed', purpose, key: keyId, by }]);
    await announce(trx, purpose);
    return { outcome: 'withdrawn', purpose };
  });
}
