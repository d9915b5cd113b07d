import { addMs, type Clock, type LoginId, MINUTE, type PersonId } from '../base/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { confirmFacts, forgetPerson, isLastConfirmed } from './standing-store.ts';
import type { IdentityRow } from './store.ts';

type Needs = {
  readonly db: Database;
  readonly keys: Pick<Keys, 'sealer'>;
  readonly clock: Clock;
  readonly events: {
    personConfirmed(trx: Transaction, facts: { thread: LoginId; personId: PersonId }): Promise<void>;
  };
};

/**
 * Their key is gone and nobody can be them again: whoever comes with this subject is a new person, under a new id (R1.4).
 * Erasing takes the rows along; this is for those that somebody left.
 */
export async function wasErased({ db, keys }: Needs, row: IdentityRow): Promise<boolean> {
  if (!(await keys.sealer(row.personId)).isDestroyed) return false;
  await db.transaction().execute((trx) => forgetPerson(trx, row.personId));
  return true;
}

/** Ages of facts are told in hours. */
const CONFIRM_EVERY_MS = 5 * MINUTE;

/** Written when the last time is some minutes ago, or when another identity of the person was confirmed since. */
export async function confirm(deps: Needs, row: IdentityRow, thread: LoginId): Promise<void> {
  const { db, clock, events } = deps;
  const isYoung = row.confirmedAt > addMs(clock.now(), -CONFIRM_EVERY_MS);
  if (isYoung && (await isLastConfirmed(db, row))) return;
  await db.transaction().execute(async (trx) => {
    const hasOthers = await confirmFacts(trx, clock, row);
    if (hasOthers) await events.personConfirmed(trx, { thread, personId: row.personId });
  });
}
