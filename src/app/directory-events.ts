import { type AccessLog, accessEvents } from '../access-log/index.ts';
import type { DirectoryEvents } from '../directory/index.ts';
import type { Jobs } from '../platform/jobs/index.ts';
import { reassessJob } from './reassess.ts';

/** What the directory reports becomes access events, in the transaction of the change itself (R6.1). */
export function directoryEvents(accessLog: AccessLog, jobs: Pick<Jobs, 'enqueue'>): DirectoryEvents {
  return {
    async prepare(personId) {
      await accessLog.warmUp([personId]);
    },
    async personCreated(trx, { thread, personId, identity }) {
      await accessLog.appendIn(trx, [
        accessEvents.personCreated({
          thread,
          personId,
          connection: identity.connection,
          facts: { source: identity.connection },
          personal: { subject: identity.subject },
        }),
      ]);
    },
    async personChanged(trx, { thread, personId, identity, changed }) {
      await accessLog.appendIn(trx, [
        accessEvents.personChanged({
          thread,
          personId,
          connection: identity.connection,
          facts: { source: identity.connection, fields: changed },
        }),
      ]);
      await jobs.enqueue(trx, reassessJob(personId, thread));
    },
    async personConfirmed(trx, { thread, personId }) {
      await jobs.enqueue(trx, reassessJob(personId, thread));
    },
  };
}
