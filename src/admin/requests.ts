import { addMs, type Clock, DAY } from '../base/index.ts';
import type { Transaction } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { Body } from './body.ts';
import { AdminError } from './errors.ts';
import type { Representation } from './representation.ts';

/** A request that may come twice, because its answer was lost. */
export type RepeatableRequest = { readonly machine: string; readonly key: string; readonly body: Body };

const KEPT_MS = DAY;

type Tables = {
  admin_request: {
    machine: string;
    key_hash: string;
    fingerprint: string;
    answer: string;
    created_at: Date;
  };
};

/** Idempotency-Key: the answer to a request is kept for a day, in the transaction of its change. */
export function createRequests({ keys, clock }: { keys: Pick<Keys, 'lookup'>; clock: Clock }) {
  const tables = (trx: Transaction) => trx.withTables<Tables>();
  const hashOf = (request: RepeatableRequest): string => keys.lookup('admin/idempotency-key', request.key);
  // Keyed, because the body may hold secrets.
  const fingerprintOf = ({ body }: RepeatableRequest): string =>
    keys.lookup('admin/idempotent-body', JSON.stringify(body));
  return {
    /** @throws AdminError `admin.key_reused` when the key came with another body. */
    async answered(trx: Transaction, request: RepeatableRequest): Promise<Representation | undefined> {
      const row = await tables(trx)
        .selectFrom('admin_request')
        .selectAll()
        .where('machine', '=', request.machine)
        .where('key_hash', '=', hashOf(request))
        .where('created_at', '>', addMs(clock.now(), -KEPT_MS))
        .executeTakeFirst();
      if (!row) return undefined;
      if (row.fingerprint !== fingerprintOf(request)) throw new AdminError('admin.key_reused');
      return JSON.parse(row.answer) as Representation;
    },
    async keep(trx: Transaction, request: RepeatableRequest, answer: Representation): Promise<void> {
      const now = clock.now();
      await tables(trx).deleteFrom('admin_request').where('created_at', '<=', addMs(now, -KEPT_MS)).execute();
      await tables(trx)
        .insertInto('admin_request')
        .values({
          ...{ machine: request.machine, key_hash: hashOf(request), fingerprint: fingerprintOf(request) },
          ...{ answer: JSON.stringify(answer), created_at: now },
        })
        .execute();
    },
  };
}
