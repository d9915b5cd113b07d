import { randomBytes } from 'node:crypto';
import { type Clock, earliest, newId, type PersonId, type SessionId } from '../base/index.ts';
import type { PartySession } from '../model/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { KeyValueStore } from '../platform/key-value/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { type EntriesDeps, enter } from './entries.ts';
import { type FoundSessions, findingSessions, runningSessions } from './finding.ts';
import { type EndedSession, leftBehind } from './left.ts';
import { type Sealed, sealedPlace, upstreamLookup } from './sealed.ts';
import { fromStored, type NewSession, type Session, toStored } from './session.ts';
import { type SessionEndReason, withSessions } from './tables.ts';
import { keyFor, sessionTokenHash } from './token.ts';

export type AtLimit =
  | { readonly outcome: 'ended'; readonly session: EndedSession }
  | { readonly outcome: 'runs'; readonly until: Date }
  | { readonly outcome: 'over' };

export interface Sessions extends FoundSessions {
  /** A new session under a new token, whatever the browser held before (session fixation). */
  open(wanted: NewSession): Promise<{ session: Session; token: string }>;
  /**
   * The same session under a new token, after its person proved again who they are: what was entered from it stays
   * with it, so that signing out later misses nothing. The former token is void at once. The end moves only with a
   * proof that is newer than the last one.
   *
   * @returns undefined when it runs no more, or was renewed by somebody else meanwhile.
   */
  renew(former: Session, wanted: NewSession): Promise<{ session: Session; token: string } | undefined>;
  /** The session behind a cookie's token, if it still runs. */
  find(token: string): Promise<Session | undefined>;
  /** The session of this id, if it still runs; for refreshes, which bring no cookie. */
  byId(id: SessionId): Promise<Session | undefined>;
  /**
   * Remembers that a relying party was entered, and as whom, before the artefact leaves. Idempotent. An entry that
   * races with the end of the session is either listed by that end or refused here, so no sign-out misses one.
   *
   * @returns false when the session does not run any more; then nothing may be issued for it.
   */
  enter(session: Session, relyingParty: string, party?: PartySession): Promise<boolean>;
  /**
   * Ends one session of this person. What `also` writes exists if and only if this call ended it.
   *
   * @returns what it was, or undefined if it does not run or is somebody else's.
   */
  end(
    personId: PersonId,
    id: SessionId,
    reason: SessionEndReason,
    also?: (trx: Transaction) => Promise<unknown>,
  ): Promise<EndedSession | undefined>;
  /** What a session that was ended left behind; undefined while it runs, or when it is somebody else's. */
  ended(personId: PersonId, id: SessionId): Promise<EndedSession | undefined>;
  /**
   * Marks a session that has reached its own end, and says what it leaves behind, again if asked again. A session that
   * was ended before that, or is unknown, is over.
   */
  endAtLimit(personId: PersonId, id: SessionId): Promise<AtLimit>;
}

export type SessionsDeps = {
  readonly db: Database;
  readonly keyValue: KeyValueStore;
  readonly keys: Keys;
  readonly clock: Clock;
};

