import { VestibuleError } from '../base/index.ts';

export type LoginErrorCode =
  | 'login.unknown_relying_party'
  | 'login.unknown_connection'
  | 'login.unknown_transaction'
  | 'login.other_browser'
  | 'login.already_used'
  | 'login.malformed_answer'
  | 'login.bad_path';

const MESSAGES: Record<LoginErrorCode, { status: number; publicMessage: string }> = {
  'login.unknown_relying_party': {
    status: 404,
    publicMessage:
      'This link names a store or app that is not known here. The start page lists what you can open.',
  },
  'login.unknown_connection': {
    status: 404,
    publicMessage: 'This way of signing in is not known here. Start again from the start page.',
  },
  'login.unknown_transaction': {
    status: 400,
    publicMessage:
      'This sign-in was not started here, or it took too long. Start again; nothing was changed.',
  },
  'login.other_browser': {
    status: 403,
    publicMessage:
      'This sign-in was started in another browser, so it cannot be finished in this one. Start again here; nothing was changed.',
  },
  'login.already_used': {
    status: 400,
    publicMessage: 'This sign-in was already finished once. Start again; nothing was changed.',
  },
  'login.malformed_answer': {
    status: 400,
    publicMessage: 'The answer of your sign-in page could not be read. Start again; nothing was changed.',
  },
  'login.bad_path': {
    status: 400,
    publicMessage:
      'This link leads to a place that cannot be opened directly. Remove what follows "to=" and try again.',
  },
};

export class LoginError extends VestibuleError {
  override readonly name = 'LoginError';

  constructor(code: LoginErrorCode, detail?: string) {
    super({ code, ...MESSAGES[code], ...(detail !== undefined && { detail }) });
  }
}
