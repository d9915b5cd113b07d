import { VestibuleError } from '../base/index.ts';

/** Every refusal of a message, with its HTTP status and what the person in front of the browser reads. */
const TEXTS = {
  'saml.malformed': [400, 'The message that brought you here is not readable. Please start again.'],
  'saml.too_large': [413, 'The message that brought you here is too large to be accepted.'],
  'saml.signature_missing': [403, 'The message that brought you here is not signed, so it was not believed.'],
  'saml.signature_invalid': [
    403,
    'The message that brought you here is not signed as it must be, so it was not believed.',
  ],
  'saml.algorithm_refused': [
    403,
    'The message that brought you here is protected in a way that is not accepted here. Please tell your administrator.',
  ],
  'saml.decryption_failed': [
    403,
    'The message that brought you here could not be decrypted. Please tell your administrator.',
  ],
  'saml.wrong_issuer': [403, 'The message that brought you here does not come from where it says.'],
  'saml.wrong_destination': [403, 'The message that brought you here is meant for another address.'],
  'saml.expired': [403, 'The message that brought you here is not valid at this time. Please start again.'],
  'saml.replayed': [403, 'The message that brought you here was used before.'],
  'saml.unexpected_answer': [403, 'The message that brought you here answers nothing that was asked.'],
  'saml.metadata_refused': [
    502,
    'The other side describes itself in a way that is not accepted here. Please tell your administrator.',
  ],
} as const satisfies Record<string, readonly [status: number, publicMessage: string]>;

export type SamlErrorCode = keyof typeof TEXTS;

/** A SAML message or document that is not accepted. `detail` names the rule that is broken, never the content. */
export class SamlError extends VestibuleError {
  override readonly name = 'SamlError';
  declare readonly code: SamlErrorCode;

  constructor(code: SamlErrorCode, detail: string, cause?: unknown) {
    const [status, publicMessage] = TEXTS[code];
    super({ code, status, publicMessage, detail, cause });
  }
}
