import { createHash, randomBytes } from 'node:crypto';
import { expressionBuilder, sql } from 'kysely';
import { type Clock, newId, type PersonId, type SessionId } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { KeyValueStore } from '../platform/key-value/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { fromStored, type NewSession, type Session, toStored } from './session.ts';

export type SessionEndReason =
  | 'signed-out'
  | 'replaced'
  | 'ended-by-person'
  | 'person-disabled'
  | 'person-changed';

/** One line of the person's own list. */
export type ListedSession = {
  readonly id: SessionId;
  readonly connection: string;
  readonly device: string;
  readonly openedAt: Date;
  readonly ends: Date;
  readonly entered: readonly string[];
};

/** A page shows no more; ending reaches every session. */
const MOST_LISTED = 50;

export interface Sessions {
  /** A new session under a new token, whatever the browser held before (session fixation). */
  open(wanted: NewSession): Promise<{ session: Session; token: string }>;
  /** The session behind a cookie's token, if it still runs. */
  find(token: string): Promise<Session | undefined>;
  /**
   * Remembers that a relying party was entered, before the artefact leaves. Idempotent. An entry that races with
   * the end of the session is either listed by that end or refused here, so no sign-out misses one.
   *
   * @returns false when the session does not run any more; then nothing may be issued for it.
   */
  enter(session: Session, relyingParty: string): Promise<boolean>;
  /** Running sessions of a person, newest first. */
  list(personId: PersonId): Promise<readonly ListedSession[]>;
  /** Ends one session of this person. @returns what it was, or undefined if it does not run or is somebody else's. */
  end(personId: PersonId, id: SessionId, reason: SessionEndReason): Promise<ListedSession | undefined>;
}

type SessionTables = {
  session_index: {
    id: SessionId;
    token_hash: string;
    person_id: PersonId;
    connection: string;
    sealed: string;
    opened_at: Date;
    ends_at: Date;
    ended_at: Date | null;
    end_reason: SessionEndReason | null;
  };
  session_entry: { session_id: SessionId; relying_party: string; first_at: Date };
};

export type SessionsDeps = {
  readonly db: Database;
  readonly keyValue: KeyValueStore;
  readonly keys: Keys;
  readonly clock: Clock;
};

export function createSessions(deps: SessionsDeps): Sessions {
  const { keyValue, keys, clock } = deps;
  const db = deps.db.withTables<SessionTables>();

  return {
    async open(wanted) {
      const token = randomBytes(32).toString('base64url');
      const { device, upstreamSession, ...facts } = wanted;
      const session: Session = { ...facts, id: newId('ses'), openedAt: clock.now() };
      const sealer = await keys.sealer(session.personId);
      await db
        .insertInto('session_index')
        .values({
          id: session.id,
          token_hash: hashOf(token),
          person_id: session.personId,
          connection: session.connection,
          sealed: sealer.seal(JSON.stringify({ device, upstreamSession }), aad(session.id)),
          opened_at: session.openedAt,
          ends_at: session.ends,
          ended_at: null,
          end_reason: null,
        })
        .execute();
      await keyValue.set(keyFor(hashOf(token)), toStored(session), remainingMs(session, clock));
      return { session, token };
    },

    async find(token) {
      const stored = await keyValue.get(keyFor(hashOf(token)));
      if (stored === undefined) return undefined;
      const session = fromStored(stored);
      return clock.now() < session.ends ? session : undefined;
    },

    async enter({ id }, relyingParty) {
      const known = await db
        .selectFrom('session_index')
        .leftJoin('session_entry', (join) =>
          join
            .onRef('session_entry.session_id', '=', 'session_index.id')
            .on('session_entry.relying_party', '=', relyingParty),
        )
        .select('session_entry.first_at')
        .where('session_index.id', '=', id)
        .where(isRunning())
        .executeTakeFirst();
      if (!known) return false;
      return known.first_at !== null || (await enterFirst(id, relyingParty));
    },

    async list(personId) {
      const rows = await stillRunning(personId).orderBy('opened_at', 'desc').limit(MOST_LISTED).execute();
      const alive = await keyValue.getMany(rows.map((row) => keyFor(row.token_hash)));
      const entries = await entriesOf(rows.map(({ id }) => id));
      const sealer = await keys.sealer(personId);
      return rows
        .filter((_row, index) => alive[index] !== undefined)
        .map((row) => ({
          id: row.id,
          connection: row.connection,
          device: deviceOf(sealer.open(row.sealed, aad(row.id))),
          openedAt: row.opened_at,
          ends: row.ends_at,
          entered: entries.get(row.id) ?? [],
        }));
    },

    async end(personId, id, reason) {
      const row = await stillRunning(personId).where('id', '=', id).executeTakeFirst();
      if (!row) return undefined;
      // The token dies first: whatever happens next, the browser is signed out.
      await keyValue.delete(keyFor(row.token_hash));
      const { numUpdatedRows } = await db
        .updateTable('session_index')
        .set({ ended_at: clock.now(), end_reason: reason })
        .where('id', '=', id)
        .where(isRunning())
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return undefined;
      const sealer = await keys.sealer(personId);
      return {
        id,
        connection: row.connection,
        device: deviceOf(sealer.open(row.sealed, aad(id))),
        openedAt: row.opened_at,
        ends: row.ends_at,
        entered: (await entriesOf([id])).get(id) ?? [],
      };
    },
  };

  /** The lock makes an end wait until this entry is there to be listed. */
  async function enterFirst(id: SessionId, relyingParty: string): Promise<boolean> {
    const entered = await db
      .with('running', (cte) =>
        cte.selectFrom('session_index').select('id').where('id', '=', id).where(isRunning()).forShare(),
      )
      .with('entry', (cte) =>
        cte
          .insertInto('session_entry')
          .columns(['session_id', 'relying_party', 'first_at'])
          .expression((from) =>
            from
              .selectFrom('running')
              .select([
                'id',
                sql<string>`${relyingParty}::text`.as('relying_party'),
                sql<Date>`${clock.now()}::timestamptz`.as('first_at'),
              ]),
          )
          .onConflict((conflict) => conflict.doNothing()),
      )
      .selectFrom('running')
      .select('id')
      .executeTakeFirst();
    return entered !== undefined;
  }

  function isRunning() {
    const { and, eb } = expressionBuilder<SessionTables, 'session_index'>();
    return and([eb('ended_at', 'is', null), eb('ends_at', '>', clock.now())]);
  }

  function stillRunning(personId: PersonId) {
    return db.selectFrom('session_index').selectAll().where('person_id', '=', personId).where(isRunning());
  }

  async function entriesOf(ids: readonly SessionId[]): Promise<Map<SessionId, string[]>> {
    const entries = new Map<SessionId, string[]>();
    if (ids.length === 0) return entries;
    const rows = await db
      .selectFrom('session_entry')
      .select(['session_id', 'relying_party'])
      .where('session_id', 'in', ids)
      .orderBy('first_at')
      .execute();
    for (const row of rows)
      entries.set(row.session_id, [...(entries.get(row.session_id) ?? []), row.relying_party]);
    return entries;
  }
}

/** Only the hash is stored, so reading the store gives nobody a session. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function keyFor(tokenHash: string): string {
  return `session:token:${tokenHash}`;
}

function aad(id: SessionId): string {
  return `session_index/${id}/sealed`;
}

function remainingMs(session: Session, clock: Clock): number {
  return Math.max(1, session.ends.getTime() - clock.now().getTime());
}

function deviceOf(opened: string): string {
  const value: unknown = JSON.parse(opened);
  return typeof value === 'object' && value !== null && 'device' in value ? String(value.device) : '';
}
