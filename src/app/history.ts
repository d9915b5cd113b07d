import type { AccessLog } from '../access-log/index.ts';
import type { PersonId } from '../base/index.ts';
import type { HistoryEntry } from '../launchpad/index.ts';

/** Exits of a sign-in, as the person may see their own. */
const TYPES = ['login.issued', 'decision.denied', 'login.refused', 'login.failed'];
const ENTRIES = 10;

export function historyReader(
  accessLog: AccessLog,
): (personId: PersonId) => Promise<readonly HistoryEntry[]> {
  return async (personId) => {
    const page = await accessLog.readPersonEvents(personId, { limit: ENTRIES, types: TYPES });
    return page.events.map((event) => ({
      at: new Date(event.time),
      ...(event.relyingParty !== undefined && { relyingParty: event.relyingParty }),
      outcome: event.outcome,
      reference: event.thread,
    }));
  };
}
