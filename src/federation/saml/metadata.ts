import { isLoopbackHost } from '../../platform/http/index.ts';
import {
  BINDING,
  certificatesOf,
  encryptionCertificateOf,
  endpointsOf,
  readEntity,
  SamlError,
  signingKeysOf,
} from '../../saml/index.ts';
import { attributeOf } from '../../xml/index.ts';
import { FederationError } from '../errors.ts';
import { certificateEnds } from './certificate-ends.ts';
import type { LogoutService, SamlSettings, UpstreamTrust } from './settings.ts';

type Wanted = Pick<SamlSettings, 'id' | 'expectedEntityId' | 'metadataKeys' | 'allowInsecureLoopback'>;

/**
 * Reads an upstream's metadata: entity id, where to send people, which keys sign. Of an entity with several roles
 * the identity provider's is taken. Nothing inside is ever fetched.
 *
 * @throws FederationError `federation.upstream_misbehaved`, with what is wrong with the document.
 */
export function readMetadata(text: string, wanted: Wanted, now: Date): UpstreamTrust {
  const { entityId, role, validUntil, cacheMs } = identityProviderIn(text, wanted, now);
  const keys = signingKeysOf(role);
  if (keys.length === 0) throw misbehaved(wanted.id, 'metadata has no usable signing certificate');
  const slo = logoutServiceOf(role, wanted);
  const encryptionCertificate = encryptionCertificateOf(role);
  return {
    ...{ entityId, ssoUrls: ssoUrlsOf(role, wanted), keys },
    certificates: certificateEnds(certificatesOf(role, 'signing')),
    ...(slo && { slo }),
    ...(encryptionCertificate !== undefined && { encryptionCertificate }),
    ...(validUntil && { validUntil }),
    ...(cacheMs !== undefined && { cacheMs }),
  };
}

function identityProviderIn(text: string, wanted: Wanted, now: Date): ReturnType<typeof readEntity> {
  try {
    return readEntity(text, {
      role: 'IDPSSODescriptor',
      entityId: wanted.expectedEntityId,
      signedBy: wanted.metadataKeys,
      now,
    });
  } catch (error) {
    if (!(error instanceof SamlError)) throw error;
    throw misbehaved(wanted.id, error.detail ?? error.code);
  }
}

function ssoUrlsOf(role: Element, wanted: Wanted): UpstreamTrust['ssoUrls'] {
  const services = endpointsOf(role, 'SingleSignOnService');
  const find = (wantedBinding: string): URL | undefined => {
    const location = services.find(({ binding }) => binding === wantedBinding)?.location;
    return location && URL.canParse(location) ? acceptable(new URL(location), wanted) : undefined;
  };
  const [redirect, post] = [find(BINDING.redirect), find(BINDING.post)];
  if (!redirect && !post) throw misbehaved(wanted.id, 'metadata names no single sign-on URL with https');
  return { ...(redirect && { redirect }), ...(post && { post }) };
}

/** The redirect binding where it is offered: no form has to be posted, and nothing needs a script. */
function logoutServiceOf(role: Element, wanted: Wanted): LogoutService | undefined {
  const services = endpointsOf(role, 'SingleLogoutService');
  for (const binding of ['redirect', 'post'] as const) {
    const found = services.find((service) => service.binding === BINDING[binding]);
    const url = found && acceptableText(found.location, wanted);
    if (!found || !url) continue;
    const other = attributeOf(found.element, 'ResponseLocation');
    const responseUrl = other === undefined ? undefined : acceptableText(other, wanted);
    return { binding, url, ...(responseUrl && { responseUrl }) };
  }
  return undefined;
}

function acceptableText(text: string, wanted: Wanted): URL | undefined {
  return URL.canParse(text) ? acceptable(new URL(text), wanted) : undefined;
}

function acceptable(url: URL, wanted: Wanted): URL | undefined {
  const insecure = url.protocol === 'http:' && wanted.allowInsecureLoopback && isLoopbackHost(url.hostname);
  return url.protocol === 'https:' || insecure ? url : undefined;
}

function misbehaved(connection: string, why: string): FederationError {
  return new FederationError('federation.upstream_misbehaved', `${connection}: ${why}`);
}
