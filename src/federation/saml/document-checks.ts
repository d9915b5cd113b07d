import { ENTITY, SAML, SAMLP } from '../../saml/index.ts';
import { anywhereNamed, attributeOf, childElements, isNamed, plainText } from '../../xml/index.ts';
import { FederationError, type FederationErrorCode } from '../errors.ts';

export type ResponseExpectations = {
  readonly issuer: string;
  readonly acsUrl: string;
};

type Check = {
  readonly rule: string;
  readonly code: FederationErrorCode;
  readonly passes: (response: Element, expected: ResponseExpectations) => boolean;
};

/**
 * What the document must look like before any signature is looked at. Wrapping attacks need a second assertion,
 * or a signature somewhere else than in the element that is used: neither has a place here.
 */
const CHECKS: readonly Check[] = [
  {
    rule: 'SAML Core 3.2.2: the message is a Response of version 2.0',
    code: 'federation.answer_malformed',
    passes: (response) => isNamed(response, SAMLP, 'Response') && attributeOf(response, 'Version') === '2.0',
  },
  {
    rule: 'one assertion at most, directly in the Response, wherever one looks and whatever its namespace',
    code: 'federation.signature_invalid',
    passes: (response) => {
      const all = assertionsAnywhere(response);
      return (
        all.length <= 1 &&
        all.every((element) => element.parentNode === response && element.namespaceURI === SAML)
      );
    },
  },
  {
    rule: 'SAML Core 5.4.2: signatures stand in the Response or in its assertion, nowhere else',
    code: 'federation.signature_invalid',
    passes: (response) => {
      const places: readonly (Node | null)[] = [response, ...assertionsAnywhere(response)];
      return anywhereNamed(response.ownerDocument, 'Signature').every(({ parentNode }) =>
        places.includes(parentNode),
      );
    },
  },
  {
    rule: 'no message within the message',
    code: 'federation.signature_invalid',
    passes: (response) => anywhereNamed(response.ownerDocument, 'Response').length === 1,
  },
  {
    rule: 'only a whole assertion may be encrypted: encrypted parts would escape these checks',
    code: 'federation.answer_malformed',
    passes: (response) =>
      ['EncryptedID', 'NewEncryptedID', 'EncryptedAttribute'].every(
        (name) => anywhereNamed(response.ownerDocument, name).length === 0,
      ),
  },
  {
    rule: 'SAML Profiles 4.1.4.2: the Issuer, if present, is the upstream',
    code: 'federation.wrong_issuer',
    passes: (response, { issuer }) => {
      const issuers = childElements(response).filter((child) => child.localName === 'Issuer');
      return issuers.length <= 1 && issuers.every((element) => isIssuer(element, issuer));
    },
  },
  {
    rule: 'SAML Bindings 3.5.5.2: Destination is our address; a signed message must have one',
    code: 'federation.wrong_destination',
    passes: (response, { acsUrl }) => {
      const destination = attributeOf(response, 'Destination');
      const signed = childElements(response).some((child) => child.localName === 'Signature');
      return destination === undefined ? !signed : destination === acsUrl;
    },
  },
];

/** @throws FederationError naming the first rule that is broken. */
export function checkDocument(response: Element, expected: ResponseExpectations): void {
  const broken = CHECKS.find((check) => !check.passes(response, expected));
  if (broken) throw new FederationError(broken.code, broken.rule);
}

/** The same for an assertion that came out of an EncryptedAssertion: it is a document of its own. */
export function checkDecrypted(root: Element): void {
  const { ownerDocument } = root;
  const alone = anywhereNamed(ownerDocument, 'Assertion').length === 1 && isNamed(root, SAML, 'Assertion');
  const plain = [
    'EncryptedAssertion',
    'EncryptedData',
    'EncryptedID',
    'EncryptedAttribute',
    'Response',
  ].every((name) => anywhereNamed(ownerDocument, name).length === 0);
  const signedWhole = anywhereNamed(ownerDocument, 'Signature').every(
    ({ parentNode }) => parentNode === root,
  );
  if (alone && plain && signedWhole) return;
  throw new FederationError('federation.signature_invalid', 'what was encrypted is not one plain assertion');
}

function assertionsAnywhere(response: Element): Element[] {
  const { ownerDocument } = response;
  return [
    ...anywhereNamed(ownerDocument, 'Assertion'),
    ...anywhereNamed(ownerDocument, 'EncryptedAssertion'),
  ];
}

/** SAML Core 2.2.5 and 8.3.6: an Issuer's format is that of an entity, or not given. */
export function isIssuer(element: Element, expected: string): boolean {
  const format = attributeOf(element, 'Format');
  return (
    isNamed(element, SAML, 'Issuer') &&
    (format === undefined || format === ENTITY) &&
    plainText(element) === expected
  );
}
