import { VestibuleError } from '../base/index.ts';

/** Every fault of this room: HTTP status and what the person in front of the browser reads. */
const TEXTS = {
  'logout.gone': [
    404,
    'The results of this sign-out are no longer kept. Whether you are still signed in here, the start page shows.',
  ],
  'logout.other_browser': [
    403,
    'This sign-out was begun in another browser, and can only be followed there.',
  ],
  'logout.not_a_page': [
    400,
    'Signing out needs a page of its own. Open this address in a tab of your browser.',
  ],
  'logout.unknown_peer': [403, 'The sign-out message comes from somebody whom we do not know.'],
  'logout.not_asked': [403, 'This answer belongs to no sign-out that is under way.'],
} as const satisfies Record<string, readonly [status: number, publicMessage: string]>;

export type LogoutErrorCode = keyof typeof TEXTS;

/** A sign-out that cannot be shown, or a message that ends nothing (R8.2). `detail` names the check that failed. */
export class LogoutError extends VestibuleError {
  override readonly name = 'LogoutError';
  declare readonly code: LogoutErrorCode;

  constructor(code: LogoutErrorCode, detail?: string, cause?: unknown) {
    const [status, publicMessage] = TEXTS[code];
    super({ code, status, publicMessage, ...(detail !== undefined && { detail }), cause });
  }
}

/** Why a relying party or upstream did not confirm; in the access log, never on a page. */
export type UnconfirmedCode =
  /** It was asked or told, and did not answer. */
  | 'logout.no_answer'
  /** It answered that it did not end its session. */
  | 'logout.refused_there'
  /** It answered without a valid signature. */
  | 'logout.unproven_answer'
  /** It could only have been asked through the browser that held the session. */
  | 'logout.no_browser';
