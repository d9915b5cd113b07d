import { createPrivateKey, sign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { BINDING, formatInstant, RSA_SHA256, SAML, SAMLP } from '../../saml/index.ts';
import { escapeAttribute, escapeText, signEnveloped } from '../../xml/index.ts';
import type { Begun } from '../upstream.ts';
import type { SamlSettings } from './settings.ts';

export type AuthnRequest = {
  readonly id: string;
  readonly issuedAt: Date;
  readonly destination: URL;
  readonly forceAuthn: boolean;
  readonly isPassive: boolean;
};

/** SAML Core 3.4.1. No RequestedAuthnContext unless configured: contracts differ from site to site. */
export function writeAuthnRequest(request: AuthnRequest, settings: SamlSettings): string {
  const attributes: [string, string][] = [
    ['ID', request.id],
    ['Version', '2.0'],
    ['IssueInstant', formatInstant(request.issuedAt)],
    ['Destination', request.destination.href],
    ['AssertionConsumerServiceURL', settings.acsUrl.href],
    ['ProtocolBinding', BINDING.post],
    ...(request.forceAuthn ? [['ForceAuthn', 'true'] satisfies [string, string]] : []),
    ...(request.isPassive ? [['IsPassive', 'true'] satisfies [string, string]] : []),
  ];
  const written = attributes.map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`).join('');
  return (
    `<samlp:AuthnRequest xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}"${written}>` +
    `<saml:Issuer>${escapeText(settings.spEntityId)}</saml:Issuer>` +
    `${nameIdPolicy(settings)}${requestedContext(settings)}</samlp:AuthnRequest>`
  );
}

function nameIdPolicy({ nameIdFormat }: SamlSettings): string {
  if (nameIdFormat === undefined) return '';
  return `<samlp:NameIDPolicy Format="${escapeAttribute(nameIdFormat)}" AllowCreate="true"></samlp:NameIDPolicy>`;
}

function requestedContext({ authnContext }: SamlSettings): string {
  if (authnContext.length === 0) return '';
  const references = authnContext.map(
    (reference) => `<saml:AuthnContextClassRef>${escapeText(reference)}</saml:AuthnContextClassRef>`,
  );
  return `<samlp:RequestedAuthnContext Comparison="exact">${references.join('')}</samlp:RequestedAuthnContext>`;
}

/** SAML Bindings 3.4.4.1: the signature is over the octets of the query, in this order, as they are sent. */
export function redirectWith(xml: string, destination: URL, privateKeyPem: string): Begun['go'] {
  const message = deflateRawSync(Buffer.from(xml, 'utf8')).toString('base64');
  const signed = `SAMLRequest=${encodeURIComponent(message)}&SigAlg=${encodeURIComponent(RSA_SHA256)}`;
  const signature = sign('sha256', Buffer.from(signed, 'ascii'), createPrivateKey(privateKeyPem));
  const query = `${signed}&Signature=${encodeURIComponent(signature.toString('base64'))}`;
  const url = new URL(destination);
  url.search = url.search === '' ? query : `${url.search}&${query}`;
  return { kind: 'redirect', url };
}

/** SAML Bindings 3.5.4: the message itself carries the signature, after its Issuer. */
export function postWith(xml: string, destination: URL, privateKeyPem: string): Begun['go'] {
  const signed = signEnveloped(xml, {
    privateKeyPem,
    xpath: "/*[local-name()='AuthnRequest']",
    after: "/*[local-name()='AuthnRequest']/*[local-name()='Issuer']",
  });
  return {
    kind: 'post',
    url: destination,
    fields: { SAMLRequest: Buffer.from(signed, 'utf8').toString('base64') },
  };
}
