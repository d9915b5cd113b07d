// @peculiar/x509 is built on decorators and needs this first.
import 'reflect-metadata';
import { createSign, type KeyLike, webcrypto } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';
import { SignedXml } from 'xml-crypto';
import { encrypt } from 'xml-encryption';
import type { Clock } from '../../src/base/index.ts';

export type SigningKey = { readonly privateKeyPem: string; readonly certificatePem: string };

const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion';
const SAMLP = 'urn:oasis:names:tc:SAML:2.0:protocol';
export const ALGORITHM = {
  rsaSha256: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  rsaSha384: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384',
  rsaSha512: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  rsaSha1: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
  rsaMd5: 'http://www.w3.org/2001/04/xmldsig-more#rsa-md5',
  ecdsaSha256: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
  hmacSha1: 'http://www.w3.org/2000/09/xmldsig#hmac-sha1',
  sha256: 'http://www.w3.org/2001/04/xmlenc#sha256',
  sha1: 'http://www.w3.org/2000/09/xmldsig#sha1',
  exclusive: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  exclusiveWithComments: 'http://www.w3.org/2001/10/xml-exc-c14n#WithComments',
  inclusive: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
  enveloped: 'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
} as const;

export type SignatureOptions = {
  key?: SigningKey;
  algorithm?: string;
  digest?: string;
  canonicalization?: string;
  transforms?: string[];
};

/** Everything that a test may say differently; what is left out is as it should be. */
export type ResponseOptions = {
  requestId?: string;
  /** InResponseTo of the envelope; null leaves it out. */
  envelopeRequestId?: string | null;
  responseId?: string;
  assertionId?: string;
  responseIssuer?: string | null;
  assertionIssuer?: string;
  destination?: string | null;
  recipient?: string | null;
  audience?: string | null;
  method?: string;
  /** Replaces the whole SubjectConfirmation. */
  confirmation?: string;
  nameId?: string;
  nameIdFormat?: string;
  attributes?: Record<string, string[]>;
  /** Milliseconds from now. */
  issued?: number;
  notBefore?: number;
  notOnOrAfter?: number;
  confirmedUntil?: number | null;
  authnInstant?: number;
  sessionNotOnOrAfter?: number;
  statement?: string;
  extraConditions?: string;
  status?: string;
  innerStatus?: string;
  sign?: 'assertion' | 'response' | 'both' | 'none';
  signature?: SignatureOptions;
  encrypt?: { content: string; transport: string; certificatePem: string };
  /** Changes the assertion before it is signed. */
  beforeSigning?: (assertion: string) => string;
  /** Changes the assertion after it is signed, before it is encrypted. */
  afterSigning?: (assertion: string) => string;
};

/** A SAML identity provider that signs whatever a test wants. Shares no code with the product, nor with the sandbox. */
export class SamlIdp {
  readonly entityId = 'https://idp.example/saml/metadata';
  readonly ssoUrl = 'https://idp.example/saml/sso';
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly sp: { readonly entityId: string; readonly acsUrl: string };

  constructor(key: SigningKey, clock: Clock, sp: SamlIdp['sp']) {
    this.key = key;
    this.clock = clock;
    this.sp = sp;
  }

  /** The value of the form field. */
  async response(options: ResponseOptions = {}): Promise<string> {
    return encode(await this.responseXml(options));
  }

  async responseXml(options: ResponseOptions = {}): Promise<string> {
    const sign = options.sign ?? 'assertion';
    let assertion = this.assertion(options);
    assertion = options.beforeSigning?.(assertion) ?? assertion;
    if (sign === 'assertion' || sign === 'both') {
      assertion = this.sign(assertion, 'Assertion', options.signature);
    }
    assertion = options.afterSigning?.(assertion) ?? assertion;
    if (options.encrypt) {
      const data = await encryptTo(assertion, options.encrypt);
      assertion = `<saml:EncryptedAssertion xmlns:saml="${SAML}">${data}</saml:EncryptedAssertion>`;
    }
    const response = this.envelope(assertion, options);
    return sign === 'response' || sign === 'both'
      ? this.sign(response, 'Response', options.signature)
      : response;
  }

  /** A response without an assertion. */
  failure(options: ResponseOptions): string {
    const xml = this.envelope('', options);
    return encode(options.sign === 'response' ? this.sign(xml, 'Response', options.signature) : xml);
  }

