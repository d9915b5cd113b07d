import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Clock, newId } from '../../base/index.ts';
import { type Database, notify, type Transaction } from '../database/index.ts';
import { KeysError } from './errors.ts';
import type { CheckpointSigner, KeyInfo, SamlServiceProviderKey } from './keys.ts';
import { type MasterKeys, unwrap } from './master-key.ts';
import { makeSamlKey } from './saml-certificate.ts';
import { withKeys } from './tables.ts';

/** Carries the purpose whose key in use has changed. */
export const SIGNING_CHANNEL = 'keys_signing';

export type SigningPurpose = 'checkpoint' | 'saml-service-provider';
type Material = { readonly privateKey: Buffer; readonly publicPart: string };
type Loaded = { readonly id: string; readonly privateKey: KeyObject; readonly publicPart: string };

export type SigningKeysNeeds = {
  readonly db: Database;
  readonly clock: Clock;
  readonly masterKeys: MasterKeys;
};

/** Keys that sign, one in use per purpose; retired ones keep their public part, so old signatures verify. */
export class SigningKeys {
  readonly #needs: SigningKeysNeeds;
  readonly #cache = new Map<string, Promise<Loaded>>();

  constructor(needs: SigningKeysNeeds) {
    this.#needs = needs;
  }

  async checkpointSigner(): Promise<CheckpointSigner> {
    const { id, privateKey, publicPart } = await this.#inUse('checkpoint');
    return {
      keyId: id,
      publicKey: createPublicKey(publicPart),
      sign: (bytes) => sign(null, bytes, privateKey),
    };
  }

  async samlServiceProviderKey(): Promise<SamlServiceProviderKey> {
    const { id, privateKey, publicPart } = await this.#inUse('saml-service-provider');
    const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { keyId: id, privateKeyPem, certificatePem: publicPart };
  }

  /** Retires the key in use; a new one takes its place in all processes. */
  async rotate(purpose: SigningPurpose): Promise<void> {
    const material = await makeMaterial(purpose, this.#needs.clock.now());
    await this.#needs.db.transaction().execute(async (trx) => {
      await withKeys(trx)
        .updateTable('keys_signing_key')
        .set({ retired_at: this.#needs.clock.now() })
        .where('purpose', '=', purpose)
        .where('retired_at', 'is', null)
        .execute();
      await this.#insert(trx, purpose, material);
      await notify(trx, SIGNING_CHANNEL, purpose);
    });
    this.forget(purpose);
  }

  /** Without a purpose: all. */
  forget(purpose: string | undefined): void {
    if (purpose === undefined) this.#cache.clear();
    else this.#cache.delete(purpose);
  }

  async list(): Promise<readonly KeyInfo[]> {
    const rows = await withKeys(this.#needs.db)
      .selectFrom('keys_signing_key')
      .select(['id', 'purpose', 'public_part', 'created_at', 'retired_at'])
      .orderBy('created_at')
      .execute();
    return rows.map((row) => ({
      keyId: row.id,
      purpose: row.purpose,
      publicPart: row.public_part,
      createdAt: row.created_at,
      ...(row.retired_at && { retiredAt: row.retired_at }),
    }));
  }

  #inUse(purpose: SigningPurpose): Promise<Loaded> {
    const cached = this.#cache.get(purpose);
    if (cached !== undefined) return cached;
    const loading = this.#load(purpose);
    this.#cache.set(purpose, loading);
    loading.catch(() => {
      if (this.#cache.get(purpose) === loading) this.#cache.delete(purpose);
    });
    return loading;
  }

  async #load(purpose: SigningPurpose): Promise<Loaded> {
    const there = await this.#find(purpose);
    if (there) return there;
    await this.#insert(this.#needs.db, purpose, await makeMaterial(purpose, this.#needs.clock.now()));
    const made = await this.#find(purpose);
    if (!made) throw new KeysError({ code: 'keys.not_openable', detail: `no ${purpose} key is in use` });
    return made;
  }

  async #find(purpose: SigningPurpose): Promise<Loaded | undefined> {
    const row = await withKeys(this.#needs.db)
      .selectFrom('keys_signing_key')
      .select(['id', 'wrapped', 'public_part'])
      .where('purpose', '=', purpose)
      .where('retired_at', 'is', null)
      .executeTakeFirst();
    if (!row) return undefined;
    const der = unwrap(this.#needs.masterKeys, row.wrapped, signingKeyPlace(row.id, purpose));
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    return { id: row.id, privateKey, publicPart: row.public_part };
  }

  /** Does nothing when another process was quicker. */
  async #insert(db: Database | Transaction, purpose: SigningPurpose, material: Material): Promise<void> {
    const id = newId('key');
    await withKeys(db)
      .insertInto('keys_signing_key')
      .values({
        id,
        purpose,
        wrapped: this.#needs.masterKeys.current.wrap(material.privateKey, signingKeyPlace(id, purpose)),
        public_part: material.publicPart,
        created_at: this.#needs.clock.now(),
        retired_at: null,
      })
      .onConflict((row) => row.doNothing())
      .execute();
  }
}

export function signingKeyPlace(id: string, purpose: string): string {
  return `keys_signing_key/${id}/${purpose}/wrapped`;
}

async function makeMaterial(purpose: SigningPurpose, now: Date): Promise<Material> {
  if (purpose === 'saml-service-provider') {
    const { privateKey, certificatePem } = await makeSamlKey(now);
    return { privateKey, publicPart: certificatePem };
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
    publicPart: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
