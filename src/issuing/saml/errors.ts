import { Unavailable, VestibuleError } from '../../base/index.ts';

/** Faults of this part of the room: HTTP status and what the person in front of the browser reads. */
const TEXTS = {
  'issuing.saml_unknown_party': [
    400,
    'The application that sent you here is not registered. Please tell its administrator.',
  ],
  'issuing.saml_ambiguous_party': [
    409,
    'Two applications are registered here under the name of the one that sent you, so neither was believed. Please tell your administrator.',
  ],
  'issuing.saml_unregistered_address': [
    400,
    'The application that sent you here wants the answer at an address that is not registered for it. Please tell its administrator.',
  ],
  'issuing.request_gone': [
    410,
    'This sign-in was answered already, or waited too long. Please open the application once more.',
  ],
  'issuing.authn_context_not_met': [
    403,
    'The application asks for a stronger sign-in than the one that you made. Please sign in in the way that it asks for.',
  ],
  'issuing.no_name_id': [
    403,
    'The application needs a name for you that your organisation did not send. Please tell your administrator.',
  ],
  'issuing.name_not_vouched': [
    403,
    'The application knows people by a name that you share with somebody else, or that your directory may not give out. You were not signed in there, so that nobody enters the account of another person. Please tell your administrator.',
  ],
  'issuing.attribute_missing': [
    403,
    'The application needs a detail about you that your organisation did not send. Please tell your administrator.',
  ],
  'issuing.saml_no_encryption_key': [
    500,
    'The answer for the application cannot be encrypted. Please tell your administrator.',
  ],
} as const satisfies Record<string, readonly [status: number, publicMessage: string]>;

export type SamlIssuingErrorCode = keyof typeof TEXTS;

/** A request that is not taken, or an assertion that cannot be made. `detail` names the rule, never a value. */
export class SamlIssuingError extends VestibuleError {
  override readonly name = 'SamlIssuingError';
  declare readonly code: SamlIssuingErrorCode;

  constructor(code: SamlIssuingErrorCode, detail: string) {
    const [status, publicMessage] = TEXTS[code];
    super({ code, status, publicMessage, detail });
  }
}

/** What the application says about itself could not be read yet. Worth another try. */
export function metadataUnavailable(relyingParty: string, why: string, cause?: unknown): Unavailable {
  return new Unavailable({
    code: 'issuing.saml_metadata_unavailable',
    system: relyingParty,
    publicMessage: 'The application does not answer at the moment. Please try again in a few minutes.',
    detail: `${relyingParty}: ${why}`,
    retryAfterSeconds: 30,
    cause,
  });
}
