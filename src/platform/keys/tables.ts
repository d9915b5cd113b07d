import type { Database, Transaction } from '../database/index.ts';

/** `wrapped` is null once destroyed: the row stays so that the owner never gets a second key. */
export type KeysTables = {
  keys_data_key: {
    id: string;
    owner: string;
    wrapped: string | null;
    created_at: Date;
    destroyed_at: Date | null;
  };
  keys_signing_key: {
    id: string;
    purpose: string;
    wrapped: string;
    public_part: string;
    created_at: Date;
    retired_at: Date | null;
  };
  keys_master: { id: string; check_value: string; created_at: Date; retired_at: Date | null };
};

export type KeysDatabase = ReturnType<typeof withKeys>;

export function withKeys(db: Database | Transaction) {
  return db.$extendTables<KeysTables>();
}
