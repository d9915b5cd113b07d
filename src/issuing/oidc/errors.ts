import { VestibuleError } from '../../base/index.ts';

export type OidcErrorCode = 'issuing.request_gone' | 'issuing.no_start_page';

/** The request was answered already, or waited too long. */
export function requestGone(): VestibuleError {
  return new VestibuleError({
    code: 'issuing.request_gone',
    status: 410,
    publicMessage:
      'This sign-in was answered already, or has waited too long. Begin again at the application.',
  });
}

export function noStartPage(relyingParty: string): VestibuleError {
  return new VestibuleError({
    code: 'issuing.no_start_page',
    status: 404,
    publicMessage: 'This application can not be opened from here. Begin at the application itself.',
    detail: `${relyingParty} has neither initiateLoginUri nor startUrl`,
  });
}
