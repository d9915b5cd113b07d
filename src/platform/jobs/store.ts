import { sql } from 'kysely';
import type { JobId } from '../../base/index.ts';
import { type Database, isUniqueViolation, type Transaction } from '../database/index.ts';
import type { DeadJob, JobCount, JobFilter, JobView } from './job.ts';

export type JobRow = {
  id: JobId;
  kind: string;
  key: string | null;
  lane: string | null;
  payload: string;
  sealed_for: string | null;
  attempts: number;
  /** The time asked for; keeps a job's place in its lane while `run_at` moves with its retries. */
  due_at: Date;
  run_at: Date;
  created_at: Date;
  urgent: boolean;
};
export type NewJobRow = Omit<JobRow, 'attempts' | 'run_at'> & {
  readonly renews: boolean;
  readonly patient: boolean;
};
export type ClaimOptions = {
  /** Per kind that this process knows. */
  readonly leaseMs: Readonly<Record<string, number>>;
  readonly token: string;
  readonly limit: number;
  readonly now: Date;
};
const CLAIM_TRIES = 5;
export type Lease = { readonly id: JobId; readonly token: string };

/** A job waiting with the same kind and key is brought forward instead. @returns the id of the one that waits. */
export async function insertJob(db: Database | Transaction, job: NewJobRow): Promise<JobId> {
  const { rows } = await sql<{ id: JobId }>`
    insert into jobs_job (id, kind, key, lane, payload, sealed_for, state, attempts, due_at, run_at, created_at,
      urgent)
    values (${job.id}, ${job.kind}, ${job.key}, ${job.lane}, ${job.payload}, ${job.sealed_for}, 'waiting', 0,
            ${job.due_at}, ${job.due_at}, ${job.created_at}, ${job.urgent})
    on conflict (kind, key) where state = 'waiting' do update
      set due_at = least(jobs_job.due_at, excluded.due_at),
          run_at = case when ${job.patient} and jobs_job.attempts > 0 then jobs_job.run_at
            else least(jobs_job.run_at, excluded.run_at) end,
          urgent = jobs_job.urgent or excluded.urgent,
          payload = case when ${job.renews} then excluded.payload else jobs_job.payload end
    returning id`.execute(db);
  return rows[0]?.id ?? job.id;
}

/**
 * Takes up to `limit` due jobs: waiting ones and those whose worker let the lease run out. Of a lane only the
 * first due one, and only while none runs. Any number of workers may claim at once.
 */
export async function claimJobs(db: Database, claim: ClaimOptions): Promise<readonly JobRow[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await claimOnce(db, claim);
    } catch (error) {
      // Two workers saw different heads of one lane; the index let one pass, and the next look sees it.
      if (!isUniqueViolation(error)) throw error;
      if (tries === CLAIM_TRIES) return [];
    }
  }
}

async function claimOnce(db: Database, claim: ClaimOptions): Promise<readonly JobRow[]> {
  const { leaseMs, token, limit, now } = claim;
  const { rows } = await sql<JobRow>`
      with due as (
        select j.id from jobs_job j
        where j.kind = any(${Object.keys(leaseMs)})
          and ((j.state = 'waiting' and j.run_at <= ${now}) or (j.state = 'running' and j.lease_until <= ${now}))
          and (j.lane is null or not exists (
            select 1 from jobs_job e
            where e.lane = j.lane and e.id <> j.id
              and (e.state = 'running'
                or (e.state = 'waiting' and e.due_at <= ${now} and (e.due_at, e.seq) < (j.due_at, j.seq)))))
        order by j.urgent desc, j.run_at, j.seq
        limit ${limit}
        for update skip locked)
      update jobs_job j
      set state = 'running', attempts = attempts + 1, lease_token = ${token},
          lease_until = ${now}::timestamptz + (${JSON.stringify(leaseMs)}::jsonb ->> j.kind)::int * interval '1 ms'
      from due where j.id = due.id
      returning j.id, j.kind, j.key, j.lane, j.payload, j.sealed_for, j.attempts, j.due_at, j.run_at, j.created_at, j.urgent
    `.execute(db);
  return rows;
}

/** @returns false when the lease was lost. */
export async function renewLease(db: Database, { id, token }: Lease, until: Date): Promise<boolean> {
  const { rows } = await sql`update jobs_job set lease_until = ${until}
    where id = ${id} and lease_token = ${token} returning id`.execute(db);
  return rows.length === 1;
}

/** @returns false when the lease was lost: another worker owns the job now. */
export async function deleteJob(db: Database, { id, token }: Lease): Promise<boolean> {
  const { rows } = await sql`delete from jobs_job
    where id = ${id} and lease_token = ${token} returning id`.execute(db);
  return rows.length === 1;
}

/** Puts it back to wait. If the same kind and key waits already, that one does the work no later, and this one goes. */
export async function putBack(
  db: Database,
  lease: Lease,
  next: { readonly runAt: Date; readonly failure: string | null; readonly counts: boolean },
): Promise<boolean> {
  const { id, token } = lease;
  try {
    const { rows } = await sql`update jobs_job
      set state = 'waiting', lease_token = null, lease_until = null, run_at = ${next.runAt},
          failure = coalesce(${next.failure}, failure), attempts = attempts - ${next.counts ? 0 : 1}
      where id = ${id} and lease_token = ${token} returning id`.execute(db);
    return rows.length === 1;
  } catch (error) {
    if (isUniqueViolation(error)) return giveWay(db, lease, next.runAt);
    throw error;
  }
}

