import { sql } from 'kysely';
import type { Clock } from '../base/index.ts';
import { type Database, notify, type Transaction } from '../platform/database/index.ts';
import type { Keys, Sealer } from '../platform/keys/index.ts';

/** A relying party as it was written over the API, before it is parsed: `id`, `kind` and the settings of the kind. */
export type ObjectDocument = { readonly id: string; readonly kind: string } & Readonly<
  Record<string, unknown>
>;

export type StoredObject = {
  readonly id: string;
  /** Counts up with each change, over deletions too. */
  readonly version: number;
  /** Absent when its seal cannot be opened. */
  readonly document?: ObjectDocument;
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

export type StoredObjects = {
  /** Oldest first. */
  readonly objects: readonly StoredObject[];
  /** Ids that were deleted: rules may still name them. */
  readonly deleted: readonly string[];
  /** Two readings with the same mark are equal. */
  readonly mark: string;
};

/** The relying parties that live in the database. Each change tells all processes, when its transaction commits. */
export interface ObjectStore {
  /** Loads the key that documents are sealed with. Call it before a transaction is opened. */
  warmUp(): Promise<void>;
  read(within?: Transaction): Promise<StoredObjects>;
  /** Cheap: says whether reading again would give something else. */
  mark(): Promise<string>;
  /** From here to the end of the transaction nobody else changes an object, so that what is checked stays true. */
  lock(trx: Transaction): Promise<void>;
  /** Makes it or replaces it. */
  put(trx: Transaction, document: ObjectDocument): Promise<StoredObject>;
  remove(trx: Transaction, id: string): Promise<void>;
}

/** Told about every change; carries nothing. */
export const OBJECTS_CHANNEL = 'relying_party_object';

const OWNER = 'system:relying-parties';

type Tables = {
  relying_party_object: {
    id: string;
    version: number;
    sealed: string | null;
    created_at: Date;
    updated_at: Date;
  };
};
type Row = Tables['relying_party_object'];

export type ObjectStoreNeeds = {
  readonly db: Database;
  readonly keys: Pick<Keys, 'sealer'>;
  readonly clock: Clock;
};

export function createObjectStore({ db, keys, clock }: ObjectStoreNeeds): ObjectStore {
  const tables = (within?: Transaction) => (within ?? db).withTables<Tables>();
  return {
    warmUp: async () => void (await keys.sealer(OWNER)),
    async read(within) {
      const sealer = await keys.sealer(OWNER);
      const rows = await tables(within)
        .selectFrom('relying_party_object')
        .selectAll()
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return {
        objects: rows.flatMap((row) => (row.sealed === null ? [] : [open(row, row.sealed, sealer)])),
        deleted: rows.flatMap(({ id, sealed }) => (sealed === null ? [id] : [])),
        mark: markOf(rows),
      };
    },
    async mark() {
      return markOf(
        await tables().selectFrom('relying_party_object').select(['id', 'version', 'created_at']).execute(),
      );
    },
    async lock(trx) {
      await sql`select pg_advisory_xact_lock(hashtext('relying_party_object'))`.execute(trx);
    },
    async put(trx, document) {
      const { id } = document;
      const sealed = (await keys.sealer(OWNER)).seal(JSON.stringify(document), placeOf(id));
      const now = clock.now();
      const row = await tables(trx)
        .insertInto('relying_party_object')
        .values({ id, sealed, version: 1, created_at: now, updated_at: now })
        .onConflict((row) =>
          row.column('id').doUpdateSet({
            sealed,
            version: sql`relying_party_object.version + 1`,
            updated_at: now,
            // One that was deleted is made anew.
            created_at: sql`case when relying_party_object.sealed is null then excluded.created_at
              else relying_party_object.created_at end`,
          }),
        )
        .returningAll()
        .executeTakeFirstOrThrow();
      await notify(trx, OBJECTS_CHANNEL);
      return { id, document, version: row.version, createdAt: row.created_at, updatedAt: row.updated_at };
    },
    async remove(trx, id) {
      await tables(trx)
        .updateTable('relying_party_object')
        .set({ sealed: null, version: sql`version + 1`, updated_at: clock.now() })
        .where('id', '=', id)
        .execute();
      await notify(trx, OBJECTS_CHANNEL);
    },
  };
}

function open(row: Row, sealed: string, sealer: Sealer): StoredObject {
  const { id, version, created_at: createdAt, updated_at: updatedAt } = row;
  const document = documentIn(id, sealed, sealer);
  return { id, version, createdAt, updatedAt, ...(document && { document }) };
}

/** One that was tampered with must not keep the others from working (R7.1). */
function documentIn(id: string, sealed: string, sealer: Sealer): ObjectDocument | undefined {
  try {
    return JSON.parse(sealer.open(sealed, placeOf(id))) as ObjectDocument;
  } catch {
    return undefined;
  }
}

/** Also tells apart what was deleted and made again in a database that was restored. */
function markOf(rows: readonly Pick<Row, 'id' | 'version' | 'created_at'>[]): string {
  return rows
    .map(({ id, version, created_at }) => `${id}/${version}/${created_at.getTime()}`)
    .sort()
    .join(' ');
}

/** R7.1: a document opens only in its own row. */
function placeOf(id: string): string {
  return `relying_party_object/${id}/sealed`;
}
