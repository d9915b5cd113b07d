import type { KeyObject } from 'node:crypto';
import {
  anywhereNamed,
  attributeOf,
  isAllowedSignature,
  onlyChildNamed,
  plainText,
  signatureOf,
  verifyBytes,
  verifySignature,
} from '../xml/index.ts';
import { decodeDeflated, decodePosted, parseMessage, REQUEST_LIMITS, refusedAsSaml } from './decode.ts';
import { SamlError } from './errors.ts';
import { ENTITY, SAML, SAMLP } from './names.ts';

/** What a browser brought: the raw query without `?`, or the fields of a form. */
export type Incoming =
  | { readonly binding: 'redirect'; readonly query: string }
  | { readonly binding: 'post'; readonly fields: Readonly<Record<string, string | undefined>> };

/** A message that was decoded and parsed within bounds. Nothing of it is to be believed before `verifiedRoot`. */
export type ReceivedMessage = {
  readonly binding: 'redirect' | 'post';
  readonly parameter: 'SAMLRequest' | 'SAMLResponse';
  /** Local name of the root: `AuthnRequest`, `LogoutRequest`, `LogoutResponse`. */
  readonly kind: string;
  /** Who says to have sent it; to find whose keys to ask. */
  readonly claimedIssuer: string;
  /** As received; at most 1 KB when it is used (R2.5). */
  readonly relayState: string | undefined;
  readonly isSigned: boolean;
  readonly root: Element;
  readonly xml: string;
  /** Of the redirect binding. */
  readonly detached: DetachedSignature | undefined;
};

type DetachedSignature = {
  readonly algorithm: string;
  readonly value: string;
  /** As they were sent: encoding anew may give other bytes (SAML Bindings 3.4.4.1). */
  readonly octets: string;
};

const MAX_LENGTH = REQUEST_LIMITS.maxLength;
/** The same as base64, with line breaks. */
const MAX_ENCODED = 1.5 * MAX_LENGTH;

/** Decodes and parses; costs no more than the limits allow, and no cryptography. @throws SamlError */
export function receiveMessage(incoming: Incoming): ReceivedMessage {
  const { parameter, text, relayState, detached } =
    incoming.binding === 'redirect' ? fromQuery(incoming.query) : fromFields(incoming.fields);
  const { document, xml } = parseMessage(text, REQUEST_LIMITS);
  const root = document.documentElement;
  if (root.namespaceURI !== SAMLP) throw malformed('the root is no SAML protocol message');
  const isEnveloped = anywhereNamed(document, 'Signature').length > 0;
  return {
    binding: incoming.binding,
    parameter,
    kind: root.localName,
    claimedIssuer: issuerOf(root),
    relayState,
    isSigned: isEnveloped || detached !== undefined,
    root,
    xml,
    detached,
  };
}

/**
 * Verifies the signature with the keys of the sender.
 *
 * @returns the root to read from: made from the signed text, so that nothing unsigned can be read.
 * @throws SamlError
 */
export function verifiedRoot(message: ReceivedMessage, keys: readonly KeyObject[]): Element {
  if (!message.isSigned) throw new SamlError('saml.signature_missing', 'the message is not signed');
  if (message.binding === 'redirect') {
    // SAML Bindings 3.4.4.1: the query is signed. A signature inside has no business there; pysaml2 leaves one all the
    // same, and it counts for nothing.
    if (!message.detached) throw malformed('by redirect the query is signed, and not the message');
    verifyDetached(message.detached, keys);
    return message.root;
  }
  return refusedAsSaml(() => {
    // One signature, of the whole message: any other one has no business here.
    const all = anywhereNamed(message.root.ownerDocument, 'Signature');
    if (all.length !== 1 || signatureOf(message.root) !== all[0]) {
      throw new SamlError('saml.signature_invalid', 'a signature does not stand directly in the message');
    }
    const signed = verifySignature(message.root, keys);
    return parseMessage(signed, REQUEST_LIMITS).document.documentElement;
  });
}

