import {
  BEARER,
  type CanonicalText,
  element,
  formatInstant,
  type NameId,
  type Signable,
  signable,
  writeNameId,
  writeStatus,
  type XmlElement,
} from '../../saml/index.ts';
import type { OutgoingAttribute } from './claims.ts';

export type NewAssertion = {
  readonly id: string;
  /** Our entity id. */
  readonly issuer: string;
  readonly now: Date;
  readonly nameId: NameId;
  /** Entity id of the service provider. */
  readonly audience: string;
  readonly recipient: string;
  /** Absent in an unsolicited response. */
  readonly inResponseTo?: string | undefined;
  readonly notBefore: Date;
  readonly notOnOrAfter: Date;
  readonly authnInstant: Date;
  readonly contextClass: string;
  readonly sessionIndex: string;
  readonly sessionNotOnOrAfter: Date;
  readonly attributes: readonly OutgoingAttribute[];
};

/** SAML Core 2.3.3, as Profiles 4.1.4.2 wants it for a browser. The signature's place is after the Issuer. */
export function writeAssertion(assertion: NewAssertion): Signable {
  const root = element(
    'saml:Assertion',
    { ID: assertion.id, Version: '2.0', IssueInstant: formatInstant(assertion.now) },
    element('saml:Issuer', {}, assertion.issuer),
    writeSubject(assertion),
    element(
      'saml:Conditions',
      {
        NotBefore: formatInstant(assertion.notBefore),
        NotOnOrAfter: formatInstant(assertion.notOnOrAfter),
      },
      element('saml:AudienceRestriction', {}, element('saml:Audience', {}, assertion.audience)),
    ),
    writeAuthnStatement(assertion),
    writeAttributes(assertion.attributes),
  );
  return signable(root, 1);
}

function writeSubject({ nameId, notOnOrAfter, recipient, inResponseTo }: NewAssertion): XmlElement {
  const data = element('saml:SubjectConfirmationData', {
    NotOnOrAfter: formatInstant(notOnOrAfter),
    Recipient: recipient,
    InResponseTo: inResponseTo,
  });
  const confirmation = element('saml:SubjectConfirmation', { Method: BEARER }, data);
  return element('saml:Subject', {}, writeNameId(nameId), confirmation);
}

function writeAuthnStatement(assertion: NewAssertion): XmlElement {
  return element(
    'saml:AuthnStatement',
    {
      AuthnInstant: formatInstant(assertion.authnInstant),
      SessionIndex: assertion.sessionIndex,
      SessionNotOnOrAfter: formatInstant(assertion.sessionNotOnOrAfter),
    },
    element('saml:AuthnContext', {}, element('saml:AuthnContextClassRef', {}, assertion.contextClass)),
  );
}

/** SAML Core 2.7.3: a statement has at least one attribute, so without any there is none. */
function writeAttributes(attributes: readonly OutgoingAttribute[]): XmlElement | undefined {
  if (attributes.length === 0) return undefined;
  const written = attributes.map(({ name, nameFormat, friendlyName, values }) =>
    element(
      'saml:Attribute',
      { Name: name, NameFormat: nameFormat, FriendlyName: friendlyName },
      ...values.map((value) => element('saml:AttributeValue', {}, value)),
    ),
  );
  return element('saml:AttributeStatement', {}, ...written);
}

export type NewResponse = {
  readonly id: string;
  readonly issuer: string;
  readonly now: Date;
  readonly destination: string;
  readonly inResponseTo?: string | undefined;
  /** Last parts of the status codes, outermost first. */
  readonly status: readonly string[];
  readonly message?: string;
  /** The assertion, signed or encrypted as it will be. */
  readonly assertion?: CanonicalText;
};

/** SAML Core 3.3.3 */
export function writeResponse(response: NewResponse): Signable {
  const root = element(
    'samlp:Response',
    {
      ID: response.id,
      Version: '2.0',
      IssueInstant: formatInstant(response.now),
      Destination: response.destination,
      InResponseTo: response.inResponseTo,
    },
    element('saml:Issuer', {}, response.issuer),
    writeStatus(response.status, response.message),
    response.assertion,
  );
  return signable(root, 1);
}
