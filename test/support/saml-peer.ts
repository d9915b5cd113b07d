import { createSign, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { SignedXml } from 'xml-crypto';
import type { Clock } from '../../src/base/index.ts';
import { ALGORITHM, encode, type SigningKey } from './saml-idp.ts';

const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion';
const SAMLP = 'urn:oasis:names:tc:SAML:2.0:protocol';
const STATUS = 'urn:oasis:names:tc:SAML:2.0:status:';

/** Everything that a test may say differently; what is left out is as it should be. */
export type LogoutOptions = {
  id?: string;
  issuer?: string;
  destination?: string | null;
  /** Milliseconds from now. */
  issued?: number;
  notOnOrAfter?: number | null;
  nameId?: string;
  indexes?: readonly string[];
  inResponseTo?: string;
  /** Status codes, outermost first. */
  status?: readonly string[];
  relayState?: string;
  key?: SigningKey;
  algorithm?: 'sha256' | 'sha1' | 'md5';
  sign?: boolean;
};

/** The other side of single logout, whichever role it has. Shares no code with the product. */
export class SamlPeer {
  readonly entityId: string;
  readonly key: SigningKey;
  readonly clock: Clock;
  /** Where the product takes logout messages of this peer. */
  readonly theirSlo: string;

  constructor(options: { entityId: string; key: SigningKey; clock: Clock; theirSlo: string }) {
    this.entityId = options.entityId;
    this.key = options.key;
    this.clock = options.clock;
    this.theirSlo = options.theirSlo;
  }

  request(o: LogoutOptions = {}): string {
    const end = o.notOnOrAfter === undefined ? 300_000 : o.notOnOrAfter;
    return (
      `<samlp:LogoutRequest ${this.#head(o)}${end === null ? '' : ` NotOnOrAfter="${this.#at(end)}"`}>` +
      `<saml:Issuer>${o.issuer ?? this.entityId}</saml:Issuer><saml:NameID>${o.nameId ?? ''}</saml:NameID>` +
      (o.indexes ?? []).map((index) => `<samlp:SessionIndex>${index}</samlp:SessionIndex>`).join('') +
      '</samlp:LogoutRequest>'
    );
  }

  response(o: LogoutOptions = {}): string {
    const status = (o.status ?? ['Success']).reduceRight(
      (inner, code) => `<samlp:StatusCode Value="${STATUS}${code}">${inner}</samlp:StatusCode>`,
      '',
    );
    return (
      `<samlp:LogoutResponse ${this.#head(o)} InResponseTo="${o.inResponseTo ?? '_nothing'}">` +
      `<saml:Issuer>${o.issuer ?? this.entityId}</saml:Issuer><samlp:Status>${status}</samlp:Status>` +
      '</samlp:LogoutResponse>'
    );
  }

  /** The message as the query of a redirect, signed over its octets. */
  redirect(xml: string, o: LogoutOptions = {}, to = this.theirSlo): string {
    const name = xml.startsWith('<samlp:LogoutRequest') ? 'SAMLRequest' : 'SAMLResponse';
    const message = deflateRawSync(Buffer.from(xml)).toString('base64');
    const parts = [`${name}=${encodeURIComponent(message)}`];
    if (o.relayState !== undefined) parts.push(`RelayState=${encodeURIComponent(o.relayState)}`);
    if (o.sign !== false) {
      const [algorithm, hash] = NAMES[o.algorithm ?? 'sha256'];
      parts.push(`SigAlg=${encodeURIComponent(algorithm)}`);
      const signature = createSign(hash)
        .update(parts.join('&'))
        .sign((o.key ?? this.key).privateKeyPem);
      parts.push(`Signature=${encodeURIComponent(signature.toString('base64'))}`);
    }
    return `${to}?${parts.join('&')}`;
  }

  /** The message as fields of a form, signed inside. */
  post(xml: string, o: LogoutOptions = {}): Record<string, string> {
    const name = xml.startsWith('<samlp:LogoutRequest') ? 'SAMLRequest' : 'SAMLResponse';
    const text = o.sign === false ? xml : signed(xml, o.key ?? this.key, o.algorithm ?? 'sha256');
    return { [name]: encode(text), ...(o.relayState !== undefined && { RelayState: o.relayState }) };
  }

  /** The message with its signature inside. */
  signed(xml: string, o: LogoutOptions = {}): string {
    return signed(xml, o.key ?? this.key, o.algorithm ?? 'sha256');
  }

  #head(o: LogoutOptions): string {
    const destination = o.destination === undefined ? this.theirSlo : o.destination;
    return (
      `xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}" ID="${o.id ?? `_${randomBytes(16).toString('hex')}`}"` +
      ` Version="2.0" IssueInstant="${this.#at(o.issued ?? 0)}"` +
      (destination === null ? '' : ` Destination="${destination}"`)
    );
  }

  #at(offsetMs: number): string {
    return new Date(this.clock.now().getTime() + offsetMs).toISOString();
  }
}

/** What a message of the product says, read without trust. */
export function readSent(parameters: URLSearchParams): {
  readonly kind: string;
  readonly id: string;
  readonly xml: string;
  readonly inResponseTo: string | undefined;
  readonly nameId: string | undefined;
  readonly indexes: readonly string[];
  readonly status: readonly string[];
  readonly relayState: string | undefined;
} {
  const text = parameters.get('SAMLRequest') ?? parameters.get('SAMLResponse') ?? '';
  const bytes = Buffer.from(text, 'base64');
  const xml = bytes[0] === 0x3c ? bytes.toString() : inflateRawSync(bytes).toString();
  const one = (pattern: RegExp): string | undefined => pattern.exec(xml)?.[1];
  return {
    kind: one(/^<samlp:(\w+)/) ?? '',
    id: one(/ ID="([^"]+)"/) ?? '',
    xml,
    inResponseTo: one(/ InResponseTo="([^"]+)"/),
    nameId: one(/<saml:NameID[^>]*>([^<]*)</),
    indexes: [...xml.matchAll(/<samlp:SessionIndex>([^<]*)</g)].map(([, index = '']) => index),
    status: [...xml.matchAll(/<samlp:StatusCode[^>]* Value="urn:oasis:names:tc:SAML:2.0:status:(\w+)"/g)].map(
      ([, code = '']) => code,
    ),
    relayState: parameters.get('RelayState') ?? undefined,
  };
}

const NAMES = {
  sha256: [ALGORITHM.rsaSha256, 'sha256'],
  sha1: [ALGORITHM.rsaSha1, 'sha1'],
  md5: [ALGORITHM.rsaMd5, 'md5'],
} as const;

function signed(xml: string, key: SigningKey, algorithm: 'sha256' | 'sha1' | 'md5'): string {
  const root = '/*';
  const engine = new SignedXml({
    privateKey: key.privateKeyPem,
    signatureAlgorithm: (algorithm === 'sha256' ? ALGORITHM.rsaSha256 : ALGORITHM.rsaSha1) as never,
    canonicalizationAlgorithm: ALGORITHM.exclusive as never,
  });
  engine.addReference({
    xpath: root,
    transforms: [ALGORITHM.enveloped, ALGORITHM.exclusive] as never,
    digestAlgorithm: algorithm === 'sha256' ? ALGORITHM.sha256 : ALGORITHM.sha1,
  });
  engine.computeSignature(xml, {
    prefix: 'ds',
    location: { reference: `${root}/*[local-name()='Issuer']`, action: 'after' },
  });
  return engine.getSignedXml();
}
