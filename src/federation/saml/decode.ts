import { MESSAGE_LIMITS, parseXml, SignatureRefused, XmlRefused } from '../../xml/index.ts';
import { FederationError } from '../errors.ts';

/** Of the base64 text, before anything is decoded. */
export const MAX_ENCODED_LENGTH = 256 * 1024;

const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/** SAML Bindings 3.5.4: base64 of the message. @throws FederationError */
export function decodeResponse(samlResponse: string): string {
  if (samlResponse.length > MAX_ENCODED_LENGTH) {
    throw new FederationError('federation.answer_too_large', 'SAMLResponse is larger than 256 KiB');
  }
  if (samlResponse === '' || !BASE64.test(samlResponse)) {
    throw new FederationError('federation.answer_malformed', 'SAMLResponse is not base64');
  }
  try {
    // A byte that is no UTF-8 would become another character, and a digest over the text could not notice.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(samlResponse, 'base64'),
    );
  } catch {
    throw new FederationError('federation.answer_malformed', 'SAMLResponse is not UTF-8');
  }
}

export function parseMessage(text: string): { readonly document: Document; readonly xml: string } {
  return guarded(() => parseXml(text, MESSAGE_LIMITS));
}

/** Runs a step over XML and turns its refusals into ours. */
export function guarded<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof XmlRefused) {
      const code =
        error.reason === 'too-large' ? 'federation.answer_too_large' : 'federation.answer_malformed';
      throw new FederationError(code, error.message);
    }
    if (error instanceof SignatureRefused) {
      const code =
        error.reason === 'algorithm' ? 'federation.algorithm_refused' : 'federation.signature_invalid';
      throw new FederationError(code, error.message);
    }
    throw error;
  }
}
