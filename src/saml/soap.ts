import type { KeyObject } from 'node:crypto';
import { attributeOf, childElements, isNamed, verifySignature } from '../xml/index.ts';
import { parseMessage, REQUEST_LIMITS, refusedAsSaml } from './decode.ts';
import { SamlError } from './errors.ts';
import { SAMLP } from './names.ts';
import { readStatusCodes } from './read-logout.ts';
import { issuerOf } from './receive-message.ts';
import type { OutgoingMessage } from './send-message.ts';
import { type SigningKey, signElement } from './sign.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';

/** Headers of a SOAP request (SAML Bindings 3.2.3). */
export const SOAP_HEADERS = {
  'content-type': 'text/xml; charset=utf-8',
  // A quoted text, as SOAP 1.1 has it.
  soapaction: '"http://www.oasis-open.org/committees/security"',
} as const;

/** SAML Bindings 3.2: a signed message of ours, ready to be posted server to server. */
export async function sendBySoap(message: OutgoingMessage, key: SigningKey): Promise<string> {
  const signed = await signElement(message, key);
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<soap:Envelope xmlns:soap="${SOAP}"><soap:Body>${signed}</soap:Body></soap:Envelope>`
  );
}

export type SoapExpectations = {
  /** Entity id of the peer. */
  readonly issuer: string;
  readonly keys: readonly KeyObject[];
  /** Id of the request that it answers; unguessable, so that no older answer fits. */
  readonly requestId: string;
};

/**
 * Reads the answer to a LogoutRequest that was sent by SOAP. It came over the connection that we opened to an address of
 * the peer, so it need not be signed (SAML Bindings 3.2.2); if it is, the signature must be the peer's.
 *
 * @throws SamlError for what is no answer of this peer to this request.
 */
export function readSoapAnswer(text: string, expected: SoapExpectations): 'success' | 'partial' | 'failed' {
  const response = believed(bodyOf(text), expected.keys);
  if (issuerOf(response) !== expected.issuer) {
    throw new SamlError('saml.wrong_issuer', 'the answer is of somebody else');
  }
  if (attributeOf(response, 'InResponseTo') !== expected.requestId) {
    throw new SamlError('saml.unexpected_answer', 'the answer is to another request');
  }
  const codes = readStatusCodes(response);
  if (codes.includes('PartialLogout')) return 'partial';
  return codes[0] === 'Success' ? 'success' : 'failed';
}

/** The one element of the body, as the root of a document of its own: signatures are looked for there alone. */
function bodyOf(text: string): Element {
  const envelope = parseMessage(text, REQUEST_LIMITS).document.documentElement;
  const bodies = childElements(envelope).filter((child) => isNamed(child, SOAP, 'Body'));
  const [content, ...more] = bodies.flatMap(childElements);
  if (!isNamed(envelope, SOAP, 'Envelope') || bodies.length !== 1 || !content || more.length > 0) {
    throw new SamlError('saml.malformed', 'this is no SOAP message with one body');
  }
  const message = parseMessage(content.toString(), REQUEST_LIMITS).document.documentElement;
  if (isNamed(message, SAMLP, 'LogoutResponse')) return message;
  throw new SamlError('saml.malformed', 'the body is no LogoutResponse');
}

function believed(response: Element, keys: readonly KeyObject[]): Element {
  const signatures = childElements(response).filter(({ localName }) => localName === 'Signature');
  if (signatures.length === 0) return response;
  return refusedAsSaml(() => {
    const signed = verifySignature(response, keys);
    return parseMessage(signed, REQUEST_LIMITS).document.documentElement;
  });
}