function verifyDetached({ algorithm, value, octets }: DetachedSignature, keys: readonly KeyObject[]): void {
  if (!isAllowedSignature(algorithm)) {
    throw new SamlError('saml.algorithm_refused', 'the signature algorithm is not allowed');
  }
  const signature = Buffer.from(value, 'base64');
  const signed = Buffer.from(octets, 'latin1');
  if (keys.some((key) => verifyBytes(algorithm, key, signed, signature))) return;
  throw new SamlError('saml.signature_invalid', 'the signature was not made by a key of the sender');
}

type Decoded = Pick<ReceivedMessage, 'parameter' | 'relayState' | 'detached'> & { readonly text: string };

function fromFields(fields: Readonly<Record<string, string | undefined>>): Decoded {
  const parameter = onlyParameter((name) => fields[name] !== undefined);
  return {
    parameter,
    text: decodePosted(fields[parameter] ?? '', MAX_ENCODED),
    relayState: fields['RelayState'],
    detached: undefined,
  };
}

const QUERY_PARAMETERS = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg', 'Signature', 'SAMLEncoding'];
const DEFLATE = 'urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE';

function fromQuery(query: string): Decoded {
  if (query.length > 2 * MAX_LENGTH)
    throw new SamlError('saml.too_large', 'the query is larger than is accepted');
  const raw = rawParameters(query);
  const parameter = onlyParameter((name) => raw.has(name));
  const encoding = raw.get('SAMLEncoding');
  if (encoding !== undefined && unescapeQuery(encoding) !== DEFLATE)
    throw malformed('SAMLEncoding is not known');
  const relayState = raw.get('RelayState');
  const detached = detachedSignature(raw, parameter);
  return {
    parameter,
    text: decodeDeflated(base64Of(raw.get(parameter) ?? ''), MAX_LENGTH),
    relayState: relayState === undefined ? undefined : unescapeQuery(relayState),
    detached,
  };
}

/** Parameters as they were sent, still encoded. One that counts may stand only once. */
function rawParameters(query: string): Map<string, string> {
  const raw = new Map<string, string>();
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    if (!QUERY_PARAMETERS.includes(name)) continue;
    if (raw.has(name)) throw malformed(`${name} stands twice in the query`);
    raw.set(name, equals < 0 ? '' : pair.slice(equals + 1));
  }
  return raw;
}

function detachedSignature(
  raw: ReadonlyMap<string, string>,
  parameter: string,
): DetachedSignature | undefined {
  const [signature, algorithm] = [raw.get('Signature'), raw.get('SigAlg')];
  if (signature === undefined && algorithm === undefined) return undefined;
  if (!signature || !algorithm) throw malformed('Signature and SigAlg come together');
  const octets = [parameter, 'RelayState', 'SigAlg'].flatMap((name) => {
    const value = raw.get(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  return {
    algorithm: unescapeQuery(algorithm),
    value: base64Of(signature),
    octets: octets.join('&'),
  };
}

function onlyParameter(
  has: (name: 'SAMLRequest' | 'SAMLResponse') => boolean,
): 'SAMLRequest' | 'SAMLResponse' {
  const [request, response] = [has('SAMLRequest'), has('SAMLResponse')];
  if (request === response) throw malformed('there is not exactly one of SAMLRequest and SAMLResponse');
  return request ? 'SAMLRequest' : 'SAMLResponse';
}

function unescapeQuery(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    throw malformed('a parameter is not encoded as it must be');
  }
}

/** A plus sign that the sender forgot to encode arrives as a space. */
function base64Of(value: string): string {
  return unescapeQuery(value).replaceAll(' ', '+');
}

/** SAML Core 2.2.5 and 8.3.6. @returns '' when there is no readable Issuer. */
export function issuerOf(root: Element): string {
  const issuer = onlyChildNamed(root, SAML, 'Issuer');
  const format = issuer && attributeOf(issuer, 'Format');
  if (!issuer || (format !== undefined && format !== ENTITY)) return '';
  return plainText(issuer) ?? '';
}

function malformed(why: string): SamlError {
  return new SamlError('saml.malformed', why);
}
