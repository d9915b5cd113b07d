import { createHash } from 'node:crypto';
import type { ProviderBody } from './calls.ts';
import type { IconikTarget } from './config.ts';
import type { IdentityProvider } from './schema.ts';

type Trust = NonNullable<IconikTarget['identityProvider']>;
type Settings = Readonly<Record<string, unknown>>;

/** What iconik must check of our assertions; both signatures, and no weaker algorithm than ours. */
const STRICT = {
  want_assertions_signed: true,
  want_messages_signed: true,
  name_id_encrypted: false,
  signature_algorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  digest_algorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
} as const;
/** What iconik reads out of metadata and we take over. */
const FROM_METADATA = ['idp_entity_id', 'idp_sso_post_url', 'idp_sls_redirect_url', 'idp_x509cert'] as const;
/** What would still hold beside our own word: an address that we left, another certificate that is trusted. */
const MUST_NOT_STAY = ['idp_sls_redirect_url', 'cert_fingerprint', 'cert_fingerprint_algorithm'];

const WORDS: Readonly<Record<string, string>> = {
  name: 'name',
  idp_entity_id: 'entity id',
  idp_sso_post_url: 'sign-in address',
  idp_sls_redirect_url: 'sign-out address',
  idp_x509cert: 'signing certificate',
  cert_fingerprint: 'fingerprint of another certificate',
};

/** @param read what iconik makes of our metadata. */
export function wantedProvider(trust: Trust, read: Settings): ProviderBody {
  const taken = FROM_METADATA.flatMap((key) => (read[key] === undefined ? [] : [[key, read[key]] as const]));
  return {
    type: 'GENERIC',
    settings: { name: trust.name, ...Object.fromEntries(taken), ...STRICT },
    verbose_logging: trust.verboseLogging,
  };
}

/** Names of what the entry has otherwise than it should. */
export function differences(known: IdentityProvider, wanted: ProviderBody): readonly string[] {
  const { settings, verbose_logging, type } = wanted;
  const left = MUST_NOT_STAY.filter((key) => settings[key] === undefined && isSet(known.settings[key]));
  return [
    ...Object.keys(settings).filter((key) => !isSame(known.settings[key], settings[key])),
    ...left,
    ...(known.verbose_logging === verbose_logging ? [] : ['verbose_logging']),
    ...(known.type === type ? [] : ['type']),
  ];
}

/** The change in a sentence, for whoever asked for it; certificates are told by what both sides can show. */
export function updateSentence(name: string, changed: readonly string[], { settings }: ProviderBody): string {
  const what = changed.map((key) => (WORDS[key] === undefined ? key : `${WORDS[key]} (${key})`)).join(', ');
  const sentence = `The identity provider "${name}" was brought up to date: ${what}.`;
  if (!changed.includes('idp_x509cert')) return sentence;
  return `${sentence} Its certificate now has the SHA-256 fingerprint ${fingerprint(settings['idp_x509cert'])}.`;
}

function fingerprint(certificate: unknown): string {
  const hash = createHash('sha256').update(Buffer.from(String(plain(certificate)), 'base64'));
  return (hash.digest('hex').toUpperCase().match(/../g) ?? []).join(':');
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** A certificate is the same with and without its armour and line breaks. */
function isSame(one: unknown, other: unknown): boolean {
  return plain(one) === plain(other);
}

function plain(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/-----[A-Z ]+-----|\s/g, '') : value;
}
