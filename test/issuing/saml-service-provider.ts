import { createPrivateKey } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { type SamlConfig, SAML as ServiceProvider } from '@node-saml/passport-saml';
import type { Answer, Issued } from '../../src/issuing/index.ts';
import {
  element,
  formatInstant,
  type Incoming,
  type OutgoingMessage,
  sendByPost,
  sendByRedirect,
  signable,
  type XmlElement,
} from '../../src/saml/index.ts';
import type { SigningKey } from '../support/saml-idp.ts';
import { ACS, IDP, type IdpWorld, SP, SSO_URL } from './saml-world.ts';

export type RequestOptions = {
  readonly id?: string;
  readonly issuer?: string;
  readonly issuedAt?: Date;
  /** null: none. */
  readonly destination?: string | null;
  readonly version?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly XmlElement[];
};

/** An AuthnRequest as a service provider writes it. */
export function authnRequest(world: IdpWorld, options: RequestOptions = {}): OutgoingMessage {
  const { destination = SSO_URL } = options;
  const root = element(
    'samlp:AuthnRequest',
    {
      ID: options.id ?? '_req1',
      Version: options.version ?? '2.0',
      IssueInstant: formatInstant(options.issuedAt ?? world.clock.now()),
      ...(destination !== null && { Destination: destination }),
      ...options.attributes,
    },
    element('saml:Issuer', {}, options.issuer ?? SP),
    ...(options.children ?? []),
  );
  return { ...signable(root, 1), parameter: 'SAMLRequest' };
}

export type Travel = {
  readonly binding?: 'redirect' | 'post';
  /** Signs; absent: unsigned. */
  readonly key?: SigningKey;
  readonly relayState?: string;
};

/** How it comes to us through a browser. */
export async function travel(message: OutgoingMessage, options: Travel = {}): Promise<Incoming> {
  const { binding = 'redirect', key, relayState } = options;
  if (!key) return unsigned(message.head + message.tail, binding, relayState);
  const signing = { key: { privateKey: createPrivateKey(key.privateKeyPem) }, relayState };
  if (binding === 'post') return { binding, fields: await sendByPost(message, signing) };
  const url = await sendByRedirect(message, { ...signing, url: new URL(SSO_URL) });
  return { binding, query: url.search.slice(1) };
}

export function unsigned(
  xml: string,
  binding: 'redirect' | 'post' = 'redirect',
  relayState?: string,
): Incoming {
  const more = relayState === undefined ? {} : { RelayState: relayState };
  if (binding === 'post') {
    return { binding, fields: { SAMLRequest: Buffer.from(xml).toString('base64'), ...more } };
  }
  const SAMLRequest = deflateRawSync(Buffer.from(xml)).toString('base64');
  return { binding, query: new URLSearchParams({ SAMLRequest, ...more }).toString() };
}

/** The XML of an answer, and the fields around it. */
export function delivered(answer: Answer): {
  readonly xml: string;
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
} {
  if (answer.kind !== 'form') throw new Error('the answer is no form');
  const { fields, action } = answer;
  return { xml: Buffer.from(fields['SAMLResponse'] ?? '', 'base64').toString(), action: action.href, fields };
}

export function responseOf(issued: Issued): string {
  return delivered(issued.answer).xml;
}

/** node-saml as a service provider: it shares no code with what made the response. */
export function independentServiceProvider(
  world: IdpWorld,
  config: Partial<SamlConfig> = {},
): ServiceProvider {
  return new ServiceProvider({
    issuer: SP,
    audience: SP,
    callbackUrl: ACS,
    entryPoint: SSO_URL,
    idpIssuer: IDP,
    idpCert: world.idpKey.certificatePem,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    disableRequestedAuthnContext: true,
    identifierFormat: null,
    decryptionPvk: world.spKey.privateKeyPem,
    ...config,
  });
}
