import { type Assertion, readAssertion } from './assertion.ts';
import { NS, STATUS } from './names.ts';
import { readSigned } from './signing.ts';
import { attributeOf, child, children, parseXml, textOf } from './xml.ts';

/** A response as it arrived (SAML Core 3.3.3). Whether to believe it is another question. */
export type ReceivedResponse = {
  readonly text: string;
  readonly root: Element;
  readonly destination: string | undefined;
  readonly inResponseTo: string | undefined;
  /** Absent in a response without issuer, which the standard allows for unsigned ones. */
  readonly issuer: string | undefined;
  /** Status codes from outside in; the first one is Success or there is no assertion. */
  readonly status: readonly string[];
};

/** The value of the form field `SAMLResponse`, read; undefined when it is no response of SAML 2.0. */
export function readResponse(field: unknown): ReceivedResponse | undefined {
  const text = typeof field === 'string' ? Buffer.from(field, 'base64').toString('utf8') : '';
  const root = parseXml(text);
  if (root?.localName !== 'Response' || root.namespaceURI !== NS.protocol) return undefined;
  const codes: string[] = [];
  for (
    let code = child(child(root, NS.protocol, 'Status'), NS.protocol, 'StatusCode');
    code;
    code = child(code, NS.protocol, 'StatusCode')
  ) {
    codes.push(attributeOf(code, 'Value') ?? '');
  }
  return {
    text,
    root,
    destination: attributeOf(root, 'Destination'),
    inResponseTo: attributeOf(root, 'InResponseTo'),
    issuer: textOf(child(root, NS.assertion, 'Issuer')),
    status: codes,
  };
}

export const isSuccess = (response: ReceivedResponse): boolean => response.status[0] === STATUS.success;

/** What each of the two possible signatures is worth, and the assertion as a valid one of them covers it. */
export type Verified = {
  readonly response: SignatureState;
  readonly assertionSignature: SignatureState;
  readonly assertion: Assertion;
};
type SignatureState = 'valid' | 'absent';

export type VerifyOptions = { readonly sha1: 'refused' | 'accepted' };

/** @returns undefined unless there is one readable assertion and every signature that is there is valid, at least one. */
export function verifyResponse(
  { text, root }: ReceivedResponse,
  certificates: readonly string[],
  { sha1 }: VerifyOptions,
): Verified | undefined {
  const [element, ...others] = Array.from(root.getElementsByTagNameNS(NS.assertion, 'Assertion'));
  if (!element || others.length > 0 || element.parentNode !== root) return undefined;
  const whole = check(text, root, certificates, sha1);
  const part = check(text, element, certificates, sha1);
  if (whole === 'invalid' || part === 'invalid') return undefined;
  const signed = part?.signed ?? whole?.signed;
  if (signed === undefined) return undefined;
  return {
    response: whole ? 'valid' : 'absent',
    assertionSignature: part ? 'valid' : 'absent',
    assertion: readAssertion(signed.localName === 'Response' ? onlyAssertion(signed) : signed),
  };
}

/** The signed content, parsed on its own; undefined when the element has no signature at all. */
function check(
  text: string,
  element: Element,
  certificates: readonly string[],
  sha1: VerifyOptions['sha1'],
): { readonly signed: Element } | 'invalid' | undefined {
  if (children(element, NS.signature, 'Signature').length === 0) return undefined;
  const canonical = readSigned(text, element, certificates, sha1);
  const signed = canonical === undefined ? undefined : parseXml(canonical);
  return signed ? { signed } : 'invalid';
}

function onlyAssertion(response: Element): Element {
  const assertion = child(response, NS.assertion, 'Assertion');
  if (!assertion) throw new Error('a signed response has lost its assertion');
  return assertion;
}
