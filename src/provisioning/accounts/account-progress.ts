import { sql } from 'kysely';
import type { AccountId, PersonId } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import { dueRungs, type EndKind } from '../connector/ladder.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { REFUSED, StoredList, StoredMap } from './account.ts';

/** How far an account is on its way to what is wanted of it. */
export type AccountProgress = {
  readonly accountId: AccountId;
  readonly target: string;
  readonly person: PersonId;
  /**
   * - `done`: as it should be, or nothing is wanted
   * - `refused`: settled, with an account that is not made; `code` says why
   * - `blocked`: waits for people in the target; a task says what they are to do
   * - `open`: the queue has something to do there; `code` of the last failure of a step, if one failed
   */
  readonly state: 'done' | 'refused' | 'blocked' | 'open';
  /** Access is over, and what is to be done takes it away. */
  readonly isEnding: boolean;
  readonly code?: string;
};

type Row = {
  readonly id: string;
  readonly target: string;
  readonly person: string;
  readonly external_id: string | null;
  readonly is_confirmed: boolean;
  readonly rejected: string;
  readonly ending_kind: EndKind | null;
  readonly ending_at: Date | null;
  readonly ending_at_once: boolean;
  readonly rungs_done: string;
  readonly open_steps: number;
  readonly last_code: string | null;
  readonly is_blocked: boolean;
};

/** Of these accounts, those that exist, or those of a person; in the order of their ids. */
export async function progressOf(
  db: Database,
  targetOf: (id: string) => LiveTarget | undefined,
  which: { readonly ids: readonly string[] } | { readonly person: PersonId },
  now: Date,
): Promise<readonly AccountProgress[]> {
  if ('ids' in which && which.ids.length === 0) return [];
  const isAsked = 'ids' in which ? sql`a.id = any(${[...which.ids]})` : sql`a.person = ${which.person}`;
  const { rows } = await sql<Row>`
    select a.id, a.target, a.person, a.external_id, a.rejected, a.ending_kind, a.ending_at, a.ending_at_once,
      a.rungs_done,
      coalesce(a.desired_hash = a.confirmed_hash, a.desired_hash is null) as is_confirmed,
      (select count(*)::int from provisioning_step s where s.account = a.id and s.state = 'open') as open_steps,
      (select s.last_code from provisioning_step s
        where s.account = a.id and s.state = 'open' and s.last_code is not null
        order by s.updated_at desc limit 1) as last_code,
      exists (select 1 from provisioning_task t
        where t.account = a.id and t.kind = 'blocked' and t.closed_at is null) as is_blocked
    from provisioning_account a where ${isAsked} order by a.id`.execute(db);
  return rows.map((row) => progress(row, targetOf(row.target), now));
}

function progress(row: Row, target: LiveTarget | undefined, now: Date): AccountProgress {
  const { last_code: last } = row;
  const refused = StoredMap.parse(JSON.parse(row.rejected))[REFUSED];
  const base = {
    // Only this room writes these columns, from ids of the right kind.
    ...{ accountId: row.id as AccountId, person: row.person as PersonId, target: row.target },
    isEnding: row.ending_kind !== null,
  };
  const open = { ...base, ...(last !== null && { code: last }) };
  if (row.is_blocked && row.open_steps > 0) return { ...open, state: 'blocked' };
  if (row.open_steps > 0) return { ...open, state: 'open' };
  if (row.ending_kind) return { ...base, state: isEnded(row, target, now) ? 'done' : 'open' };
  if (refused !== undefined) return { ...base, state: 'refused', code: refused };
  return { ...base, state: row.is_confirmed ? 'done' : 'open' };
}

/** Later rungs come when it is their time. */
function isEnded(row: Row, target: LiveTarget | undefined, now: Date): boolean {
  const { ending_kind: kind, ending_at: at, ending_at_once: atOnce, external_id: externalId } = row;
  if (!kind || !at || externalId === null) return true;
  const done = StoredList.parse(JSON.parse(row.rungs_done));
  const due = target ? dueRungs(target.open.ladder, { kind, at, done, atOnce }, now) : [];
  return due.every(({ id }) => done.includes(id));
}
