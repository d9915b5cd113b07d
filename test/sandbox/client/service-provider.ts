import { generateKeyPairSync } from 'node:crypto';
import { SAML, type SamlConfig } from '@node-saml/passport-saml';
import { createCertificates } from '../../../src/sandbox/access-manager/certificates.ts';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { createKeys } from '../../../src/sandbox/keys.ts';
import { type Browser, type Page, readForm } from './browser.ts';
import { send } from './request.ts';

export const SP_ENTITY = 'http://sso.localhost/login/access-manager/metadata';
export const ACS = 'http://sso.localhost/login/access-manager/acs';
export const SLO = 'http://sso.localhost/login/access-manager/slo';

export type TestServiceProvider = {
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  metadata(options?: { readonly signsRequests?: boolean; readonly slo?: 'Redirect' | 'POST' }): string;
  /** An independent implementation of our side: node-saml. Time checks are off, the sandbox has a manual clock. */
  saml(sandbox: Sandbox, change?: Partial<SamlConfig>): Promise<SAML>;
};

export async function createServiceProvider(): Promise<TestServiceProvider> {
  const certified = await createCertificates(createKeys(undefined)).signing();
  const { certificatePem } = certified;
  const privateKeyPem = certified.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const body = certificatePem.replace(/-----[^-]+-----|\s/g, '');
  const key = (use: string): string =>
    `<md:KeyDescriptor use="${use}"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
  return {
    privateKeyPem,
    certificatePem,
    metadata: ({ signsRequests = true, slo = 'Redirect' } = {}) =>
      `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${SP_ENTITY}"><md:SPSSODescriptor AuthnRequestsSigned="${signsRequests}" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${key('signing')}${key('encryption')}<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-${slo}" Location="${SLO}"/><md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${ACS}" index="0" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>`,
    saml: async (sandbox, change = {}) =>
      new SAML({
        issuer: SP_ENTITY,
        callbackUrl: ACS,
        entryPoint: sandbox.url('am', '/nidp/saml2/sso'),
        logoutUrl: sandbox.url('am', '/nidp/saml2/slo'),
        idpCert: await idpCertificates(sandbox),
        privateKey: privateKeyPem,
        decryptionPvk: privateKeyPem,
        signatureAlgorithm: 'sha256',
        digestAlgorithm: 'sha256',
        identifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
        disableRequestedAuthnContext: true,
        wantAuthnResponseSigned: false,
        acceptedClockSkewMs: -1,
        ...change,
      }),
  };
}

async function idpCertificates(sandbox: Sandbox): Promise<string[]> {
  const { body } = await send(sandbox.url('am', '/nidp/saml2/metadata'));
  const role = body.slice(body.indexOf('<md:IDPSSODescriptor'));
  const signing = role.matchAll(/use="signing">.*?<ds:X509Certificate>([^<]+)<\/ds:X509Certificate>/g);
  return [...signing].map(([, certificate = '']) => certificate);
}

/** A key that belongs to nobody. */
export function strangerKeyPem(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export async function signInAt(
  browser: Browser,
  url: string,
  login: string,
  password = 'halden-demo',
): Promise<Page> {
  const form = await browser.open(url);
  return browser.submit(form, { Ecom_User_ID: login, Ecom_Password: password });
}

export type Delivered = {
  readonly action: string;
  readonly relayState: string | undefined;
  readonly xml: string;
};

/** What the self-posting page would bring to the assertion consumer service. */
export function deliveredBy(page: Page): Delivered {
  const { action, fields } = readForm(page);
  const response = fields['SAMLResponse'];
  if (response === undefined) throw new Error(`no SAMLResponse at ${page.url}: ${page.body}`);
  return { action, relayState: fields['RelayState'], xml: Buffer.from(response, 'base64').toString('utf8') };
}

export function attributeIn(xml: string, name: string): string[] {
  const element = new RegExp(`Name="${name}"[^>]*>(.*?)</saml:Attribute>`).exec(xml)?.[1] ?? '';
  return [...element.matchAll(/<saml:AttributeValue[^>]*>([^<]*)</g)].map(([, value = '']) => value);
}