  assertion(o: ResponseOptions): string {
    const attributes = Object.entries(o.attributes ?? { guid: ['g-1'], mail: ['mira@halden.example'] });
    const statement =
      o.statement ??
      `<saml:AuthnStatement AuthnInstant="${this.at(o.authnInstant ?? 0)}" SessionIndex="si-1"` +
        `${o.sessionNotOnOrAfter === undefined ? '' : ` SessionNotOnOrAfter="${this.at(o.sessionNotOnOrAfter)}"`}>` +
        '<saml:AuthnContext><saml:AuthnContextClassRef>name/password/uri</saml:AuthnContextClassRef>' +
        '</saml:AuthnContext></saml:AuthnStatement>';
    return (
      `<saml:Assertion xmlns:saml="${SAML}" ID="${o.assertionId ?? '_a1'}" Version="2.0"` +
      ` IssueInstant="${this.at(o.issued ?? 0)}"><saml:Issuer>${o.assertionIssuer ?? this.entityId}</saml:Issuer>` +
      `<saml:Subject><saml:NameID Format="${o.nameIdFormat ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'}">` +
      `${o.nameId ?? 'p-mira'}</saml:NameID>${o.confirmation ?? this.confirmation(o)}</saml:Subject>` +
      `<saml:Conditions NotBefore="${this.at(o.notBefore ?? 0)}" NotOnOrAfter="${this.at(o.notOnOrAfter ?? 300_000)}">` +
      `${audience(o.audience === undefined ? this.sp.entityId : o.audience)}${o.extraConditions ?? ''}</saml:Conditions>` +
      `${statement}<saml:AttributeStatement>${attributes.map(attribute).join('')}</saml:AttributeStatement>` +
      '</saml:Assertion>'
    );
  }

  confirmation(o: ResponseOptions = {}): string {
    const request = o.requestId ?? '_req1';
    const recipient = o.recipient === undefined ? this.sp.acsUrl : o.recipient;
    const until = o.confirmedUntil === undefined ? 300_000 : o.confirmedUntil;
    return (
      `<saml:SubjectConfirmation Method="${o.method ?? 'urn:oasis:names:tc:SAML:2.0:cm:bearer'}">` +
      `<saml:SubjectConfirmationData${request === '' ? '' : ` InResponseTo="${request}"`}` +
      `${recipient === null ? '' : ` Recipient="${recipient}"`}` +
      `${until === null ? '' : ` NotOnOrAfter="${this.at(until)}"`}></saml:SubjectConfirmationData>` +
      '</saml:SubjectConfirmation>'
    );
  }

  envelope(content: string, o: ResponseOptions): string {
    const request = o.envelopeRequestId === undefined ? (o.requestId ?? '_req1') : o.envelopeRequestId;
    const destination = o.destination === undefined ? this.sp.acsUrl : o.destination;
    const issuer = o.responseIssuer === undefined ? this.entityId : o.responseIssuer;
    const inner = o.innerStatus
      ? `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${o.innerStatus}"></samlp:StatusCode>`
      : '';
    return (
      `<samlp:Response xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}" ID="${o.responseId ?? '_r1'}" Version="2.0"` +
      ` IssueInstant="${this.at(o.issued ?? 0)}"${destination === null ? '' : ` Destination="${destination}"`}` +
      `${request === null || request === '' ? '' : ` InResponseTo="${request}"`}>` +
      `${issuer === null ? '' : `<saml:Issuer>${issuer}</saml:Issuer>`}` +
      `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${o.status ?? 'Success'}">` +
      `${inner}</samlp:StatusCode></samlp:Status>${content}</samlp:Response>`
    );
  }

  sign(
    xml: string,
    element: 'Assertion' | 'Response' | 'EntityDescriptor',
    options: SignatureOptions = {},
  ): string {
    const algorithm = options.algorithm ?? ALGORITHM.rsaSha256;
    const engine = new SignedXml({
      privateKey: (options.key ?? this.key).privateKeyPem,
      signatureAlgorithm: algorithm as never,
      canonicalizationAlgorithm: (options.canonicalization ?? ALGORITHM.exclusive) as never,
    });
    engine.SignatureAlgorithms = { ...engine.SignatureAlgorithms, ...MORE_ALGORITHMS } as never;
    engine.addReference({
      xpath: `/*[local-name()='${element}']`,
      transforms: (options.transforms ?? [ALGORITHM.enveloped, ALGORITHM.exclusive]) as never,
      digestAlgorithm: (options.digest ?? ALGORITHM.sha256) as never,
    });
    const issuer = `/*[local-name()='${element}']/*[local-name()='Issuer']`;
    const location = xml.includes('Issuer>')
      ? { reference: issuer, action: 'after' as const }
      : { reference: `/*[local-name()='${element}']`, action: 'prepend' as const };
    engine.computeSignature(xml, { prefix: 'ds', location });
    return engine.getSignedXml();
  }

