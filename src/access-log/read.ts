import type { PersonId } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { type JsonObject, StoredEvent } from './event.ts';
import { type EventFilter, type FoundRow, findEvents, type Page } from './read-store.ts';
import { type OpenedPersonal, openPersonal } from './seal.ts';

/** An event as readers see it, personal values opened where they still can be. */
export type AccessEvent = Omit<StoredEvent, 'personal'> & {
  /** Place in the chain; absent for the moment between commit and chaining. */
  readonly seq?: number;
  readonly personal: JsonObject;
  /** Why `personal` is empty, or that it is not. Show `erased` as such. */
  readonly personalState: OpenedPersonal['state'];
};

export type EventPage = {
  readonly events: readonly AccessEvent[];
  /** Give it as `before` for the next page; absent on the last one. */
  readonly next?: number;
};

type ReadNeeds = { readonly db: Database; readonly keys: Pick<Keys, 'sealer'> };

/** All events under one thread, oldest first; at most 1,000. */
export async function readThread(needs: ReadNeeds, thread: string): Promise<readonly AccessEvent[]> {
  const rows = await findEvents(needs.db, { thread }, { limit: 1_000 });
  return await openAll(needs, rows.toReversed());
}

/** Events about one person, newest first. */
export async function readPersonEvents(
  needs: ReadNeeds,
  personId: PersonId,
  page: Page & { readonly types?: readonly string[] },
): Promise<EventPage> {
  return await searchEvents(needs, { personId, ...(page.types && { types: page.types }) }, page);
}

/** Events that match all of the filter, newest first. */
export async function searchEvents(needs: ReadNeeds, filter: EventFilter, page: Page): Promise<EventPage> {
  const rows = await findEvents(needs.db, filter, page);
  const last = rows.length >= Math.min(page.limit, 1_000) ? rows.at(-1) : undefined;
  return { events: await openAll(needs, rows), ...(last && { next: last.arrival }) };
}

async function openAll({ keys }: ReadNeeds, rows: readonly FoundRow[]): Promise<readonly AccessEvent[]> {
  return await Promise.all(
    rows.map(async ({ seq, body }) => {
      const stored = StoredEvent.parse(JSON.parse(body));
      const opened = await openPersonal(keys, stored);
      const { personal: _sealed, ...event } = stored;
      const personal = opened.state === 'open' ? opened.values : {};
      return { ...event, ...(seq !== null && { seq }), personal, personalState: opened.state };
    }),
  );
}
