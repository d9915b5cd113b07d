import { addMs, type Clock, DAY, HOUR } from '../../base/index.ts';
import type { IssuingKey, Keys } from '../../platform/keys/index.ts';
import {
  acceptedAlgorithms,
  BINDING,
  CONTENT_ENCRYPTION,
  certificateInfo,
  element,
  formatInstant,
  KEY_TRANSPORT,
  newMessageId,
  SAMLP,
  signable,
  signElement,
  type XmlElement,
} from '../../saml/index.ts';
import { NAME_ID_FORMATS } from './config.ts';

/** Readers that honour validUntil come back at least weekly, so that a new certificate reaches them. */
const VALID_MS = 7 * DAY;
const FRESH_MS = HOUR;

export type IdentityProviderUrls = {
  readonly entityId: string;
  readonly sso: string;
  readonly slo: string;
};

/**
 * Metadata of our identity provider role, signed (SAML Metadata 2.4.3). Names the active key, the next one and those
 * that were just retired, so that nobody has to be told of a change. Made anew each hour, and when keys change.
 */
export function createIdentityProviderMetadata(
  urls: IdentityProviderUrls,
  { keys, clock }: { readonly keys: Pick<Keys, 'issuingKeys'>; readonly clock: Clock },
): () => Promise<string> {
  let held: { readonly keyIds: string; readonly until: Date; readonly xml: Promise<string> } | undefined;
  return async () => {
    const published = await keys.issuingKeys('saml-identity-provider');
    const keyIds = published.map(({ keyId }) => keyId).join(' ');
    const now = clock.now();
    if (!held || held.keyIds !== keyIds || now >= held.until) {
      held = { keyIds, until: addMs(now, FRESH_MS), xml: writeMetadata(urls, published, now) };
      held.xml.catch(() => {
        held = undefined;
      });
    }
    return await held.xml;
  };
}

async function writeMetadata(
  urls: IdentityProviderUrls,
  published: readonly IssuingKey[],
  now: Date,
): Promise<string> {
  const [active] = published;
  if (!active) throw new TypeError('there is no key of the SAML identity provider');
  const root = element(
    'md:EntityDescriptor',
    {
      ID: newMessageId(),
      entityID: urls.entityId,
      validUntil: formatInstant(addMs(now, VALID_MS)),
      cacheDuration: 'PT1H',
    },
    acceptedAlgorithms(),
    role(urls, published),
  );
  const signed = await signElement(signable(root, 0), active);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${signed}\n`;
}

/** Names in logout requests may be encrypted to the key that signs; the former ones still decrypt. */
function encryption([active]: readonly IssuingKey[]): readonly XmlElement[] {
  if (active?.certificatePem === undefined) return [];
  const methods = [...CONTENT_ENCRYPTION, ...KEY_TRANSPORT];
  return [
    element(
      'md:KeyDescriptor',
      { use: 'encryption' },
      certificateInfo(active.certificatePem),
      ...methods.map((Algorithm) => element('md:EncryptionMethod', { Algorithm })),
    ),
  ];
}

/** The order of the elements matters (SAML Metadata 2.4.2 and 2.4.3). */
function role({ sso, slo }: IdentityProviderUrls, published: readonly IssuingKey[]): XmlElement {
  const certificates = published.flatMap(({ certificatePem }) => certificatePem ?? []);
  const bindings = [BINDING.redirect, BINDING.post];
  return element(
    'md:IDPSSODescriptor',
    { WantAuthnRequestsSigned: 'false', protocolSupportEnumeration: SAMLP },
    ...certificates.map((pem) => element('md:KeyDescriptor', { use: 'signing' }, certificateInfo(pem))),
    ...encryption(published),
    ...bindings.map((Binding) => element('md:SingleLogoutService', { Binding, Location: slo })),
    ...Object.values(NAME_ID_FORMATS)
      .slice(0, 4)
      .map((format) => element('md:NameIDFormat', {}, format)),
    ...bindings.map((Binding) => element('md:SingleSignOnService', { Binding, Location: sso })),
  );
}
