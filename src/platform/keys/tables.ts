import type { Database, Transaction } from '../database/index.ts';
import type { KeyState } from './keys.ts';
import type { KeyPurpose } from './purposes.ts';

/** `wrapped` is null once destroyed; `public_part` stays. */
export type SigningKeyRow = {
  id: string;
  purpose: KeyPurpose;
  state: KeyState;
  wrapped: string | null;
  public_part: string;
  created_at: Date;
  active_since: Date | null;
  retired_at: Date | null;
  destroyed_at: Date | null;
};

/** `wrapped` is null once destroyed. A data key's row stays so that the owner never gets a second key. */
export type KeysTables = {
  keys_data_key: {
    id: string;
    owner: string;
    wrapped: string | null;
    created_at: Date;
    destroyed_at: Date | null;
  };
  keys_signing_key: SigningKeyRow;
  keys_certificate_warning: { certificate: string; days: number; warned_at: Date };
  keys_master: { id: string; check_value: string; created_at: Date; retired_at: Date | null };
};

export type KeysDatabase = ReturnType<typeof withKeys>;

export function withKeys(db: Database | Transaction) {
  return db.$extendTables<KeysTables>();
}
