import { type AdapterPayload, errors } from 'oidc-provider';
import { addMs, SECOND } from '../../base/index.ts';
import { grantKey, openPayload, type StoreDeps, type StoredGrant } from './grant-store.ts';
import { SENT_TWICE_MS } from './short-lived-store.ts';
import { withIssuing } from './tables.ts';

/** Refresh tokens, in PostgreSQL (R7.3). Each counts once, however many processes see it at the same time. */
export interface RefreshStore {
  /**
   * @param grant that it hangs on, as far as the caller knows: it may have been ended since.
   * @throws errors.InvalidGrant when the grant is gone.
   */
  upsert(
    id: string,
    payload: AdapterPayload,
    grant: StoredGrant | undefined,
    expiresInSeconds: number,
  ): Promise<void>;
  find(id: string): Promise<AdapterPayload | undefined>;
  /** @throws errors.InvalidGrant for all callers but one. */
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

export function createRefreshStore(deps: StoreDeps): RefreshStore {
  const { keys, clock } = deps;
  const db = withIssuing(deps.db);
  const keyOf = (id: string): string => keys.lookup('issuing-oidc/refresh-token', id);
  return {
    async upsert(id, payload, grant, expiresInSeconds) {
      if (!grant || payload.grantId === undefined) throw new errors.InvalidGrant('the grant is gone');
      const key = keyOf(id);
      const { personId } = grant.binding;
      const sealer = await keys.sealer(personId);
      const values = {
        id: key,
        grant_id: grantKey(keys, payload.grantId),
        person_id: personId,
        sealed: sealer.seal(JSON.stringify(payload), place(key)),
        consumed_at: null,
        expires_at: addMs(clock.now(), expiresInSeconds * SECOND),
      };
      await db.insertInto('issuing_oidc_refresh_token').values(values).execute().catch(grantVanished);
    },
    async find(id) {
      const key = keyOf(id);
      const row = await db
        .selectFrom('issuing_oidc_refresh_token')
        .selectAll()
        .where('id', '=', key)
        .where('expires_at', '>', clock.now())
        .executeTakeFirst();
      if (!row) return undefined;
      const payload = await openPayload(row.person_id, row.sealed, place(key), keys);
      const isReuse = row.consumed_at !== null && addMs(row.consumed_at, SENT_TWICE_MS) <= clock.now();
      return payload && isReuse ? { ...payload, consumed: true } : payload;
    },
    async consume(id) {
      const { numUpdatedRows } = await db
        .updateTable('issuing_oidc_refresh_token')
        .set({ consumed_at: clock.now() })
        .where('id', '=', keyOf(id))
        .where('consumed_at', 'is', null)
        .executeTakeFirst();
      // The library reads, checks and consumes in three steps: only this one is decisive.
      if (numUpdatedRows !== 1n) throw new errors.InvalidGrant('refresh token already used');
    },
    async destroy(id) {
      await db.deleteFrom('issuing_oidc_refresh_token').where('id', '=', keyOf(id)).execute();
    },
    async revokeByGrantId(grantId) {
      await db
        .deleteFrom('issuing_oidc_refresh_token')
        .where('grant_id', '=', grantKey(keys, grantId))
        .execute();
    },
  };
}

/** The foreign key holds the line against an end that comes between the look and the write. */
function grantVanished(error: unknown): never {
  const isForeignKey =
    typeof error === 'object' && error !== null && 'code' in error && error.code === '23503';
  throw isForeignKey ? new errors.InvalidGrant('the grant is gone') : error;
}

function place(key: string): string {
  return `issuing_oidc_refresh_token/${key}/sealed`;
}
