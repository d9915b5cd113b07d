import { Unavailable, VestibuleError } from '../base/index.ts';

/** Every fault and refusal of this room: HTTP status and what the person in front of the browser reads. */
const TEXTS = {
  'federation.upstream_unavailable': [
    503,
    'The sign-in service of your organisation does not answer at the moment. Please try again in a few minutes.',
  ],
  'federation.upstream_misbehaved': [
    502,
    'The sign-in service of your organisation gave an answer that we do not understand. Please tell your administrator.',
  ],
  'federation.client_refused': [
    502,
    'The sign-in service of your organisation does not accept us. Please tell your administrator.',
  ],
  'federation.code_refused': [400, 'This sign-in was already used or took too long. Please start again.'],
  'federation.answer_malformed': [
    400,
    'The answer of the sign-in service is not readable. Please start again.',
  ],
  'federation.answer_too_large': [413, 'The answer of the sign-in service is too large to be accepted.'],
  'federation.answer_unsolicited': [
    400,
    'This sign-in was not started here. Please open the page that you wanted once more.',
  ],
  'federation.wrong_transaction': [400, 'This answer belongs to another sign-in. Please start again.'],
  'federation.wrong_issuer': [403, 'The answer does not come from the sign-in service that was asked.'],
  'federation.wrong_audience': [403, 'The answer of the sign-in service is meant for another application.'],
  'federation.wrong_destination': [403, 'The answer of the sign-in service is meant for another address.'],
  'federation.signature_invalid': [403, 'The answer of the sign-in service is not signed as it must be.'],
  'federation.algorithm_refused': [
    403,
    'The answer of the sign-in service is protected in a way that is not accepted here. Please tell your administrator.',
  ],
  'federation.verifiers_disagree': [403, 'The answer of the sign-in service is not signed as it must be.'],
  'federation.expired': [
    403,
    'The answer of the sign-in service is not valid at this time. Please start again.',
  ],
  'federation.assertion_refused': [
    403,
    'The answer of the sign-in service does not satisfy the rules for sign-ins.',
  ],
  'federation.replayed': [403, 'This sign-in was already used. Please start again.'],
  'federation.not_fresh': [
    403,
    'You were asked to sign in anew, but the sign-in service answered with an older sign-in. Please start again.',
  ],
  'federation.decryption_failed': [
    403,
    'The answer of the sign-in service could not be decrypted. Please tell your administrator.',
  ],
  'federation.record_unavailable': [
    503,
    'We cannot make sure that this sign-in is used only once, so it was refused. Please try again in a few minutes.',
  ],
} as const satisfies Record<string, readonly [status: number, publicMessage: string]>;

export type FederationErrorCode = keyof typeof TEXTS;

/** An upstream answer that is not accepted, or an upstream that cannot be used. `detail` names the check that failed. */
export class FederationError extends VestibuleError {
  override readonly name = 'FederationError';
  declare readonly code: FederationErrorCode;

  constructor(code: FederationErrorCode, detail: string, cause?: unknown) {
    const [status, publicMessage] = TEXTS[code];
    super({ code, status, publicMessage, detail, cause });
  }
}

/** The upstream, or the record that makes a sign-in single-use, gave no answer. Worth another try. */
export function unavailable(
  code: 'federation.upstream_unavailable' | 'federation.record_unavailable',
  connection: string,
  detail: string,
  cause?: unknown,
): Unavailable {
  const [status, publicMessage] = TEXTS[code];
  return new Unavailable({
    code,
    status,
    publicMessage,
    system: connection,
    detail: `${connection}: ${detail}`,
    retryAfterSeconds: 30,
    cause,
  });
}

/** Answers in which the upstream, or a rule of the connection, said no in good order: values, not faults. */
export const REFUSALS = {
  'federation.upstream_denied': 'The sign-in service of your organisation did not let you in.',
  'federation.login_required': 'You need to sign in again at your organisation.',
  'federation.context_refused':
    'The sign-in service of your organisation cannot sign you in in the way that the application asks for.',
  'federation.upstream_failed': 'The sign-in service of your organisation reported a problem of its own.',
  'federation.subject_missing':
    'Your organisation sent no lasting identifier for you, so we cannot know you again. Please tell your administrator.',
  'federation.subject_transient':
    'Your organisation sent an identifier that changes with every sign-in, so we cannot know you again. Please tell your administrator.',
  'federation.partition_refused':
    'Your account belongs to a part of the directory that may not sign in here.',
} as const satisfies Record<string, string>;

export type RefusalCode = keyof typeof REFUSALS;
