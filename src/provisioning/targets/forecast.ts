import { sql } from 'kysely';
import { addMs } from '../../base/index.ts';
import { REFUSED } from '../accounts/account.ts';
import type { RunNeeds } from '../run.ts';
import type { Forecast } from '../views.ts';
import type { LiveTarget } from './live-target.ts';

/** What waits for a target and how long its documented rate makes that take (DESIGN §8). */
export async function forecastOf({ db, clock }: RunNeeds, target: LiveTarget): Promise<Forecast> {
  const { rows } = await sql<{ waiting: number; urgent: number }>`
    select count(*)::int as waiting, count(*) filter (where ending_at is not null)::int as urgent
    from provisioning_account a
    where target = ${target.id} and (
      exists (select 1 from provisioning_step where account = a.id and state = 'open')
      or (ending_at is not null and external_id is not null and rungs_done = '[]')
      or (ending_at is null and missing_since is null and desired_hash is not null
        and desired_hash is distinct from confirmed_hash
        and (external_id is not null or rejected::jsonb ->> ${REFUSED} is null))
    )`.execute(db);
  const { waiting = 0, urgent = 0 } = rows[0] ?? {};
  const calls = waiting * target.policy.callsInSignIn;
  const { rate } = target.policy;
  await target.restore();
  const seats = target.open.seats?.() ?? [];
  const known = { waiting, urgent, calls, ...(seats.length > 0 && { seats }) };
  if (!rate || !target.quota) return known;
  const callsLeft = await target.quota.left();
  const share = Math.max(1, rate.calls - rate.reserved);
  const windows = Math.ceil(Math.max(0, calls - callsLeft) / share);
  const throughAt = addMs(clock.now(), windows * rate.perMs);
  return { ...known, callsLeft, ...(waiting > 0 && { throughAt }) };
}