  metadata(
    options: { keys?: SigningKey[]; roles?: 'idp' | 'both'; validUntil?: Date; entityId?: string } = {},
  ): string {
    const keys = (options.keys ?? [this.key]).map((key) => keyDescriptor('signing', key)).join('');
    const sp = `<md:SPSSODescriptor protocolSupportEnumeration="${SAMLP}">${keyDescriptor('signing', this.key)}<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/wrong" index="0"/></md:SPSSODescriptor>`;
    const until = options.validUntil ? ` validUntil="${options.validUntil.toISOString()}"` : '';
    return (
      `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"` +
      ` ID="_md" entityID="${options.entityId ?? this.entityId}"${until}>${options.roles === 'both' ? sp : ''}` +
      `<md:IDPSSODescriptor protocolSupportEnumeration="${SAMLP}">${keys}` +
      `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${this.ssoUrl}"/>` +
      `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${this.ssoUrl}"/>` +
      '</md:IDPSSODescriptor></md:EntityDescriptor>'
    );
  }

  at(offsetMs: number): string {
    return new Date(this.clock.now().getTime() + offsetMs).toISOString();
  }
}

export function encode(xml: string): string {
  return Buffer.from(xml, 'utf8').toString('base64');
}

/** An RSA or P-256 key with a self-signed certificate. */
export async function makeSigningKey(kind: 'rsa' | 'ec' = 'rsa', bits = 2048): Promise<SigningKey> {
  const algorithm =
    kind === 'rsa'
      ? {
          name: 'RSASSA-PKCS1-v1_5',
          hash: 'SHA-256',
          modulusLength: bits,
          publicExponent: new Uint8Array([1, 0, 1]),
        }
      : { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=idp.example',
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2036-01-01T00:00:00Z'),
    signingAlgorithm: algorithm,
    keys: keys as never,
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`,
    certificatePem: certificate.toString('pem'),
  };
}

function keyDescriptor(use: string, key: SigningKey): string {
  const bare = key.certificatePem.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '');
  return `<md:KeyDescriptor use="${use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${bare}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
}

function audience(value: string | null): string {
  if (value === null) return '';
  return `<saml:AudienceRestriction><saml:Audience>${value}</saml:Audience></saml:AudienceRestriction>`;
}

function attribute([name, values]: [string, string[]]): string {
  const inner = values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('');
  return `<saml:Attribute Name="${name.replaceAll('"', '&quot;')}">${inner}</saml:Attribute>`;
}

/** EncryptedData, as another library makes it. */
export function encryptTo(xml: string, options: NonNullable<ResponseOptions['encrypt']>): Promise<string> {
  return new Promise((resolve, reject) => {
    const settings = {
      rsa_pub: options.certificatePem,
      pem: options.certificatePem,
      encryptionAlgorithm: options.content,
      keyEncryptionAlgorithm: options.transport,
      keyEncryptionDigest: 'sha1',
      disallowEncryptionWithInsecureAlgorithm: false,
      warnInsecureAlgorithm: false,
    };
    encrypt(xml, settings as never, (error, result) => {
      if (error) reject(error);
      else resolve(String(result));
    });
  });
}

function signer(name: string, hash: string, dsaEncoding?: 'ieee-p1363'): new () => object {
  return class {
    getAlgorithmName = (): string => name;
    getSignature = (info: string, key: KeyLike): string =>
      createSign(hash)
        .update(info)
        .sign({ key: key as never, ...(dsaEncoding && { dsaEncoding }) }, 'base64');
    verifySignature = (): boolean => false;
  };
}

const MORE_ALGORITHMS = {
  [ALGORITHM.rsaSha384]: signer(ALGORITHM.rsaSha384, 'sha384'),
  [ALGORITHM.rsaMd5]: signer(ALGORITHM.rsaMd5, 'md5'),
  [ALGORITHM.ecdsaSha256]: signer(ALGORITHM.ecdsaSha256, 'sha256', 'ieee-p1363'),
};
