import { sign } from 'node:crypto';
import { KeysError } from './errors.ts';
import { Held } from './held.ts';
import type { CheckpointSigner, IssuingKey, KeyInfo, SamlServiceProviderKey } from './keys.ts';
import { type MakingNeeds, makeMissing, missingStates } from './make-keys.ts';
import { certificateEnd, openIssuingKey, openPrivateKey } from './open-signing-key.ts';
import { ISSUING_PURPOSES, type IssuingPurpose, isIssuingPurpose } from './purposes.ts';
import { publishedUntil, type RotationSettings } from './rotation-settings.ts';
import { allKeys, type LivingRow, livingKeys } from './signing-key-store.ts';
import type { SigningKeyRow } from './tables.ts';

type Listener = (purpose: IssuingPurpose) => void;

/** Keys that sign, opened once and held until the database says that they have changed. */
export class SigningKeys {
  readonly #needs: MakingNeeds;
  readonly #issuing = new Held<readonly IssuingKey[]>();
  readonly #checkpoint = new Held<CheckpointSigner>();
  readonly #pems = new WeakMap<readonly IssuingKey[], readonly SamlServiceProviderKey[]>();
  readonly #listeners = new Set<Listener>();

  constructor(needs: MakingNeeds) {
    this.#needs = needs;
  }

  issuingKeys(purpose: IssuingPurpose): Promise<readonly IssuingKey[]> {
    return this.#issuing.get(purpose, () => this.#loadIssuing(purpose));
  }

  async samlServiceProviderKeys(): Promise<readonly SamlServiceProviderKey[]> {
    const keys = await this.issuingKeys('saml-service-provider');
    const pems = this.#pems.get(keys) ?? keys.map(asPem);
    this.#pems.set(keys, pems);
    return pems;
  }

  checkpointSigner(): Promise<CheckpointSigner> {
    return this.#checkpoint.get('checkpoint', async () => {
      const row = (await this.#checkpointKey()) ?? (await this.#makeCheckpointKey());
      const { privateKey, publicKey } = openPrivateKey(row, this.#needs.masterKeys);
      return { keyId: row.id, publicKey, sign: (bytes) => sign(null, bytes, privateKey) };
    });
  }

  onChange(listener: Listener): Disposable {
    // Wrapped, so that the same function given twice is told twice and taken away once.
    const own: Listener = (purpose) => listener(purpose);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** Keys changed in the database; without a purpose, any of them may have. */
  changed(purpose: string | undefined): void {
    this.forget(purpose);
    const purposes = purpose === undefined ? ISSUING_PURPOSES : [purpose].filter(isIssuingPurpose);
    for (const each of purposes) for (const listener of this.#listeners) listener(each);
  }

  forget(purpose: string | undefined): void {
    this.#issuing.forget(purpose);
    this.#checkpoint.forget(purpose);
  }

  async list(settingsOf: (purpose: IssuingPurpose) => RotationSettings): Promise<readonly KeyInfo[]> {
    return (await allKeys(this.#needs.db)).map((row) => {
      const settings = isIssuingPurpose(row.purpose) ? settingsOf(row.purpose) : undefined;
      return infoOf(row, settings);
    });
  }

  async #loadIssuing(purpose: IssuingPurpose): Promise<readonly IssuingKey[]> {
    const there = await livingKeys(this.#needs.db, purpose);
    const missing = missingStates(there);
    if (missing.length > 0) await makeMissing(purpose, missing, this.#needs);
    const rows = missing.length > 0 ? await livingKeys(this.#needs.db, purpose) : there;
    if (rows[0]?.state !== 'active') throw vanished(purpose);
    return rows.map((row) => openIssuingKey(row, purpose, this.#needs.masterKeys));
  }

  async #checkpointKey(): Promise<LivingRow | undefined> {
    const [row] = await livingKeys(this.#needs.db, 'checkpoint');
    return row?.state === 'active' ? row : undefined;
  }

  async #makeCheckpointKey(): Promise<LivingRow> {
    await makeMissing('checkpoint', ['active'], this.#needs);
    const made = await this.#checkpointKey();
    if (made) return made;
    throw vanished('checkpoint');
  }
}

function asPem({ keyId, state, privateKey, certificatePem = '' }: IssuingKey): SamlServiceProviderKey {
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { keyId, state, privateKeyPem, certificatePem };
}

function vanished(purpose: string): KeysError {
  return new KeysError({
    code: 'keys.not_openable',
    detail: `the active ${purpose} key vanished while it was made`,
  });
}

function infoOf(row: SigningKeyRow, settings: RotationSettings | undefined): KeyInfo {
  const notAfter = certificateEnd(row.public_part);
  const isStillPublished = row.retired_at && settings && !row.destroyed_at;
  return {
    ...{ keyId: row.id, purpose: row.purpose, state: row.state },
    ...{ publicPart: row.public_part, createdAt: row.created_at },
    ...(row.active_since && { activeSince: row.active_since }),
    ...(row.retired_at && { retiredAt: row.retired_at }),
    ...(isStillPublished && row.retired_at && { publishedUntil: publishedUntil(row.retired_at, settings) }),
    ...(row.destroyed_at && { destroyedAt: row.destroyed_at }),
    ...(notAfter && { notAfter }),
  };
}
