import { addMs, DAY } from '../../base/index.ts';
import { warnOfEnds } from './certificate-warnings.ts';
import { type KeyEvent, SYSTEM } from './key-events.ts';
import { makeMaterial } from './key-material.ts';
import type { CertificateEnd, KeptFresh } from './keys.ts';
import { certificateEnd } from './open-signing-key.ts';
import { ISSUING_PURPOSES, type IssuingPurpose } from './purposes.ts';
import { lockPurpose, type RotationNeeds, rotateIfDue } from './rotate.ts';
import { isDue, publishedUntil } from './rotation-settings.ts';
import {
  announce,
  destroyRetired,
  insertKey,
  type LivingRow,
  livingKeys,
  retire,
} from './signing-key-store.ts';

/** A next certificate ages while it waits. With less than this left it would not last long once it is in use. */
const NEXT_LASTS_MS = 5 * 365 * DAY;

export async function keepFresh(others: readonly CertificateEnd[], needs: RotationNeeds): Promise<KeptFresh> {
  const rotated: KeptFresh['rotated'][number][] = [];
  const destroyed: string[] = [];
  const certificates: CertificateEnd[] = [...others];
  for (const purpose of ISSUING_PURPOSES) {
    const turn = await rotateWhenDue(purpose, needs);
    if (turn) rotated.push(turn);
    await replaceStaleNext(purpose, needs);
    destroyed.push(...(await destroyOverdue(purpose, needs)));
    certificates.push(...(await livingKeys(needs.db, purpose)).flatMap(certificateOf));
  }
  return { rotated, destroyed, certificates, warned: await warnOfEnds(certificates, needs) };
}

async function rotateWhenDue(
  purpose: IssuingPurpose,
  needs: RotationNeeds,
): Promise<KeptFresh['rotated'][number] | undefined> {
  // A look first: most of the time nothing is due, and a new key is dear.
  const rows = await livingKeys(needs.db, purpose);
  const active = rows.find(({ state }) => state === 'active');
  const since = active?.active_since;
  if (!since || !rows.some(({ state }) => state === 'next')) return undefined;
  if (!isDue(since, needs.clock.now(), needs.settingsOf(purpose))) return undefined;
  const result = await rotateIfDue(purpose, SYSTEM, needs);
  if (result.outcome !== 'rotated') return undefined;
  return { purpose, ...(result.from !== undefined && { from: result.from }), to: result.to };
}

/** It retires without having signed, and stays published as long as any: peers may have pinned it already. */
async function replaceStaleNext(purpose: IssuingPurpose, needs: RotationNeeds): Promise<void> {
  const now = needs.clock.now();
  const staleNext = (rows: readonly LivingRow[]): LivingRow | undefined =>
    rows.find((row) => {
      const end = row.state === 'next' ? certificateEnd(row.public_part) : undefined;
      return end !== undefined && end < addMs(now, NEXT_LASTS_MS);
    });
  if (!staleNext(await livingKeys(needs.db, purpose))) return;
  const material = await makeMaterial(purpose, now);
  await needs.db.transaction().execute(async (trx) => {
    await lockPurpose(trx, purpose);
    const stale = staleNext(await livingKeys(trx, purpose));
    if (!stale) return;
    await retire(trx, stale.id, now);
    const key = await insertKey(trx, needs.masterKeys, { purpose, state: 'next', material, now });
    const until = publishedUntil(now, needs.settingsOf(purpose));
    const happened: KeyEvent[] = [
      { kind: 'retired', purpose, key: stale.id, publishedUntil: until, by: SYSTEM },
    ];
    if (key !== undefined) happened.push({ kind: 'published', purpose, key, by: SYSTEM });
    await needs.events.record(trx, happened);
    await announce(trx, purpose);
  });
}

async function destroyOverdue(purpose: IssuingPurpose, needs: RotationNeeds): Promise<readonly string[]> {
  const now = needs.clock.now();
  const settings = needs.settingsOf(purpose);
  const isOverdue = (row: LivingRow): boolean =>
    row.retired_at !== null && now >= publishedUntil(row.retired_at, settings);
  if (!(await livingKeys(needs.db, purpose)).some(isOverdue)) return [];
  return await needs.db.transaction().execute(async (trx) => {
    await lockPurpose(trx, purpose);
    const gone: string[] = [];
    for (const { id } of (await livingKeys(trx, purpose)).filter(isOverdue)) {
      if (await destroyRetired(trx, id, now)) gone.push(id);
    }
    await needs.events.record(
      trx,
      gone.map((key) => ({ kind: 'destroyed', purpose, key, by: SYSTEM })),
    );
    await announce(trx, purpose);
    return gone;
  });
}

/** Certificates that are, or will be, in use. */
function certificateOf({ id, purpose, state, public_part }: LivingRow): CertificateEnd[] {
  const notAfter = state === 'retired' ? undefined : certificateEnd(public_part);
  return notAfter ? [{ of: purpose, certificate: id, state, notAfter }] : [];
}
