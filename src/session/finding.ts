import type { PersonId, SessionId } from '../base/index.ts';
import type { KeyValueStore } from '../platform/key-value/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { type EntriesDeps, entriesOf, partyLookup } from './entries.ts';
import type { ListedSession } from './left.ts';
import { openSealed, upstreamLookup } from './sealed.ts';
import { keyFor } from './token.ts';

export type SessionRef = { readonly id: SessionId; readonly personId: PersonId };

/** A page shows no more; ending reaches every session. */
const MOST_LISTED = 50;

/** Sessions by what others know them by. */
export interface FoundSessions {
  /** Running sessions of a person, newest first. */
  list(personId: PersonId): Promise<readonly ListedSession[]>;
  /** Running sessions that entered a relying party as this subject, or under one of these handles of its own. */
  findByParty(query: {
    readonly relyingParty: string;
    readonly subject?: string;
    readonly handles?: readonly string[];
  }): Promise<readonly SessionRef[]>;
  /** Running sessions that this connection vouched for under its own name of the person, or of its session. */
  findByUpstream(query: {
    readonly connection: string;
    readonly subject?: string;
    readonly session?: string;
  }): Promise<readonly SessionRef[]>;
  /** Every running session of a person, however many. */
  refs(personId: PersonId): Promise<readonly SessionRef[]>;
  /** Other running sessions of the same person in the same browser: tabs whose answers came at the same instant. */
  besides(ref: SessionRef): Promise<readonly SessionRef[]>;
}

type FindingDeps = EntriesDeps & { readonly keys: Keys; readonly keyValue: KeyValueStore };

/** A query over those that run now. */
export function runningSessions({ db, clock }: Pick<EntriesDeps, 'db' | 'clock'>) {
  return db.selectFrom('session_index').where('ended_at', 'is', null).where('ends_at', '>', clock.now());
}

/** Which sessions a person has, an application knows, or an upstream vouched for: found in the index. */
export function findingSessions(deps: FindingDeps): FoundSessions {
  const { keys, keyValue } = deps;
  return {
    async list(personId) {
      const rows = await runningSessions(deps)
        .selectAll()
        .where('person_id', '=', personId)
        .orderBy('opened_at', 'desc')
        .limit(MOST_LISTED)
        .execute();
      const held = await keyValue.getMany(rows.map((row) => keyFor(row.token_hash)));
      const shown = rows.filter((_row, index) => held[index] !== undefined);
      const entered = await entriesOf(
        shown.map(({ id }) => ({ id, personId })),
        deps,
      );
      const sealer = await keys.sealer(personId);
      return shown.map((row) => ({
        ...described(row),
        device: openSealed(sealer, row).device,
        entered: (entered.get(row.id) ?? []).map(({ relyingParty }) => relyingParty),
      }));
    },

    async findByParty({ relyingParty, subject, handles }) {
      // An empty list of names names nobody.
      if (handles?.length === 0 || (subject === undefined && !handles)) return [];
      const rows = await runningSessions(deps)
        .innerJoin('session_entry', 'session_entry.session_id', 'session_index.id')
        .select(['session_index.id', 'session_index.person_id'])
        .where('session_entry.relying_party', '=', relyingParty)
        .$if(subject !== undefined, (query) =>
          query.where('subject_lookup', '=', partyLookup(relyingParty, subject ?? '', deps)),
        )
        .$if(handles !== undefined, (query) => query.where('handle', 'in', handles ?? []))
        .execute();
      return rows.map(refOf);
    },

    async findByUpstream({ connection, subject, session }) {
      const wanted = {
        ...(subject !== undefined && { sub: subject }),
        ...(session !== undefined && { sid: session }),
      };
      const { upstream_subject, upstream_session } = upstreamLookup(connection, wanted, keys);
      if (upstream_subject === null && upstream_session === null) return [];
      const rows = await runningSessions(deps)
        .select(['id', 'person_id'])
        .where('connection', '=', connection)
        .$if(upstream_subject !== null, (query) => query.where('upstream_subject', '=', upstream_subject))
        .$if(upstream_session !== null, (query) => query.where('upstream_session', '=', upstream_session))
        .execute();
      return rows.map(refOf);
    },

    async refs(personId) {
      const rows = await runningSessions(deps)
        .select(['id', 'person_id'])
        .where('person_id', '=', personId)
        .execute();
      return rows.map(refOf);
    },

    async besides({ id, personId }) {
      const rows = await runningSessions(deps)
        .select(['id', 'person_id'])
        .where('person_id', '=', personId)
        .where('id', '!=', id)
        .where('browser', '=', (eb) =>
          eb.selectFrom('session_index as own').select('own.browser').where('own.id', '=', id),
        )
        .execute();
      return rows.map(refOf);
    },
  };
}

type Row = { id: SessionId; person_id: PersonId; connection: string; opened_at: Date; ends_at: Date };

function described(row: Row): Omit<ListedSession, 'device' | 'entered'> {
  return { id: row.id, connection: row.connection, openedAt: row.opened_at, ends: row.ends_at };
}

function refOf(row: Pick<Row, 'id' | 'person_id'>): SessionRef {
  return { id: row.id, personId: row.person_id };
}
