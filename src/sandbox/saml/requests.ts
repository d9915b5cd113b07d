import { BINDING, NS } from './names.ts';
import { attributeOf, child, children, textOf, type Xml, xml } from './xml.ts';

/** What every request and response begins with. */
type Head = {
  readonly id: string;
  readonly issuer: string;
  readonly destination: string;
  readonly now: Date;
};

function head({ id, destination, now }: Head): Xml {
  return xml`xmlns:samlp="${NS.protocol}" xmlns:saml="${NS.assertion}" ID="${id}" Version="2.0" IssueInstant="${now.toISOString()}" Destination="${destination}"`;
}

/** SAML Core 3.4.1. */
export function writeAuthnRequest(
  request: Head & {
    readonly acsUrl: string;
    readonly nameIdFormat?: string | undefined;
    readonly authnContext?: string | undefined;
    readonly forceAuthn?: boolean;
  },
): string {
  const { acsUrl, nameIdFormat, authnContext, forceAuthn } = request;
  return xml`<samlp:AuthnRequest ${head(request)} ProtocolBinding="${BINDING.post}" AssertionConsumerServiceURL="${acsUrl}"${
    forceAuthn === true && xml` ForceAuthn="true"`
  }><saml:Issuer>${request.issuer}</saml:Issuer>${
    nameIdFormat !== undefined && xml`<samlp:NameIDPolicy Format="${nameIdFormat}" AllowCreate="true"/>`
  }${
    authnContext !== undefined &&
    xml`<samlp:RequestedAuthnContext Comparison="exact"><saml:AuthnContextClassRef>${authnContext}</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>`
  }</samlp:AuthnRequest>`.text;
}

/** Whose session ends. */
export type LogoutSubject = {
  readonly nameId: string;
  readonly nameIdFormat: string;
  readonly sessionIndex?: string | undefined;
};

/** SAML Core 3.7.1. */
export function writeLogoutRequest(request: Head & { readonly subject: LogoutSubject }): string {
  const { nameId, nameIdFormat, sessionIndex } = request.subject;
  const notOnOrAfter = new Date(request.now.getTime() + 300_000).toISOString();
  return xml`<samlp:LogoutRequest ${head(request)} NotOnOrAfter="${notOnOrAfter}"><saml:Issuer>${request.issuer}</saml:Issuer><saml:NameID${
    nameIdFormat !== '' && xml` Format="${nameIdFormat}"`
  }>${nameId}</saml:NameID>${
    sessionIndex !== undefined && xml`<samlp:SessionIndex>${sessionIndex}</samlp:SessionIndex>`
  }</samlp:LogoutRequest>`.text;
}

/** SAML Core 3.7.2. */
export function writeLogoutResponse(
  response: Head & { readonly inResponseTo: string; readonly status: string },
): string {
  return xml`<samlp:LogoutResponse ${head(response)} InResponseTo="${response.inResponseTo}"><saml:Issuer>${response.issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="${response.status}"/></samlp:Status></samlp:LogoutResponse>`
    .text;
}

export type LogoutRequest = {
  readonly id: string;
  readonly issuer: string;
  readonly destination: string | undefined;
  readonly notOnOrAfter: Date | undefined;
  readonly nameId: string;
  /** Empty when all sessions of the person are meant. */
  readonly sessionIndexes: readonly string[];
};

/** @returns undefined when it is no logout request. */
export function readLogoutRequest(root: Element): LogoutRequest | undefined {
  const id = attributeOf(root, 'ID');
  const nameId = textOf(child(root, NS.assertion, 'NameID'));
  if (root.localName !== 'LogoutRequest' || root.namespaceURI !== NS.protocol) return undefined;
  if (id === undefined || nameId === undefined) return undefined;
  const until = attributeOf(root, 'NotOnOrAfter');
  return {
    id,
    issuer: textOf(child(root, NS.assertion, 'Issuer')) ?? '',
    destination: attributeOf(root, 'Destination'),
    notOnOrAfter: until === undefined ? undefined : new Date(until),
    nameId,
    sessionIndexes: children(root, NS.protocol, 'SessionIndex').map((each) => textOf(each) ?? ''),
  };
}
