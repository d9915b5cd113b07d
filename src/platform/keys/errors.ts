import { VestibuleError } from '../../base/index.ts';

export type KeysErrorCode =
  | 'keys.destroyed'
  | 'keys.not_openable'
  | 'keys.master_key_wrong'
  | 'keys.master_key_missing'
  | 'keys.master_key_file';

/** A fault of keys. Details name places and key ids, never values. */
export class KeysError extends VestibuleError {
  override readonly name = 'KeysError';

  constructor(fields: { readonly code: KeysErrorCode; readonly detail: string; readonly cause?: unknown }) {
    super({ status: 500, publicMessage: 'A protected value cannot be read.', ...fields });
  }
}
