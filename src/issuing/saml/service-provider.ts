import type { KeyObject } from 'node:crypto';
import { isLoopbackHost } from '../../platform/http/index.ts';
import {
  BINDING,
  bareCertificate,
  encryptionCertificateOf,
  endpointsOf,
  publicKeyOf,
  readEntity,
  SamlError,
  signingKeysOf,
} from '../../saml/index.ts';
import { attributeOf } from '../../xml/index.ts';
import type { SamlSettings } from './config.ts';
import { SamlIssuingError } from './errors.ts';

export type ConsumerService = {
  /** As registered; compared and written character by character. */
  readonly url: string;
  readonly index?: number;
  readonly isDefault: boolean;
};

export type LogoutService = {
  readonly url: URL;
  readonly responseUrl: URL;
  readonly binding: 'redirect' | 'post';
};

/** What is believed about a service provider now: from its configuration, or from its metadata. */
export type ServiceProvider = {
  readonly entityId: string;
  readonly consumers: readonly ConsumerService[];
  readonly signingKeys: readonly KeyObject[];
  /** Bare base64 of the certificate to encrypt for. */
  readonly encryptionCertificate?: string;
  readonly signsRequests: boolean;
  readonly slo?: LogoutService;
  /** Where it takes logout requests server to server. */
  readonly soapLogout?: URL;
  readonly validUntil?: Date;
  /** For how long its metadata wants to be kept before it is read again. */
  readonly cacheMs?: number;
};

/** Expects settings that passed their check. */
export function configuredServiceProvider(settings: SamlSettings): ServiceProvider {
  const certificates = settings.certificates.map(({ certificate }) => certificate);
  const encryption = settings.encryptionCertificate ?? certificates[0];
  return {
    entityId: settings.entityId ?? '',
    consumers: settings.acs.map(({ url, index, default: isDefault }) => ({
      url,
      isDefault,
      ...(index !== undefined && { index }),
    })),
    signingKeys: certificates.flatMap((certificate) => publicKeyOf(certificate) ?? []),
    ...(encryption !== undefined && { encryptionCertificate: bareCertificate(encryption) }),
    signsRequests: false,
    ...configuredLogout(settings),
  };
}

/**
 * Reads a service provider's metadata (SAML Metadata 2.4.4). Only addresses with https, or loopback where that is
 * allowed, are taken; nothing inside is ever fetched.
 *
 * @throws SamlError `saml.metadata_refused`
 */
export function serviceProviderIn(
  xml: string,
  settings: SamlSettings,
  { now, allowInsecureLoopback }: { readonly now: Date; readonly allowInsecureLoopback: boolean },
): ServiceProvider {
  const { entityId, role, validUntil, cacheMs } = readEntity(xml, {
    role: 'SPSSODescriptor',
    entityId: settings.entityId,
    signedBy: pinnedKeys(settings),
    now,
  });
  const accepts = (location: string): boolean => isAcceptable(location, allowInsecureLoopback);
  const consumers = consumersOf(role, accepts);
  if (consumers.length === 0) {
    throw new SamlError('saml.metadata_refused', 'metadata names no HTTP-POST consumer service with https');
  }
  const slo = logoutOf(role, accepts);
  const soap = endpointsOf(role, 'SingleLogoutService').find(
    ({ binding, location }) => binding === BINDING.soap && accepts(location),
  );
  const encryption = encryptionCertificateOf(role);
  return {
    entityId,
    consumers,
    signingKeys: signingKeysOf(role),
    ...(encryption !== undefined && { encryptionCertificate: encryption }),
    signsRequests: /^(true|1)$/.test(attributeOf(role, 'AuthnRequestsSigned') ?? ''),
    ...(slo && { slo }),
    ...(soap && { soapLogout: new URL(soap.location) }),
    ...configuredLogout(settings),
    ...(validUntil && { validUntil }),
    ...(cacheMs !== undefined && { cacheMs }),
  };
}

/** A pin that cannot be read must not become "no pin". */
function pinnedKeys({ metadataCertificates }: SamlSettings): readonly KeyObject[] {
  const keys = metadataCertificates.map(({ certificate }) => publicKeyOf(certificate));
  if (keys.includes(undefined)) {
    throw new SamlError('saml.metadata_refused', 'a certificate of metadataCertificates cannot be read');
  }
  return keys.filter((key) => key !== undefined);
}

function consumersOf(role: Element, accepts: (location: string) => boolean): ConsumerService[] {
  return endpointsOf(role, 'AssertionConsumerService')
    .filter(({ binding, location }) => binding === BINDING.post && accepts(location))
    .map(({ location, element }) => {
      const index = attributeOf(element, 'index');
      return {
        url: location,
        isDefault: /^(true|1)$/.test(attributeOf(element, 'isDefault') ?? ''),
        ...(index !== undefined && /^\d{1,5}$/.test(index) && { index: Number(index) }),
      };
    });
}

function logoutOf(role: Element, accepts: (location: string) => boolean): LogoutService | undefined {
  const services = endpointsOf(role, 'SingleLogoutService');
  for (const binding of ['redirect', 'post'] as const) {
    const service = services.find((each) => each.binding === BINDING[binding] && accepts(each.location));
    if (!service) continue;
    const response = attributeOf(service.element, 'ResponseLocation');
    const answers = response !== undefined && accepts(response) ? response : service.location;
    return { url: new URL(service.location), responseUrl: new URL(answers), binding };
  }
  return undefined;
}

function configuredLogout({ slo }: SamlSettings): Pick<ServiceProvider, 'slo' | 'soapLogout'> {
  if (!slo) return {};
  const { url, responseUrl = url, binding, soapUrl } = slo;
  return {
    slo: { url: new URL(url), responseUrl: new URL(responseUrl), binding },
    ...(soapUrl !== undefined && { soapLogout: new URL(soapUrl) }),
  };
}

/** R2.7: http only for loopback hosts, and only when the configuration says so. */
export function isAcceptable(location: string, allowInsecureLoopback: boolean): boolean {
  if (!URL.canParse(location)) return false;
  const { protocol, hostname } = new URL(location);
  return protocol === 'https:' || (protocol === 'http:' && allowInsecureLoopback && isLoopbackHost(hostname));
}

/** SAML Metadata 2.2.3: the one marked as default, else the first. */
export function defaultConsumer({ consumers }: ServiceProvider): ConsumerService | undefined {
  return consumers.find(({ isDefault }) => isDefault) ?? consumers[0];
}

/** The certificate to encrypt for, bare; never in clear instead. @throws SamlIssuingError when none is known. */
export function encryptionOf({ encryptionCertificate }: ServiceProvider): string {
  if (encryptionCertificate !== undefined) return encryptionCertificate;
  throw new SamlIssuingError('issuing.saml_no_encryption_key', 'no certificate to encrypt for is known');
}
