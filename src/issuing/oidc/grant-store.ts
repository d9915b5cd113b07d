import type { AdapterPayload } from 'oidc-provider';
import type { Clock, LoginId, PersonId, SessionId } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import { type Keys, KeysError } from '../../platform/keys/index.ts';
import { withIssuing } from './tables.ts';

/** What a grant hangs on: it is never moved to another session, client or store (R8.4). */
export type GrantBinding = {
  readonly sessionId: SessionId;
  readonly personId: PersonId;
  readonly client: string;
  readonly store: string;
  /** Thread of the sign-in, for every event about its tokens. */
  readonly thread: LoginId;
};

/** A grant that was ended from our side. */
export type EndedGrant = GrantBinding & {
  /** Hash of its id, as events name it. */
  readonly artefact: string;
};

export type StoredGrant = { readonly binding: GrantBinding; readonly payload: AdapterPayload };

export type StoreDeps = {
  readonly db: Database;
  readonly keys: Pick<Keys, 'sealer' | 'lookup'>;
  readonly clock: Clock;
};

/** The index person → session → grant, in PostgreSQL in both modes (R7.3). */
export interface GrantStore {
  insert(id: string, grant: StoredGrant, expires: Date): Promise<void>;
  /** Undefined when it is over, was revoked, or was made before its person's gate closed (R3.5). */
  find(id: string): Promise<StoredGrant | undefined>;
  remove(id: string): Promise<void>;
  endOfSession(sessionId: SessionId): Promise<readonly EndedGrant[]>;
  endOfPerson(personId: PersonId): Promise<readonly EndedGrant[]>;
}

export function grantKey(keys: Pick<Keys, 'lookup'>, id: string): string {
  return keys.lookup('issuing-oidc/grant', id);
}

export function createGrantStore(deps: StoreDeps): GrantStore {
  const { keys, clock } = deps;
  const db = withIssuing(deps.db);
  const end = async (column: 'session_id' | 'person_id', value: string): Promise<readonly EndedGrant[]> => {
    const rows = await db
      .deleteFrom('issuing_oidc_grant')
      .where(column, '=', value as never)
      .returning(['id', 'session_id', 'person_id', 'client', 'store', 'thread'])
      .execute();
    return rows.map((row) => ({ ...bindingOf(row), artefact: row.id.slice(0, 32) }));
  };
  return {
    async insert(id, { binding, payload }, expires) {
      const key = grantKey(keys, id);
      const sealer = await keys.sealer(binding.personId);
      await db
        .insertInto('issuing_oidc_grant')
        .values({
          id: key,
          session_id: binding.sessionId,
          person_id: binding.personId,
          client: binding.client,
          store: binding.store,
          thread: binding.thread,
          sealed: sealer.seal(JSON.stringify(payload), place(key)),
          created_at: clock.now(),
          expires_at: expires,
        })
        .execute();
    },
    async find(id) {
      const key = grantKey(keys, id);
      const row = await db
        .selectFrom('issuing_oidc_grant as held')
        .leftJoin('issuing_person_gate as gate', 'gate.person_id', 'held.person_id')
        .selectAll('held')
        .where('held.id', '=', key)
        .where('held.expires_at', '>', clock.now())
        // R3.5: what was made before the kill does not survive it.
        .where((eb) =>
          eb.or([eb('gate.ordinal', 'is', null), eb('gate.ordinal', '<', eb.ref('held.ordinal'))]),
        )
        .executeTakeFirst();
      if (!row) return undefined;
      const payload = await openPayload(row.person_id, row.sealed, place(key), keys);
      return payload && { binding: bindingOf(row), payload };
    },
    async remove(id) {
      await db.deleteFrom('issuing_oidc_grant').where('id', '=', grantKey(keys, id)).execute();
    },
    endOfSession: (sessionId) => end('session_id', sessionId),
    endOfPerson: (personId) => end('person_id', personId),
  };
}

/** Undefined when the person was erased: then whatever hung on them is gone too. */
export async function openPayload(
  personId: PersonId,
  sealed: string,
  place: string,
  keys: Pick<Keys, 'sealer'>,
): Promise<AdapterPayload | undefined> {
  const sealer = await keys.sealer(personId);
  try {
    return JSON.parse(sealer.open(sealed, place)) as AdapterPayload;
  } catch (error) {
    if (error instanceof KeysError && error.code === 'keys.destroyed') return undefined;
    throw error;
  }
}

type Row = {
  session_id: SessionId;
  person_id: PersonId;
  client: string;
  store: string;
  thread: LoginId;
};

function bindingOf(row: Row): GrantBinding {
  return {
    sessionId: row.session_id,
    personId: row.person_id,
    client: row.client,
    store: row.store,
    thread: row.thread,
  };
}

function place(key: string): string {
  return `issuing_oidc_grant/${key}/sealed`;
}
