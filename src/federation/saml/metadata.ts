import type { KeyObject } from 'node:crypto';
import { isLoopbackHost } from '../../platform/http/index.ts';
import { BINDING, METADATA, parseInstant, publicKeyOf, SAMLP } from '../../saml/index.ts';
import {
  attributeOf,
  childElements,
  childrenNamed,
  DSIG,
  isNamed,
  METADATA_LIMITS,
  parseXml,
  plainText,
  SignatureRefused,
  verifySignature,
  XmlRefused,
} from '../../xml/index.ts';
import { FederationError } from '../errors.ts';
import type { SamlSettings, UpstreamTrust } from './settings.ts';

type Wanted = Pick<SamlSettings, 'id' | 'expectedEntityId' | 'metadataKeys' | 'allowInsecureLoopback'>;

/**
 * Reads an upstream's metadata: entity id, where to send people, which keys sign. Of an entity with several roles
 * the identity provider's is taken. Nothing inside is ever fetched.
 *
 * @throws FederationError `federation.upstream_misbehaved`, with what is wrong with the document.
 */
export function readMetadata(text: string, wanted: Wanted, now: Date): UpstreamTrust {
  const root = trustedRoot(text, wanted);
  const entity = chooseEntity(root, wanted);
  const entityId = attributeOf(entity, 'entityID') ?? '';
  if (!entityId) throw misbehaved(wanted.id, 'metadata has no entityID');
  if (wanted.expectedEntityId !== undefined && entityId !== wanted.expectedEntityId) {
    throw misbehaved(wanted.id, 'metadata is about another entity than entityId says');
  }
  const role = childrenNamed(entity, METADATA, 'IDPSSODescriptor').find(speaksSaml2);
  if (!role) throw misbehaved(wanted.id, 'metadata describes no SAML 2.0 identity provider');
  const validUntil = earliestValidity([root, entity, role]);
  // SAML Metadata 2.3.2: what is no longer valid must not be used; a date that cannot be read is not valid.
  if (validUntil && !(validUntil > now)) throw misbehaved(wanted.id, 'metadata is no longer valid');
  return {
    entityId,
    ssoUrls: ssoUrlsOf(role, wanted),
    keys: signingKeysOf(role, wanted.id),
    ...(validUntil && { validUntil }),
  };
}

/** With pinned keys, only what the signature covers is read. */
function trustedRoot(text: string, wanted: Wanted): Element {
  try {
    const { document, xml } = parseXml(text, METADATA_LIMITS);
    if (wanted.metadataKeys.length === 0) return document.documentElement;
    const signed = verifySignature(xml, document.documentElement, wanted.metadataKeys);
    return parseXml(signed, METADATA_LIMITS).document.documentElement;
  } catch (error) {
    if (!(error instanceof XmlRefused || error instanceof SignatureRefused)) throw error;
    throw misbehaved(wanted.id, `metadata is refused: ${error.message}`);
  }
}

function chooseEntity(root: Element, wanted: Wanted): Element {
  if (isNamed(root, METADATA, 'EntityDescriptor')) return root;
  if (!isNamed(root, METADATA, 'EntitiesDescriptor'))
    throw misbehaved(wanted.id, 'this is not SAML metadata');
  if (wanted.expectedEntityId === undefined) {
    throw misbehaved(wanted.id, 'metadata describes several entities; set entityId to the right one');
  }
  const matches = childrenNamed(root, METADATA, 'EntityDescriptor').filter(
    (entity) => attributeOf(entity, 'entityID') === wanted.expectedEntityId,
  );
  const [entity, ...more] = matches;
  if (!entity || more.length > 0)
    throw misbehaved(wanted.id, 'metadata does not describe entityId exactly once');
  return entity;
}

function speaksSaml2(role: Element): boolean {
  return (attributeOf(role, 'protocolSupportEnumeration') ?? '').split(/\s+/).includes(SAMLP);
}

function earliestValidity(elements: readonly Element[]): Date | undefined {
  const dates = elements.flatMap((element) => {
    const text = attributeOf(element, 'validUntil');
    return text === undefined ? [] : [parseInstant(text)];
  });
  return (
    dates.find((date) => Number.isNaN(date.getTime())) ?? dates.sort((a, b) => a.getTime() - b.getTime())[0]
  );
}

function ssoUrlsOf(role: Element, wanted: Wanted): UpstreamTrust['ssoUrls'] {
  const services = childrenNamed(role, METADATA, 'SingleSignOnService');
  const find = (binding: string): URL | undefined => {
    const location = services.find((service) => attributeOf(service, 'Binding') === binding);
    const text = location && attributeOf(location, 'Location');
    return text && URL.canParse(text) ? acceptable(new URL(text), wanted) : undefined;
  };
  const [redirect, post] = [find(BINDING.redirect), find(BINDING.post)];
  if (!redirect && !post) throw misbehaved(wanted.id, 'metadata names no single sign-on URL with https');
  return { ...(redirect && { redirect }), ...(post && { post }) };
}

function acceptable(url: URL, wanted: Wanted): URL | undefined {
  const insecure = url.protocol === 'http:' && wanted.allowInsecureLoopback && isLoopbackHost(url.hostname);
  return url.protocol === 'https:' || insecure ? url : undefined;
}

/** A KeyDescriptor without `use` serves both purposes (SAML Metadata 2.4.1.1); one for encryption never verifies. */
function signingKeysOf(role: Element, connection: string): readonly KeyObject[] {
  const keys = childrenNamed(role, METADATA, 'KeyDescriptor')
    .filter((descriptor) => (attributeOf(descriptor, 'use') ?? 'signing') === 'signing')
    .flatMap((descriptor) => certificatesIn(descriptor))
    .flatMap((certificate) => publicKeyOf(certificate) ?? []);
  if (keys.length === 0) throw misbehaved(connection, 'metadata has no usable signing certificate');
  return keys;
}

function certificatesIn(descriptor: Element): string[] {
  return childrenNamed(descriptor, DSIG, 'KeyInfo')
    .flatMap((info) => childrenNamed(info, DSIG, 'X509Data'))
    .flatMap((data) => childElements(data).filter((child) => isNamed(child, DSIG, 'X509Certificate')))
    .flatMap((certificate) => plainText(certificate) ?? []);
}

function misbehaved(connection: string, why: string): FederationError {
  return new FederationError('federation.upstream_misbehaved', `${connection}: ${why}`);
}