export function createSessions(deps: SessionsDeps): Sessions {
  const { keyValue, keys, clock } = deps;
  const db = withSessions(deps.db);
  const entries: EntriesDeps = { db, keys, clock };

  const held = async (tokenHash: string): Promise<Session | undefined> => {
    const stored = await keyValue.get(keyFor(tokenHash));
    const session = stored === undefined ? undefined : fromStored(stored);
    return session && clock.now() < session.ends ? session : undefined;
  };

  /**
   * The key-value store alone is not believed: it may come back as an older copy in which an ended session still
   * stands, and whoever can write there must not be able to sign in. The index says what runs, and whose it is (R7.3).
   */
  const alive = async (tokenHash: string): Promise<Session | undefined> => {
    const session = await held(tokenHash);
    if (!session) return undefined;
    const row = await runningSessions(entries)
      .select('id')
      .where('id', '=', session.id)
      .where('token_hash', '=', tokenHash)
      .where('person_id', '=', session.personId)
      .where('connection', '=', session.connection)
      .executeTakeFirst();
    return row && session;
  };

  /** What a session is kept as, under a token that nobody has yet. */
  async function prepare(
    { device, browser, upstreamSession, ...facts }: NewSession,
    own: Pick<Session, 'id' | 'openedAt'>,
  ) {
    const token = randomBytes(32).toString('base64url');
    const session: Session = { ...facts, ...own };
    const sealer = await keys.sealer(session.personId);
    const sealed: Sealed = { device, upstreamSession };
    const columns = {
      token_hash: sessionTokenHash(token),
      ...upstreamLookup(session.connection, upstreamSession, keys),
      browser: browser === undefined ? null : keys.lookup('session-browser', browser),
      sealed: sealer.seal(JSON.stringify(sealed), sealedPlace(session.id)),
      ends_at: session.ends,
    };
    return { session, token, columns };
  }

  const hold = (session: Session, token: string): Promise<void> =>
    keyValue.set(keyFor(sessionTokenHash(token)), toStored(session), remainingMs(session, clock));

  /** Hash of the token that a session runs under now. */
  async function keyOf({ id }: Pick<Session, 'id'>): Promise<string | undefined> {
    return (await runningSessions(entries).select('token_hash').where('id', '=', id).executeTakeFirst())
      ?.token_hash;
  }

  return {
    async open(wanted) {
      const { session, token, columns } = await prepare(wanted, { id: newId('ses'), openedAt: clock.now() });
      await db
        .insertInto('session_index')
        .values({
          ...{ id: session.id, person_id: session.personId, connection: session.connection, ...columns },
          ...{ opened_at: session.openedAt, ended_at: null, end_reason: null },
        })
        .execute();
      await hold(session, token);
      return { session, token };
    },

    async renew(former, wanted) {
      const isNewer = !wanted.isUndated && wanted.authTime > former.authTime;
      const ends = isNewer ? wanted.ends : (earliest(wanted.ends, former.ends) ?? former.ends);
      const { id, openedAt } = former;
      const { session, token, columns } = await prepare(
        { ...provenAt(wanted, former), ends },
        { id, openedAt },
      );
      const replaced = await keyOf(former);
      if (replaced === undefined) return undefined;
      // Held before the index names it, so that a refresh in between finds one or the other; alone it opens nothing.
      await hold(session, token);
      const { numUpdatedRows } = await db
        .updateTable('session_index')
        .set(columns)
        .where('id', '=', id)
        .where('person_id', '=', session.personId)
        .where('connection', '=', session.connection)
        .where('token_hash', '=', replaced)
        .where('ended_at', 'is', null)
        .where('ends_at', '>', clock.now())
        .executeTakeFirst();
      const isRenewed = numUpdatedRows > 0n;
      await keyValue.delete(keyFor(isRenewed ? replaced : columns.token_hash));
      return isRenewed ? { session, token } : undefined;
    },

    find: (token) => alive(sessionTokenHash(token)),

    async byId(id) {
      const row = await runningSessions(entries)
        .select(['token_hash', 'person_id', 'connection'])
        .where('id', '=', id)
        .executeTakeFirst();
      const session = row && (await held(row.token_hash));
      // The same doubts as about a cookie's session; the index was asked first, so it is not asked again.
      const isSame =
        session?.id === id && session.personId === row?.person_id && session.connection === row.connection;
      return isSame ? session : undefined;
    },

    ...findingSessions({ ...deps, db }),

    enter: ({ id, personId }, relyingParty, party) => enter({ id, personId, relyingParty, party }, entries),

    async end(personId, id, reason, also) {
      const found = await runningSessions(entries)
        .select('token_hash')
        .where('person_id', '=', personId)
        .where('id', '=', id)
        .executeTakeFirst();
      if (!found) return undefined;
      // The token dies first: whatever happens next, the browser is signed out.
      await keyValue.delete(keyFor(found.token_hash));
      const row = await deps.db.transaction().execute(async (trx) => {
        const over = await withSessions(trx)
          .updateTable('session_index')
          .set({ ended_at: clock.now(), end_reason: reason })
          .where('id', '=', id)
          .where('ended_at', 'is', null)
          .returningAll()
          .executeTakeFirst();
        if (over) await also?.(trx);
        return over;
      });
      if (!row) return undefined;
      // It may have been renewed in between.
      if (row.token_hash !== found.token_hash) await keyValue.delete(keyFor(row.token_hash));
      return leftBehind(row, { db, keys, clock });
    },

    async ended(personId, id) {
      const row = await db
        .selectFrom('session_index')
        .selectAll()
        .where('id', '=', id)
        .where('person_id', '=', personId)
        .where('ended_at', 'is not', null)
        .executeTakeFirst();
      return row && leftBehind(row, { db, keys, clock });
    },

    async endAtLimit(personId, id) {
      const row = await db
        .selectFrom('session_index')
        .selectAll()
        .where('id', '=', id)
        .where('person_id', '=', personId)
        .executeTakeFirst();
      if (!row || (row.ended_at && row.end_reason !== 'limit')) return { outcome: 'over' };
      if (row.ends_at > clock.now()) return { outcome: 'runs', until: row.ends_at };
      await db
        .updateTable('session_index')
        .set((eb) => ({ ended_at: eb.ref('ends_at'), end_reason: 'limit' }))
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .execute();
      return { outcome: 'ended', session: await leftBehind(row, { db, keys, clock }) };
    },
  };
}

/** Told without its instant, a proof may be the one that is known already: it does not make that one younger. */
function provenAt(wanted: NewSession, former: Session): NewSession {
  if (!wanted.isUndated) return wanted;
  const { isUndated: _told, ...facts } = wanted;
  const { authTime, isUndated } = former;
  return { ...facts, authTime, ...(isUndated && { isUndated }) };
}

function remainingMs(session: Session, clock: Clock): number {
  return Math.max(1, session.ends.getTime() - clock.now().getTime());
}
