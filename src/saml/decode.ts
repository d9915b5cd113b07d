import { inflateRawSync } from 'node:zlib';
import { MESSAGE_LIMITS, parseXml, SignatureRefused, type XmlLimits, XmlRefused } from '../xml/index.ts';
import { SamlError } from './errors.ts';

/** Of the base64 text, before anything is decoded. */
export const MAX_ENCODED_LENGTH = 256 * 1024;

/**
 * Requests and logout messages: a real one has some 30 elements and 4 KB, certificates included. What strangers
 * may make us parse is held close to that, because parsing blocks everybody else.
 */
export const REQUEST_LIMITS: XmlLimits = {
  maxLength: 64 * 1024,
  maxDepth: 20,
  maxNodes: 500,
  allowComments: false,
};

// No two parts of it match the same character, so that no text makes it try again and again.
const BASE64 = /^[A-Za-z0-9+/\s]*(?:=\s*){0,2}$/;

/** SAML Bindings 3.5.4: base64 of the message. @throws SamlError */
export function decodePosted(field: string, maxLength = MAX_ENCODED_LENGTH): string {
  return asText(decodeBase64(field, maxLength));
}

/** SAML Bindings 3.4.4.1: base64 of the deflated message. What it becomes is bounded. @throws SamlError */
export function decodeDeflated(value: string, maxLength: number): string {
  const deflated = decodeBase64(value, maxLength);
  try {
    return asText(inflateRawSync(deflated, { maxOutputLength: maxLength }));
  } catch (error) {
    if (error instanceof SamlError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new SamlError('saml.too_large', 'the message inflates to more than is accepted');
    }
    throw new SamlError('saml.malformed', 'the message is not deflated as it must be');
  }
}

function decodeBase64(text: string, maxLength: number): Buffer {
  if (text.length > maxLength)
    throw new SamlError('saml.too_large', 'the message is larger than is accepted');
  if (text === '' || !BASE64.test(text)) throw new SamlError('saml.malformed', 'the message is not base64');
  return Buffer.from(text, 'base64');
}

function asText(bytes: Buffer): string {
  try {
    // A byte that is no UTF-8 would become another character, and a digest over the text could not notice.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SamlError('saml.malformed', 'the message is not UTF-8');
  }
}

/** Parses within limits. @returns the document and the text to verify signatures over. @throws SamlError */
export function parseMessage(
  text: string,
  limits: XmlLimits = MESSAGE_LIMITS,
): { readonly document: Document; readonly xml: string } {
  return refusedAsSaml(() => parseXml(text, limits));
}

/** Runs a step over XML and turns its refusals into SAML's. */
export function refusedAsSaml<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof XmlRefused) {
      throw new SamlError(error.reason === 'too-large' ? 'saml.too_large' : 'saml.malformed', error.message);
    }
    if (error instanceof SignatureRefused) {
      const code = error.reason === 'algorithm' ? 'saml.algorithm_refused' : 'saml.signature_invalid';
      throw new SamlError(code, error.message);
    }
    throw error;
  }
}
