import { decodePosted, parseMessage as parse, refusedAsSaml, SamlError } from '../../saml/index.ts';
import { FederationError, type FederationErrorCode } from '../errors.ts';

/** SAML Bindings 3.5.4: base64 of the message. @throws FederationError */
export function decodeResponse(samlResponse: string): string {
  return guarded(() => decodePosted(samlResponse));
}

export function parseMessage(text: string): { readonly document: Document; readonly xml: string } {
  return guarded(() => parse(text));
}

const CODES: Readonly<Record<string, FederationErrorCode>> = {
  'saml.too_large': 'federation.answer_too_large',
  'saml.algorithm_refused': 'federation.algorithm_refused',
  'saml.signature_invalid': 'federation.signature_invalid',
  'saml.decryption_failed': 'federation.decryption_failed',
  'saml.replayed': 'federation.replayed',
};

/** Runs a step over XML and turns its refusals into ours. */
export function guarded<T>(step: () => T): T {
  try {
    return refusedAsSaml(step);
  } catch (error) {
    throw asRefusal(error);
  }
}

/** SAML's refusals as ours; everything else as it is. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof SamlError)) return error;
  return new FederationError(CODES[error.code] ?? 'federation.answer_malformed', error.detail ?? '');
}
