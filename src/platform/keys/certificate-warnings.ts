import { DAY } from '../../base/index.ts';
import type { Transaction } from '../database/index.ts';
import type { CertificateEnd, KeptFresh } from './keys.ts';
import type { MakingNeeds } from './make-keys.ts';
import { withKeys } from './tables.ts';

/** Days before the end of a certificate at which somebody is told. */
const THRESHOLDS = [90, 30, 7, 1] as const;

/**
 * Records a warning for each certificate that has crossed a threshold since the last time, once over all processes
 * and restarts. Who was away for long is told once, with the days that are really left.
 */
export async function warnOfEnds(
  certificates: readonly CertificateEnd[],
  { db, clock, events }: Pick<MakingNeeds, 'db' | 'clock' | 'events'>,
): Promise<KeptFresh['warned']> {
  const now = clock.now();
  const near = certificates
    .map((end) => ({ ...end, daysLeft: Math.ceil((end.notAfter.getTime() - now.getTime()) / DAY) }))
    .filter(({ daysLeft }) => daysLeft <= THRESHOLDS[0]);
  if (near.length === 0) return [];
  return await db.transaction().execute(async (trx) => {
    const warned: KeptFresh['warned'][number][] = [];
    for (const end of near) if (await isNews(trx, end, now)) warned.push(end);
    await events.record(
      trx,
      warned.map(({ of, certificate, notAfter, daysLeft }) => {
        return { kind: 'expires-soon', of, certificate, notAfter, daysLeft };
      }),
    );
    return warned;
  });
}

/** Whether the closest threshold was crossed only now. */
async function isNews(
  trx: Transaction,
  { certificate, daysLeft }: { readonly certificate: string; readonly daysLeft: number },
  now: Date,
): Promise<boolean> {
  const crossed = THRESHOLDS.filter((days) => daysLeft <= days);
  const added = await withKeys(trx)
    .insertInto('keys_certificate_warning')
    .values(crossed.map((days) => ({ certificate, days, warned_at: now })))
    .onConflict((conflict) => conflict.doNothing())
    .returning('days')
    .execute();
  return added.some(({ days }) => days === Math.min(...crossed));
}
