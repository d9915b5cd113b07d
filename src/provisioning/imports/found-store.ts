import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { PersonId } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import type { Keys } from '../../platform/keys/index.ts';
import type { FoundTable, ProvisioningTables } from '../tables.ts';

export type FoundAccount = {
  readonly target: string;
  readonly externalId: string;
  readonly person: PersonId | undefined;
  readonly result: FoundTable['result'];
  readonly isActive: boolean;
  readonly untouchable: boolean;
  readonly lastSignIn: Date | undefined;
  /** Keyed hash. */
  readonly mail: string | undefined;
  readonly imageHash: string;
  /** Where it can be used; absent where that is not told. */
  readonly channels?: readonly string[];
};

/** Under which a mail address of a found account is remembered. */
export function mailKey(keys: Pick<Keys, 'lookup'>, mail: string): string {
  return keys.lookup('provisioning.mail', mail.toLowerCase());
}

/** Writes what was found. @returns whether this account was not known, or not as what it is now. */
export async function keepFound(
  db: Database,
  found: FoundAccount,
  now: Date,
): Promise<'new' | 'reclassified' | 'same'> {
  const { rows } = await sql<{ result: string | null }>`
    with before as (
      select result from provisioning_found
      where target = ${found.target} and external_id = ${found.externalId}
    ), kept as (
      insert into provisioning_found (target, external_id, person, result, is_active, untouchable, last_sign_in, mail,
        image_hash, channels, found_at, seen_at)
      values (${found.target}, ${found.externalId}, ${found.person ?? null}, ${found.result}, ${found.isActive},
        ${found.untouchable}, ${found.lastSignIn ?? null}, ${found.mail ?? null}, ${found.imageHash},
        ${found.channels ? JSON.stringify(found.channels) : null}, ${now}, ${now})
      on conflict (target, external_id) do update set person = excluded.person, result = excluded.result,
        is_active = excluded.is_active, untouchable = excluded.untouchable, last_sign_in = excluded.last_sign_in,
        mail = excluded.mail, image_hash = excluded.image_hash, channels = excluded.channels,
        seen_at = excluded.seen_at
      returning 1
    )
    select before.result from kept left join before on true`.execute(db);
  const before = rows[0];
  if (!before || before.result === null) return 'new';
  return before.result === found.result ? 'same' : 'reclassified';
}

/** Forgets what a complete list did not show any more. @returns their ids in the target. */
export async function forgetUnseen(db: Database, target: string, before: Date): Promise<readonly string[]> {
  const rows = await db
    .withTables<ProvisioningTables>()
    .deleteFrom('provisioning_found')
    .where('target', '=', target)
    .where('seen_at', '<', before)
    .returning('external_id')
    .execute();
  return rows.map(({ external_id }) => external_id);
}

/** Accounts of a target that are linked with these people, or that carry one of these mail addresses. */
export async function foundOf(
  db: Database,
  target: string,
  of: { readonly people: readonly PersonId[]; readonly mails: readonly string[] },
): Promise<readonly FoundAccount[]> {
  const { rows } = await sql<Selectable<FoundTable>>`
    select * from provisioning_found where target = ${target}
      and (person = any(${[...of.people]}::text[]) or mail = any(${[...of.mails]}::text[]))
    order by external_id`.execute(db);
  return rows.map(toFound);
}

/** Accounts of a target with one of these mail addresses, by the key of the address. */
export async function foundByMail(
  db: Database,
  target: string,
  mails: readonly string[],
): Promise<ReadonlyMap<string, readonly FoundAccount[]>> {
  if (mails.length === 0) return new Map();
  const found = await foundOf(db, target, { people: [], mails });
  return Map.groupBy(found, ({ mail }) => mail ?? '');
}

/** Who owns an account of a target: by its link, or by the marker that was written down before it was made (R5.3). */
export async function ownerOf(
  db: Database,
  target: string,
  account: { readonly externalId: string; readonly marker?: string },
): Promise<{ readonly person: PersonId; readonly isLinked: boolean } | undefined> {
  const row = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_account')
    .select(['person', 'external_id'])
    .where('target', '=', target)
    .where((where) =>
      where.or([
        where('external_id', '=', account.externalId),
        ...(account.marker === undefined ? [] : [where('marker', '=', account.marker)]),
      ]),
    )
    .executeTakeFirst();
  // Only this room writes the column, from ids of people.
  return row && { person: row.person as PersonId, isLinked: row.external_id === account.externalId };
}

export async function* readFound(db: Database, target: string): AsyncGenerator<FoundAccount> {
  let after = '';
  for (;;) {
    const rows = await db
      .withTables<ProvisioningTables>()
      .selectFrom('provisioning_found')
      .selectAll()
      .where('target', '=', target)
      .where('external_id', '>', after)
      .orderBy('external_id')
      .limit(PAGE)
      .execute();
    for (const row of rows) yield toFound(row);
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.external_id;
  }
}

const PAGE = 500;

const Channels = z.array(z.string());

function toFound(row: Selectable<FoundTable>): FoundAccount {
  return {
    ...{ target: row.target, externalId: row.external_id, result: row.result },
    ...{ isActive: row.is_active, untouchable: row.untouchable, imageHash: row.image_hash },
    person: (row.person as PersonId | null) ?? undefined,
    lastSignIn: row.last_sign_in ?? undefined,
    mail: row.mail ?? undefined,
    ...(row.channels !== null && { channels: Channels.parse(JSON.parse(row.channels)) }),
  };
}
