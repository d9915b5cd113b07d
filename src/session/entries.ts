import { sql } from 'kysely';
import type { Clock, PersonId, SessionId } from '../base/index.ts';
import type { PartySession } from '../model/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { SessionDb } from './tables.ts';

/** A relying party that was entered from a session. */
export type EnteredParty = {
  readonly relyingParty: string;
  readonly firstAt: Date;
  /** Absent when it cannot be told that the session is over. */
  readonly party?: PartySession;
};

export type EntriesDeps = {
  readonly db: SessionDb;
  readonly keys: Pick<Keys, 'sealer' | 'lookup'>;
  readonly clock: Clock;
};

type Entering = {
  readonly id: SessionId;
  readonly personId: PersonId;
  readonly relyingParty: string;
  readonly party?: PartySession | undefined;
};

/**
 * Writes the entry if the session still runs. The lock makes an end wait until this entry is there to be listed.
 * An entry that is there already, with the same session over there, costs one read.
 */
export async function enter(entering: Entering, deps: EntriesDeps): Promise<boolean> {
  const { id, relyingParty, party } = entering;
  const known = await deps.db
    .selectFrom('session_index')
    .leftJoin('session_entry', (join) =>
      join
        .onRef('session_entry.session_id', '=', 'session_index.id')
        .on('session_entry.relying_party', '=', relyingParty),
    )
    .select(['session_entry.first_at', 'session_entry.handle', 'session_entry.subject_lookup'])
    .where('session_index.id', '=', id)
    .where('session_index.ended_at', 'is', null)
    .where('session_index.ends_at', '>', deps.clock.now())
    .executeTakeFirst();
  if (!known) return false;
  const isSame =
    !party ||
    (known.handle === party.handle &&
      known.subject_lookup === partyLookup(relyingParty, party.subject, deps));
  if (known.first_at !== null && isSame) return true;
  return write(entering, deps);
}

async function write({ id, personId, relyingParty, party }: Entering, deps: EntriesDeps): Promise<boolean> {
  const now = deps.clock.now();
  const sealer = party && (await deps.keys.sealer(personId));
  const sealed = party ? (sealer?.seal(JSON.stringify(party), entryPlace(id, relyingParty)) ?? null) : null;
  const subject = party ? partyLookup(relyingParty, party.subject, deps) : null;
  const entered = await deps.db
    .with('running', (cte) =>
      cte
        .selectFrom('session_index')
        .select('id')
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .where('ends_at', '>', now)
        .forShare(),
    )
    .with('entry', (cte) =>
      cte
        .insertInto('session_entry')
        .columns(['session_id', 'relying_party', 'first_at', 'handle', 'subject_lookup', 'sealed'])
        .expression((from) =>
          from
            .selectFrom('running')
            .select([
              'id',
              sql<string>`${relyingParty}::text`.as('relying_party'),
              sql<Date>`${now}::timestamptz`.as('first_at'),
              sql<string | null>`${party?.handle ?? null}::text`.as('handle'),
              sql<string | null>`${subject}::text`.as('subject_lookup'),
              sql<string | null>`${sealed}::text`.as('sealed'),
            ]),
        )
        .onConflict((conflict) =>
          conflict.columns(['session_id', 'relying_party']).doUpdateSet((eb) => ({
            handle: eb.fn.coalesce('excluded.handle', 'session_entry.handle'),
            subject_lookup: eb.fn.coalesce('excluded.subject_lookup', 'session_entry.subject_lookup'),
            sealed: eb.fn.coalesce('excluded.sealed', 'session_entry.sealed'),
          })),
        ),
    )
    .selectFrom('running')
    .select('id')
    .executeTakeFirst();
  return entered !== undefined;
}

/** In the order in which they were entered. */
export async function entriesOf(
  sessions: readonly { readonly id: SessionId; readonly personId: PersonId }[],
  deps: EntriesDeps,
): Promise<ReadonlyMap<SessionId, readonly EnteredParty[]>> {
  const entries = new Map<SessionId, EnteredParty[]>();
  if (sessions.length === 0) return entries;
  const personOf = new Map(sessions.map(({ id, personId }) => [id, personId]));
  const rows = await deps.db
    .selectFrom('session_entry')
    .select(['session_id', 'relying_party', 'first_at', 'sealed'])
    .where('session_id', 'in', [...personOf.keys()])
    .orderBy('first_at')
    .orderBy('relying_party')
    .execute();
  for (const row of rows) {
    const personId = personOf.get(row.session_id);
    const sealer = row.sealed !== null && personId ? await deps.keys.sealer(personId) : undefined;
    const party =
      sealer && !sealer.isDestroyed && row.sealed !== null
        ? (JSON.parse(sealer.open(row.sealed, entryPlace(row.session_id, row.relying_party))) as PartySession)
        : undefined;
    const entry = { relyingParty: row.relying_party, firstAt: row.first_at, ...(party && { party }) };
    entries.set(row.session_id, [...(entries.get(row.session_id) ?? []), entry]);
  }
  return entries;
}

/** The same name at another relying party gives another hash. */
export function partyLookup(relyingParty: string, subject: string, deps: Pick<EntriesDeps, 'keys'>): string {
  return deps.keys.lookup(`session-entry/${relyingParty}`, subject);
}

function entryPlace(id: SessionId, relyingParty: string): string {
  return `session_entry/${id}/${relyingParty}/sealed`;
}