/** The one that waits may be for another day: it is brought forward to when this one would have come back. */
async function giveWay(db: Database, { id, token }: Lease, runAt: Date): Promise<boolean> {
  const { rows } = await sql`
    with gone as (
      delete from jobs_job where id = ${id} and lease_token = ${token} returning kind, key, due_at, urgent),
    forward as (
      update jobs_job w
      set due_at = least(w.due_at, gone.due_at), run_at = least(w.run_at, ${runAt}),
          urgent = w.urgent or gone.urgent
      from gone where w.kind = gone.kind and w.key = gone.key and w.state = 'waiting')
    select kind from gone`.execute(db);
  return rows.length === 1;
}

export async function bury(db: Database, { id, token }: Lease, failure: string, now: Date): Promise<boolean> {
  const { rows } = await sql`update jobs_job
    set state = 'dead', lease_token = null, lease_until = null, failure = ${failure}, died_at = ${now}
    where id = ${id} and lease_token = ${token} returning id`.execute(db);
  return rows.length === 1;
}

/** When the next of these kinds can run, as far as is known now. */
export async function nextDue(db: Database, kinds: readonly string[]): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(case state when 'running' then lease_until else run_at end) as at
    from jobs_job where state <> 'dead' and kind = any(${[...kinds]})`.execute(db);
  return rows[0]?.at ?? undefined;
}

export async function nextRun(db: Database, kind: string, key: string): Promise<Date | undefined> {
  const { rows } = await sql<{ run_at: Date }>`
    select run_at from jobs_job where kind = ${kind} and key = ${key} and state = 'waiting'`.execute(db);
  return rows[0]?.run_at;
}

export async function listDead(db: Database, limit: number): Promise<readonly DeadJob[]> {
  const { rows } = await sql<JobRow & { failure: string; died_at: Date }>`
    select * from jobs_job where state = 'dead' order by died_at desc, seq desc limit ${limit}`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    ...(row.key !== null && { key: row.key }),
    ...(row.lane !== null && { lane: row.lane }),
    attempts: row.attempts,
    failure: row.failure,
    createdAt: row.created_at,
    diedAt: row.died_at,
  }));
}

export async function listJobs(
  db: Database,
  { kind, keys, sealedFor, limit }: JobFilter,
): Promise<readonly JobView[]> {
  const only = keys ? [...keys] : null;
  const owner = sealedFor ?? null;
  const { rows } = await sql<
    Pick<JobRow, 'id' | 'kind' | 'key' | 'attempts' | 'run_at' | 'urgent'> & ListedJob
  >`
    select id, kind, key, state, attempts, failure, run_at, urgent from jobs_job
    where kind = ${kind} and (${only}::text[] is null or key = any(${only}::text[]))
      and (${owner}::text is null or sealed_for = ${owner}::text)
    order by array_position(array['running', 'waiting', 'dead'], state), run_at, seq limit ${limit}`.execute(
    db,
  );
  return rows.map(({ key, failure, run_at: runAt, ...job }) => ({
    ...{ ...job, runAt },
    ...(key !== null && { key }),
    ...(failure !== null && { failure }),
  }));
}

type ListedJob = { readonly state: JobView['state']; readonly failure: string | null };

/** @returns whether there was such a dead letter. */
export async function revive(db: Database, id: string, now: Date): Promise<boolean> {
  try {
    const { rows } = await sql`update jobs_job
      set state = 'waiting', attempts = 0, due_at = ${now}, run_at = ${now}, died_at = null
      where id = ${id} and state = 'dead' returning id`.execute(db);
    return rows.length === 1;
  } catch (error) {
    if (isUniqueViolation(error)) return discard(db, id); // the same work waits already
    throw error;
  }
}

export async function discard(db: Database, id: string): Promise<boolean> {
  const { rows } = await sql`delete from jobs_job where id = ${id} and state = 'dead' returning id`.execute(
    db,
  );
  return rows.length === 1;
}

export async function cancel(db: Database, kind: string, key: string): Promise<boolean> {
  const { rows } = await sql`
    delete from jobs_job where kind = ${kind} and key = ${key} and state = 'waiting' returning id`.execute(
    db,
  );
  return rows.length === 1;
}

export async function countJobs(db: Database, now: Date): Promise<readonly JobCount[]> {
  const { rows } = await sql<Omit<JobCount, 'lagMs'> & { oldest: Date | null }>`
    select kind,
      count(*) filter (where state = 'waiting') as waiting,
      count(*) filter (where state = 'running') as running,
      count(*) filter (where state = 'dead') as dead,
      min(run_at) filter (where state = 'waiting' and run_at <= ${now}) as oldest
    from jobs_job group by kind order by kind`.execute(db);
  return rows.map(({ oldest, ...count }) => ({
    ...count,
    lagMs: oldest ? now.getTime() - oldest.getTime() : 0,
  }));
}
