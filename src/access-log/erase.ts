import type { EventId, PersonId } from '../base/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { accessEvents } from './events.ts';
import type { Writer } from './writer.ts';

export type Erasure = {
  /** Who decided it: a person id, or the name of a rule. */
  readonly by: string;
  readonly reason?: string;
  readonly thread: string;
};

/**
 * Key and event go together, so the log never says "erased" of a person who is not, nor keeps silent about one
 * who is. This room holds no look-up entries by personal values: what is outside the seal is random ids (R6.2).
 */
export async function erasePerson(
  needs: { readonly db: Database; readonly keys: Pick<Keys, 'destroy'>; readonly writer: Writer },
  personId: PersonId,
  { thread, ...facts }: Erasure,
  within: Transaction | undefined,
): Promise<EventId> {
  const erase = async (trx: Transaction): Promise<EventId> => {
    await needs.keys.destroy(personId, trx);
    return await needs.writer.appendOneIn(trx, accessEvents.personErased({ thread, personId, facts }));
  };
  if (within) return await erase(within);
  const eventId = await needs.db.transaction().execute(erase);
  // Again, outside: this process drops the key now, not when the notification of the commit comes round.
  await needs.keys.destroy(personId);
  return eventId;
}
