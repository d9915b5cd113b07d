import { type AccessLog, accessEvents, type NewAccessEvent } from '../access-log/index.ts';
import { newId } from '../base/index.ts';
import type { KeyEvent, KeyEvents } from '../platform/keys/index.ts';

/**
 * What happens to signing keys becomes access events, in the transaction of the change itself (R6.1). The access
 * log is asked for late: it is opened after the keys, which it needs.
 */
export function keyEvents(accessLog: () => AccessLog): KeyEvents {
  return {
    async record(trx, events) {
      const thread = newId('ref');
      await accessLog().appendIn(
        trx,
        events.map((event) => toAccessEvent(event, thread)),
      );
    },
  };
}

function toAccessEvent(event: KeyEvent, thread: string): NewAccessEvent {
  switch (event.kind) {
    case 'published': {
      const { purpose, key, by } = event;
      return accessEvents.keyPublished({ thread, facts: { by, purpose, key } });
    }
    case 'rotated': {
      const { purpose, from, to, forced, by } = event;
      return accessEvents.keyRotated({
        thread,
        facts: { by, purpose, ...(from !== undefined && { from }), to, forced },
      });
    }
    case 'retired': {
      const { purpose, key, publishedUntil, by } = event;
      const until = publishedUntil && { publishedUntil: publishedUntil.toISOString() };
      return accessEvents.keyRetired({ thread, facts: { by, purpose, key, ...until } });
    }
    case 'destroyed': {
      const { purpose, key, by } = event;
      return accessEvents.keyDestroyed({ thread, facts: { by, purpose, key } });
    }
    case 'expires-soon': {
      const { of, certificate, notAfter, daysLeft } = event;
      return accessEvents.certificateExpiresSoon({
        thread,
        facts: { of, certificate, notAfter: notAfter.toISOString(), daysLeft },
      });
    }
  }
}
