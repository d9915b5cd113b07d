import { BINDING, NS } from '../../saml/names.ts';
import { attributeOf, child, children, parseXml, textOf } from '../../saml/xml.ts';
import type { IdentityProviderSettings } from '../identity-provider.ts';

/**
 * An EntityDescriptor (SAML Metadata 2.3.2) as settings. They have room for one certificate, the first that
 * signs, and for the POST address of sign-on and the Redirect address of logout; the rest is lost.
 */
export function readMetadata(text: unknown): IdentityProviderSettings | undefined {
  const root = typeof text === 'string' ? parseXml(text) : undefined;
  const role = child(root, NS.metadata, 'IDPSSODescriptor');
  const entityId = root && attributeOf(root, 'entityID');
  if (!root || !role || entityId === undefined) return undefined;
  const post = locationOf(role, 'SingleSignOnService', BINDING.post);
  const logout = locationOf(role, 'SingleLogoutService', BINDING.redirect);
  const certificate = firstCertificate(role);
  if (post === undefined || certificate === undefined) return undefined;
  const organization = child(
    child(root, NS.metadata, 'Organization'),
    NS.metadata,
    'OrganizationDisplayName',
  );
  return {
    name: textOf(organization) ?? entityId,
    idp_entity_id: entityId,
    idp_sso_post_url: post,
    ...(logout !== undefined && { idp_sls_redirect_url: logout }),
    idp_x509cert: certificate,
    want_assertions_signed: true,
    want_messages_signed: true,
    name_id_encrypted: false,
  };
}

function locationOf(role: Element, service: string, binding: string): string | undefined {
  const found = children(role, NS.metadata, service).find((each) => attributeOf(each, 'Binding') === binding);
  return found && attributeOf(found, 'Location');
}

function firstCertificate(role: Element): string | undefined {
  const signing = children(role, NS.metadata, 'KeyDescriptor').find(
    (descriptor) => (attributeOf(descriptor, 'use') ?? 'signing') === 'signing',
  );
  const [element] = Array.from(signing?.getElementsByTagNameNS(NS.signature, 'X509Certificate') ?? []);
  return textOf(element)?.replace(/\s+/g, '');
}
