import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { type Clock, MINUTE, newId } from '../../base/index.ts';
import { type Database, notify, type Transaction } from '../database/index.ts';
import { decrypt, encrypt } from './aead.ts';
import { KeysError } from './errors.ts';
import type { Sealer } from './keys.ts';
import { type MasterKeys, unwrap } from './master-key.ts';
import { withKeys } from './tables.ts';

/** Carries the owner whose key was destroyed. */
export const DESTROYED_CHANNEL = 'keys_destroyed';

// The bound on what an unheard notification can cost: after this a cached key is read again.
const CACHED_MS = 5 * MINUTE;
const VERSION = 's1';

type DataKey = { readonly id: string; readonly owner: string; key: KeyObject | undefined };
type Cached = { readonly dataKey: Promise<DataKey>; readonly until: number };

export type DataKeysNeeds = {
  readonly db: Database;
  readonly clock: Clock;
  readonly masterKeys: MasterKeys;
  readonly maxCached: number;
};

/** Data keys of owners with a bounded cache, oldest use out first. */
export class DataKeys {
  readonly #needs: DataKeysNeeds;
  readonly #cache = new Map<string, Cached>();

  constructor(needs: DataKeysNeeds) {
    this.#needs = needs;
  }

  async sealer(owner: string): Promise<Sealer> {
    return sealerOf(await this.#cached(owner));
  }

  /** One query for all that are not in memory. */
  async sealers(owners: readonly string[]): Promise<ReadonlyMap<string, Sealer>> {
    const unknown = owners.filter((owner) => !this.#isFresh(owner));
    const found = unknown.length > 0 ? this.#findAll(unknown) : Promise.resolve(new Map<string, DataKey>());
    const load = async (owner: string): Promise<DataKey> =>
      (await found).get(owner) ?? (await this.#load(owner));
    return new Map(
      await Promise.all(
        owners.map(async (owner) => [owner, sealerOf(await this.#cached(owner, load))] as const),
      ),
    );
  }

  /** The bytes of a key that this room uses itself. @throws KeysError `keys.destroyed` */
  async secret(owner: string): Promise<KeyObject> {
    return living(await this.#cached(owner));
  }

  async destroy(owner: string, within?: Transaction): Promise<void> {
    const now = this.#needs.clock.now();
    const db = withKeys(within ?? this.#needs.db);
    // Also for an owner without a key: a first sealing that races with the erasure must find it destroyed.
    await db
      .insertInto('keys_data_key')
      .values({ id: newId('key'), owner, wrapped: null, created_at: now, destroyed_at: now })
      .onConflict((row) =>
        row.column('owner').doUpdateSet({
          wrapped: null,
          destroyed_at: sql<Date>`coalesce(keys_data_key.destroyed_at, ${now})`,
        }),
      )
      .execute();
    await notify(within ?? this.#needs.db, DESTROYED_CHANNEL, owner);
    if (!within) this.forget(owner);
  }

  /** Drops the owner's key from memory, also from sealers that are in use; without an owner, all keys. */
  forget(owner: string | undefined): void {
    const names = owner === undefined ? [...this.#cache.keys()] : [owner];
    for (const name of names) {
      const cached = this.#cache.get(name);
      this.#cache.delete(name);
      // When everything is forgotten nothing is known to be destroyed, so sealers in use keep working.
      if (owner !== undefined) void cached?.dataKey.then(markDestroyed, () => undefined);
    }
  }

  #isFresh(owner: string): boolean {
    const hit = this.#cache.get(owner);
    return hit !== undefined && hit.until > this.#needs.clock.now().getTime();
  }

  /** In the cache from the moment that it is asked for, so that a key that is destroyed meanwhile is not kept. */
  #cached(owner: string, load = (each: string) => this.#load(each)): Promise<DataKey> {
    const now = this.#needs.clock.now().getTime();
    const hit = this.#cache.get(owner);
    this.#cache.delete(owner);
    const cached = hit && hit.until > now ? hit : { dataKey: load(owner), until: now + CACHED_MS };
    this.#cache.set(owner, cached);
    if (cached !== hit) {
      cached.dataKey.catch(() => {
        if (this.#cache.get(owner) === cached) this.#cache.delete(owner);
      });
      this.#evict();
    }
    return cached.dataKey;
  }

  #evict(): void {
    for (const owner of this.#cache.keys()) {
      if (this.#cache.size <= this.#needs.maxCached) return;
      this.#cache.delete(owner);
    }
  }

  async #load(owner: string): Promise<DataKey> {
    return (await this.#find(owner)) ?? (await this.#make(owner));
  }

  async #find(owner: string): Promise<DataKey | undefined> {
    const row = await withKeys(this.#needs.db)
      .selectFrom('keys_data_key')
      .select(['id', 'wrapped'])
      .where('owner', '=', owner)
      .executeTakeFirst();
    return row && this.#open({ ...row, owner });
  }

  async #findAll(owners: readonly string[]): Promise<ReadonlyMap<string, DataKey>> {
    const { rows } = await sql<{ id: string; owner: string; wrapped: string | null }>`
      select id, owner, wrapped from keys_data_key where owner = any(${[...owners]})`.execute(this.#needs.db);
    return new Map(rows.map((row) => [row.owner, this.#open(row)]));
  }

  #open(row: { readonly id: string; readonly owner: string; readonly wrapped: string | null }): DataKey {
    const { id, owner, wrapped } = row;
    if (wrapped === null) return { id, owner, key: undefined };
    const bytes = unwrap(this.#needs.masterKeys, wrapped, dataKeyPlace(id, owner));
    return { id, owner, key: createSecretKey(bytes) };
  }

  /** Many callers in many processes may be first: the unique owner lets one insert win and the others read it. */
  async #make(owner: string): Promise<DataKey> {
    const id = newId('key');
    const wrapped = this.#needs.masterKeys.current.wrap(randomBytes(32), dataKeyPlace(id, owner));
    await withKeys(this.#needs.db)
      .insertInto('keys_data_key')
      .values({ id, owner, wrapped, created_at: this.#needs.clock.now(), destroyed_at: null })
      .onConflict((row) => row.column('owner').doNothing())
      .execute();
    const made = await this.#find(owner);
    if (!made)
      throw new KeysError({ code: 'keys.not_openable', detail: 'a data key vanished while it was made' });
    return made;
  }
}

/** What a wrapped data key is bound to (R7.1): a row copied to another owner does not open. */
export function dataKeyPlace(id: string, owner: string): string {
  return `keys_data_key/${id}/${owner}/wrapped`;
}

function markDestroyed(dataKey: DataKey): void {
  dataKey.key = undefined;
}

function living(dataKey: DataKey): KeyObject {
  if (dataKey.key) return dataKey.key;
  throw new KeysError({ code: 'keys.destroyed', detail: `${dataKey.id} was destroyed` });
}

function sealerOf(dataKey: DataKey): Sealer {
  const bound = (aad: string): string => `${VERSION}/${dataKey.id}/${aad}`;
  return {
    get isDestroyed() {
      return dataKey.key === undefined;
    },
    seal: (plain, aad) =>
      `${VERSION}.${dataKey.id}.${encrypt(living(dataKey), Buffer.from(plain, 'utf8'), bound(aad))}`,
    open: (sealed, aad) => {
      const key = living(dataKey);
      const [version, id, body, ...rest] = sealed.split('.');
      const known = version === VERSION && id === dataKey.id && body !== undefined && rest.length === 0;
      const plain = known ? decrypt(key, body, bound(aad)) : undefined;
      if (plain) return plain.toString('utf8');
      throw new KeysError({ code: 'keys.not_openable', detail: `a sealed value does not open at ${aad}` });
    },
  };
}
