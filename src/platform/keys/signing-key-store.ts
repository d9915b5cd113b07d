import { newId } from '../../base/index.ts';
import { type Database, notify, type Transaction } from '../database/index.ts';
import type { Material } from './key-material.ts';
import type { KeyState } from './keys.ts';
import type { MasterKeys } from './master-key.ts';
import type { KeyPurpose } from './purposes.ts';
import { type SigningKeyRow, withKeys } from './tables.ts';

/** Carries the purpose whose keys have changed. */
export const SIGNING_CHANNEL = 'keys_signing';

const COLUMNS = [
  'id',
  'purpose',
  'state',
  'wrapped',
  'public_part',
  'created_at',
  'active_since',
  'retired_at',
  'destroyed_at',
] as const;

/** A key whose private part exists. */
export type LivingRow = SigningKeyRow & { readonly wrapped: string };

const ORDER: readonly KeyState[] = ['active', 'next', 'retired'];

/** Keys that are not destroyed: active, next, then retired ones, newest first. */
export async function livingKeys(
  db: Database | Transaction,
  purpose: KeyPurpose,
): Promise<readonly LivingRow[]> {
  const rows = await withKeys(db)
    .selectFrom('keys_signing_key')
    .select(COLUMNS)
    .where('purpose', '=', purpose)
    .where('wrapped', 'is not', null)
    .orderBy('retired_at', 'desc')
    .orderBy('id')
    .$narrowType<{ wrapped: string }>()
    .execute();
  return rows.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
}

/** Every key that there ever was, oldest first. */
export async function allKeys(db: Database): Promise<readonly SigningKeyRow[]> {
  return await withKeys(db)
    .selectFrom('keys_signing_key')
    .select(COLUMNS)
    .orderBy('created_at')
    // Of keys made at one instant, the one that went first.
    .orderBy('retired_at', (order) => order.asc().nullsLast())
    .orderBy('id')
    .execute();
}

export async function rowOf(db: Database | Transaction, id: string): Promise<SigningKeyRow | undefined> {
  return await withKeys(db)
    .selectFrom('keys_signing_key')
    .select(COLUMNS)
    .where('id', '=', id)
    .executeTakeFirst();
}

export type NewKey = {
  readonly purpose: KeyPurpose;
  readonly state: 'active' | 'next';
  readonly material: Material;
  readonly now: Date;
};

/** @returns its id, or undefined when another process was quicker to put one in this place. */
export async function insertKey(
  db: Database | Transaction,
  masters: MasterKeys,
  { purpose, state, material, now }: NewKey,
): Promise<string | undefined> {
  const id = newId('key');
  const row = await withKeys(db)
    .insertInto('keys_signing_key')
    .values({
      ...{ id, purpose, state },
      wrapped: masters.current.wrap(material.privateKey, signingKeyPlace(id, purpose)),
      public_part: material.publicPart,
      created_at: now,
      active_since: state === 'active' ? now : null,
      retired_at: null,
      destroyed_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id;
}

export async function activate(trx: Transaction, id: string, now: Date): Promise<void> {
  await withKeys(trx)
    .updateTable('keys_signing_key')
    .set({ state: 'active', active_since: now })
    .where('id', '=', id)
    .execute();
}

export async function retire(trx: Transaction, id: string, now: Date): Promise<void> {
  await withKeys(trx)
    .updateTable('keys_signing_key')
    .set({ state: 'retired', retired_at: now })
    .where('id', '=', id)
    .execute();
}

/** The private part is gone for good; the public part stays, so that old signatures can be told apart. */
export async function destroyRetired(trx: Transaction, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await withKeys(trx)
    .updateTable('keys_signing_key')
    .set({ wrapped: null, destroyed_at: now })
    .where('id', '=', id)
    .where('state', '=', 'retired')
    .where('wrapped', 'is not', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** All processes read the keys of this purpose again when the transaction commits. */
export async function announce(trx: Transaction, purpose: KeyPurpose): Promise<void> {
  await notify(trx, SIGNING_CHANNEL, purpose);
}

/** What a wrapped signing key is bound to (R7.1): a row copied to another purpose does not open. */
export function signingKeyPlace(id: string, purpose: string): string {
  return `keys_signing_key/${id}/${purpose}/wrapped`;
}
