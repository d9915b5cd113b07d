import { VestibuleError } from '../../base/index.ts';

export type OidcErrorCode =
  | 'issuing.request_gone'
  | 'issuing.no_start_page'
  | 'issuing.authn_context_not_met';

/** The request was answered already, or waited too long. */
export function requestGone(): VestibuleError {
  return new VestibuleError({
    code: 'issuing.request_gone',
    status: 410,
    publicMessage:
      'This sign-in was answered already, or has waited too long. Begin again at the application.',
  });
}

/** `acr` was asked for as an essential claim (OpenID Connect Core 5.5.1.1). */
export function contextNotMet(): VestibuleError {
  return new VestibuleError({
    code: 'issuing.authn_context_not_met',
    status: 403,
    publicMessage:
      'The application asks for a stronger sign-in than the one that you made. Please sign in in the way that it asks for.',
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
