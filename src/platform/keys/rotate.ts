import { sql } from 'kysely';
import type { Transaction } from '../database/index.ts';
import { KeysError } from './errors.ts';
import type { KeyActor, KeyEvent } from './key-events.ts';
import { type Material, makeMaterial } from './key-material.ts';
import type { Rotated, RotateOptions } from './keys.ts';
import { type MakingNeeds, makeMissing, missingStates } from './make-keys.ts';
import { type IssuingPurpose, isIssuingPurpose, type KeyPurpose } from './purposes.ts';
import { isDue, mayRotateFrom, publishedUntil, type RotationSettings } from './rotation-settings.ts';
import { activate, announce, insertKey, type LivingRow, livingKeys, retire } from './signing-key-store.ts';

export type RotationNeeds = MakingNeeds & {
  readonly settingsOf: (purpose: IssuingPurpose) => RotationSettings;
};

/** When a rotation goes ahead: as asked for, even if nobody could learn the next key yet, or only if it is due. */
type When = 'asked' | 'forced' | 'due';

export async function rotate(
  purpose: KeyPurpose,
  { by, force }: RotateOptions,
  needs: RotationNeeds,
): Promise<Rotated> {
  if (!isIssuingPurpose(purpose)) return replace(purpose, by, needs);
  const missing = missingStates(await livingKeys(needs.db, purpose));
  if (missing.length > 0) await makeMissing(purpose, missing, needs);
  return turn(purpose, force ? 'forced' : 'asked', by, needs);
}

/** Rotates if the key has reached its age by now; another process may have done it since it was looked at. */
export async function rotateIfDue(
  purpose: IssuingPurpose,
  by: KeyActor,
  needs: RotationNeeds,
): Promise<Rotated> {
  return turn(purpose, 'due', by, needs);
}

/** Changes to the keys of one purpose follow each other, over all processes. */
export async function lockPurpose(trx: Transaction, purpose: KeyPurpose): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext(${`keys_signing_key/${purpose}`}))`.execute(trx);
}

async function turn(
  purpose: IssuingPurpose,
  when: When,
  by: KeyActor,
  needs: RotationNeeds,
): Promise<Rotated> {
  // Before the transaction: making an RSA key takes long, and holds nothing up here.
  const material = await makeMaterial(purpose, needs.clock.now());
  return await needs.db.transaction().execute(async (trx) => {
    await lockPurpose(trx, purpose);
    const rows = await livingKeys(trx, purpose);
    const active = rows.find(({ state }) => state === 'active');
    const next = rows.find(({ state }) => state === 'next');
    if (!active || !next) {
      throw new KeysError({
        code: 'keys.not_openable',
        detail: `there is no next ${purpose} key to rotate to`,
      });
    }
    const tooEarly = refusal(active, next, when, purpose, needs);
    return tooEarly ?? (await advance(trx, { purpose, active, next, material, when, by }, needs));
  });
}

function refusal(
  active: LivingRow,
  next: LivingRow,
  when: When,
  purpose: IssuingPurpose,
  needs: RotationNeeds,
): Rotated | undefined {
  const now = needs.clock.now();
  const settings = needs.settingsOf(purpose);
  const mayFrom = mayRotateFrom(next.created_at, settings);
  const isTooEarly = when !== 'forced' && now < mayFrom;
  const isNotDue = when === 'due' && !isDue(active.active_since ?? active.created_at, now, settings);
  return isTooEarly || isNotDue ? { outcome: 'too-early', next: next.id, mayFrom } : undefined;
}

type Turn = {
  readonly purpose: IssuingPurpose;
  readonly active: LivingRow;
  readonly next: LivingRow;
  readonly material: Material;
  readonly when: When;
  readonly by: KeyActor;
};

async function advance(
  trx: Transaction,
  { purpose, active, next, material, when, by }: Turn,
  { clock, masterKeys, events, settingsOf }: RotationNeeds,
): Promise<Rotated> {
  const now = clock.now();
  const settings = settingsOf(purpose);
  await retire(trx, active.id, now);
  await activate(trx, next.id, now);
  const published = await insertKey(trx, masterKeys, { purpose, state: 'next', material, now });
  const forced = when === 'forced' && now < mayRotateFrom(next.created_at, settings);
  const happened: KeyEvent[] = [
    { kind: 'rotated', purpose, from: active.id, to: next.id, forced, by },
    { kind: 'retired', purpose, key: active.id, publishedUntil: publishedUntil(now, settings), by },
  ];
  if (published !== undefined) happened.push({ kind: 'published', purpose, key: published, by });
  await events.record(trx, happened);
  await announce(trx, purpose);
  return {
    ...{ outcome: 'rotated', from: active.id, to: next.id },
    ...(published !== undefined && { next: published }),
  };
}

/** Without a next key: auditors are handed the new public key when it is there. */
async function replace(purpose: KeyPurpose, by: KeyActor, needs: RotationNeeds): Promise<Rotated> {
  const now = needs.clock.now();
  const material = await makeMaterial(purpose, now);
  return await needs.db.transaction().execute(async (trx) => {
    await lockPurpose(trx, purpose);
    const active = (await livingKeys(trx, purpose)).find(({ state }) => state === 'active');
    if (active) await retire(trx, active.id, now);
    const to = await insertKey(trx, needs.masterKeys, { purpose, state: 'active', material, now });
    if (to === undefined) {
      throw new KeysError({ code: 'keys.not_openable', detail: `the ${purpose} key was replaced meanwhile` });
    }
    const from = active && { from: active.id };
    await needs.events.record(trx, [{ kind: 'rotated', purpose, ...from, to, forced: false, by }]);
    await announce(trx, purpose);
    return { outcome: 'rotated', ...from, to };
  });
}
