import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { decrypt, encrypt } from './aead.ts';
import { KeysError } from './errors.ts';

const VERSION = 'w1';

/** 32 bytes that wrap all other keys. It never encrypts data itself and never leaves this room. */
export class MasterKey {
  /** Tells master keys apart without telling anything about them. */
  readonly id: string;
  readonly #key: KeyObject;

  constructor(bytes: Uint8Array) {
    if (bytes.length !== 32) throw new TypeError('a master key has 32 bytes');
    this.#key = createSecretKey(bytes);
    this.id = createHmac('sha256', this.#key).update('vestibule master key id').digest('hex').slice(0, 16);
  }

  /** `place` names table, row and column; the id of the master key is bound as well (R7.1). */
  wrap(plain: Uint8Array, place: string): string {
    return `${VERSION}.${this.id}.${encrypt(this.#key, plain, `${place}/${this.id}`)}`;
  }

  unwrap(body: string, place: string): Buffer | undefined {
    return decrypt(this.#key, body, `${place}/${this.id}`);
  }
}

/** The master key that wraps, and those that may still unwrap while a rotation is under way. */
export type MasterKeys = { readonly current: MasterKey; readonly previous: readonly MasterKey[] };

/** @throws KeysError `keys.master_key_wrong` when none of the keys wrapped it, `keys.not_openable` when changed. */
export function unwrap(masters: MasterKeys, wrapped: string, place: string): Buffer {
  const [version, id, body] = wrapped.split('.');
  const master = [masters.current, ...masters.previous].find((key) => key.id === id);
  if (version !== VERSION || !master || body === undefined) {
    throw new KeysError({
      code: 'keys.master_key_wrong',
      detail: `${place} was wrapped by another master key`,
    });
  }
  const plain = master.unwrap(body, place);
  if (!plain) throw new KeysError({ code: 'keys.not_openable', detail: `${place} was changed or moved` });
  return plain;
}
