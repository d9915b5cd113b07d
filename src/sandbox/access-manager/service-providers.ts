import type { Broker } from '../frame/broker.ts';
import type { Outbound } from '../frame/outbound.ts';
import { certificatePem } from '../saml/certificate.ts';
import { BINDING, NS } from '../saml/names.ts';
import { attributeOf, child, children, parseXml, textOf } from '../saml/xml.ts';

export type Endpoint = {
  readonly binding: string;
  readonly location: string;
  readonly responseLocation: string;
  readonly index?: string;
  readonly isDefault: boolean;
};

/** What a service provider's metadata says (SAML Metadata 2.4.4). */
export type ServiceProvider = {
  readonly entityId: string;
  readonly signsRequests: boolean;
  readonly acs: readonly Endpoint[];
  readonly slo: readonly Endpoint[];
  /** PEM. */
  readonly signingCertificates: readonly string[];
  readonly encryptionCertificates: readonly string[];
};

/** The service providers that an administrator imported. */
export interface ServiceProviders {
  /** @returns undefined when it is not registered, or its metadata cannot be had. */
  find(entityId: string): Promise<ServiceProvider | undefined>;
  isRegistered(entityId: string): boolean;
  /** Imports all metadata again when next needed. */
  reload(): void;
}

export function createServiceProviders(broker: () => Broker, outbound: Outbound): ServiceProviders {
  const imported = new Map<string, { source: string; provider: ServiceProvider }>();
  return {
    find: async (entityId) => {
      const registration = broker().serviceProviders.find((each) => each.entityId === entityId);
      if (!registration) return undefined;
      const source = registration.metadata ?? registration.metadataUrl ?? '';
      const known = imported.get(entityId);
      if (known?.source === source) return known.provider;
      const text = registration.metadata ?? (await fetchMetadata(outbound, source));
      const provider = text === undefined ? undefined : readMetadata(text, entityId);
      if (provider) imported.set(entityId, { source, provider });
      return provider;
    },
    isRegistered: (entityId) => broker().serviceProviders.some((each) => each.entityId === entityId),
    reload: () => imported.clear(),
  };
}

async function fetchMetadata(outbound: Outbound, url: string): Promise<string | undefined> {
  if (url === '') return undefined;
  try {
    const reply = await outbound({ url });
    return reply.status === 200 ? reply.body : undefined;
  } catch {
    return undefined;
  }
}

function readMetadata(text: string, entityId: string): ServiceProvider | undefined {
  const root = parseXml(text);
  const role = child(root, NS.metadata, 'SPSSODescriptor');
  if (!root || !role || attributeOf(root, 'entityID') !== entityId) return undefined;
  return {
    entityId,
    signsRequests: ['true', '1'].includes(attributeOf(role, 'AuthnRequestsSigned') ?? ''),
    acs: children(role, NS.metadata, 'AssertionConsumerService').map(readEndpoint),
    slo: children(role, NS.metadata, 'SingleLogoutService').map(readEndpoint),
    signingCertificates: readCertificates(role, 'signing'),
    encryptionCertificates: readCertificates(role, 'encryption'),
  };
}

function readEndpoint(element: Element): Endpoint {
  const location = attributeOf(element, 'Location') ?? '';
  const index = attributeOf(element, 'index');
  return {
    binding: attributeOf(element, 'Binding') ?? '',
    location,
    responseLocation: attributeOf(element, 'ResponseLocation') ?? location,
    isDefault: ['true', '1'].includes(attributeOf(element, 'isDefault') ?? ''),
    ...(index !== undefined && { index }),
  };
}

/** A descriptor without `use` serves both (SAML Metadata 2.4.1.1). */
function readCertificates(role: Element, use: 'signing' | 'encryption'): string[] {
  return children(role, NS.metadata, 'KeyDescriptor')
    .filter((descriptor) => (attributeOf(descriptor, 'use') ?? use) === use)
    .flatMap((descriptor) => children(descriptor, NS.signature, 'KeyInfo'))
    .flatMap((info) => children(info, NS.signature, 'X509Data'))
    .flatMap((data) => children(data, NS.signature, 'X509Certificate'))
    .map((certificate) => certificatePem(textOf(certificate) ?? ''));
}

export type WantedAcs = { readonly url?: string; readonly index?: string };

/** The consumer service that a request names, else the default one (SAML Core 3.4.1). Never one that is not in the metadata. */
export function chooseAcs(provider: ServiceProvider, wanted: WantedAcs = {}): Endpoint | undefined {
  const posts = provider.acs.filter(({ binding }) => binding === BINDING.post);
  if (wanted.url !== undefined) return posts.find(({ location }) => location === wanted.url);
  if (wanted.index !== undefined) return posts.find(({ index }) => index === wanted.index);
  return posts.find(({ isDefault }) => isDefault) ?? posts[0];
}
