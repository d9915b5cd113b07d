import { VestibuleError } from '../../base/index.ts';

export type KeysErrorCode =
  | 'keys.destroyed'
  | 'keys.not_openable'
  | 'keys.master_key_wrong'
  | 'keys.master_key_missing'
  | 'keys.master_key_file';

/** No fault, wherever it comes out: whoever it was about was erased while this was on its way (R6.2). */
const ERASED = { status: 410, publicMessage: 'What was kept here about this person has been erased.' };
const UNREADABLE = { status: 500, publicMessage: 'A protected value cannot be read.' };

/** A fault of keys. Details name places and key ids, never values. */
export class KeysError extends VestibuleError {
  override readonly name = 'KeysError';

  constructor(fields: { readonly code: KeysErrorCode; readonly detail: string; readonly cause?: unknown }) {
    super({ ...(fields.code === 'keys.destroyed' ? ERASED : UNREADABLE), ...fields });
  }
}
