import { certificateBody } from '../saml/certificate.ts';
import { BINDING, NAME_ID } from '../saml/names.ts';
import { signElement } from '../saml/signing.ts';
import { type Xml, xml } from '../saml/xml.ts';
import { type AccessManager, type Endpoints, endpointsOf } from './server.ts';
import { randomXmlId } from './store.ts';

/** The metadata document. Access Manager plays both roles and lists the service provider first: a trap for hasty readers. */
export async function writeMetadata(am: AccessManager, face: 'general' | 'ours'): Promise<string> {
  const { signMetadata } = am.switches.positions;
  const id = randomXmlId();
  const endpoints = endpointsOf(am, face);
  const keys = await keyDescriptors(am);
  const text =
    xml`<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" ID="${id}" entityID="${endpoints.entityId}">${spRole(am, endpoints, keys)}${idpRole(am, endpoints, keys)}</md:EntityDescriptor>`
      .text;
  const signed = signMetadata ? signElement(text, id, await am.certificates.signing()) : text;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${signed}`;
}

async function keyDescriptors(am: AccessManager): Promise<Xml> {
  const signing = [await am.certificates.signing()];
  if (am.switches.positions.signingCertificates === 'two') signing.push(await am.certificates.nextSigning());
  const encryption = await am.certificates.encryption();
  const descriptor = (use: string, pem: string): Xml =>
    xml`<md:KeyDescriptor use="${use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificateBody(pem)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
  return xml`${signing.map(({ certificatePem }) => descriptor('signing', certificatePem))}${descriptor('encryption', encryption.certificatePem)}`;
}

const FORMATS = xml`<md:NameIDFormat>${NAME_ID.persistent}</md:NameIDFormat><md:NameIDFormat>${NAME_ID.transient}</md:NameIDFormat><md:NameIDFormat>${NAME_ID.email}</md:NameIDFormat>`;

function sloServices({ soap, slo, sloReturn }: Endpoints): Xml {
  return xml`<md:SingleLogoutService Binding="${BINDING.soap}" Location="${soap}"/><md:SingleLogoutService Binding="${BINDING.post}" Location="${slo}" ResponseLocation="${sloReturn}"/><md:SingleLogoutService Binding="${BINDING.redirect}" Location="${slo}" ResponseLocation="${sloReturn}"/>`;
}

const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';

function spRole(am: AccessManager, endpoints: Endpoints, keys: Xml): Xml {
  const consumer = am.needs.url('am', '/nidp/saml2/spassertion_consumer');
  return xml`<md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="${PROTOCOL}">${keys}${sloServices(endpoints)}${FORMATS}<md:AssertionConsumerService Binding="${BINDING.post}" Location="${consumer}" index="0" isDefault="true"/></md:SPSSODescriptor>`;
}

function idpRole(am: AccessManager, endpoints: Endpoints, keys: Xml): Xml {
  const wants = am.switches.positions.wantAuthnRequestsSigned;
  return xml`<md:IDPSSODescriptor WantAuthnRequestsSigned="${String(wants)}" protocolSupportEnumeration="${PROTOCOL}">${keys}${sloServices(endpoints)}${FORMATS}<md:SingleSignOnService Binding="${BINDING.redirect}" Location="${endpoints.sso}"/><md:SingleSignOnService Binding="${BINDING.post}" Location="${endpoints.sso}"/></md:IDPSSODescriptor>`;
}
