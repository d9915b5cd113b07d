import type { KeyObject } from 'node:crypto';
import { addMs, SECOND } from '../base/index.ts';
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
} from '../xml/index.ts';
import { bareCertificate, publicKeyOf } from './certificates.ts';
import { SamlError } from './errors.ts';
import { parseInstant, parseSpan } from './instant.ts';
import { METADATA, SAMLP } from './names.ts';

type WantedEntity = {
  readonly role: 'IDPSSODescriptor' | 'SPSSODescriptor';
  /** Needed when the document describes several. */
  readonly entityId?: string | undefined;
  /** Keys that must have signed the document; empty: it is trusted for the way it came. */
  readonly signedBy: readonly KeyObject[];
  readonly now: Date;
};

/** One entity in one role. Elements to be read with `endpointsOf`, `signingKeysOf`. */
export type EntityInRole = {
  readonly entityId: string;
  readonly role: Element;
  /** The earliest that is said of the role, its entity, or what holds it. */
  readonly validUntil?: Date;
  /** The shortest `cacheDuration` of the same: for how long it wants to be kept before it is read again. */
  readonly cacheMs?: number;
};

/**
 * Finds one entity in a metadata document, in the role that is wanted. Nothing inside is ever fetched.
 *
 * @throws SamlError `saml.metadata_refused`, with what is wrong with the document.
 */
export function readEntity(text: string, wanted: WantedEntity): EntityInRole {
  const root = trustedRoot(text, wanted);
  const entity = chooseEntity(root, wanted.entityId);
  const entityId = attributeOf(entity, 'entityID') ?? '';
  if (!entityId) throw refused('metadata has no entityID');
  if (wanted.entityId !== undefined && entityId !== wanted.entityId) {
    throw refused('metadata is about another entity than entityId says');
  }
  const role = childrenNamed(entity, METADATA, wanted.role).find(speaksSaml2);
  if (!role) throw refused(`metadata describes no SAML 2.0 ${ROLE_NAMES[wanted.role]}`);
  const around = withAllAround(role);
  const validUntil = earliestValidity(around);
  // SAML Metadata 2.3.2: what is no longer valid must not be used; a date that cannot be read is not valid.
  if (validUntil && !(validUntil > addMs(wanted.now, MOMENTS_MS)))
    throw refused('metadata is no longer valid');
  const cacheMs = shortestSpan(around);
  return { entityId, role, ...(validUntil && { validUntil }), ...(cacheMs !== undefined && { cacheMs }) };
}

/** What ends within moments has ended: else each request of a stranger would find it over, and have it read anew. */
const MOMENTS_MS = 2 * SECOND;

const ROLE_NAMES = { IDPSSODescriptor: 'identity provider', SPSSODescriptor: 'service provider' } as const;

/** With pinned keys, only what the signature covers is read. */
function trustedRoot(text: string, { signedBy }: WantedEntity): Element {
  try {
    const root = parseXml(text, METADATA_LIMITS).document.documentElement;
    if (signedBy.length === 0) return root;
    return parseXml(verifySignature(root, signedBy), METADATA_LIMITS).document.documentElement;
  } catch (error) {
    if (!(error instanceof XmlRefused || error instanceof SignatureRefused)) throw error;
    throw refused(`metadata is refused: ${error.message}`);
  }
}

function chooseEntity(root: Element, entityId: string | undefined): Element {
  if (isNamed(root, METADATA, 'EntityDescriptor')) return root;
  if (!isNamed(root, METADATA, 'EntitiesDescriptor')) throw refused('this is not SAML metadata');
  const all = entitiesIn(root);
  if (entityId === undefined && all.length > 1) {
    throw refused('metadata describes several entities; set entityId to the right one');
  }
  const [entity, ...more] = all.filter(
    (candidate) => entityId === undefined || attributeOf(candidate, 'entityID') === entityId,
  );
  if (!entity || more.length > 0) throw refused('metadata does not describe entityId exactly once');
  return entity;
}

/** Groups may hold groups (SAML Metadata 2.3.1). */
function entitiesIn(group: Element): Element[] {
  return childElements(group).flatMap((child) => {
    if (isNamed(child, METADATA, 'EntityDescriptor')) return [child];
    return isNamed(child, METADATA, 'EntitiesDescriptor') ? entitiesIn(child) : [];
  });
}

/** The element and all that hold it: what each says of its end holds for what is within. */
function withAllAround(element: Element): Element[] {
  const around: Element[] = [];
  for (let node: Node | null = element; node?.nodeType === 1; node = node.parentNode) {
    around.push(node as Element);
  }
  return around;
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

/** One that cannot be read says nothing: only how often to ask depends on it. */
function shortestSpan(elements: readonly Element[]): number | undefined {
  const spans = elements.flatMap((element) => parseSpan(attributeOf(element, 'cacheDuration') ?? '') ?? []);
  return spans.length === 0 ? undefined : Math.min(...spans);
}

/** The certificates of a role for a purpose, as bare base64 and in their order, readable or not. */
export function certificatesOf(role: Element, use: 'signing' | 'encryption'): readonly string[] {
  // A KeyDescriptor without `use` serves both purposes (SAML Metadata 2.4.1.1); one for encryption never verifies.
  return childrenNamed(role, METADATA, 'KeyDescriptor')
    .filter((descriptor) => (attributeOf(descriptor, 'use') ?? use) === use)
    .flatMap((descriptor) => childrenNamed(descriptor, DSIG, 'KeyInfo'))
    .flatMap((info) => childrenNamed(info, DSIG, 'X509Data'))
    .flatMap((data) => childElements(data).filter((child) => isNamed(child, DSIG, 'X509Certificate')))
    .flatMap((certificate) => plainText(certificate) ?? []);
}

/** Strong keys only; the others are passed over. */
export function signingKeysOf(role: Element): readonly KeyObject[] {
  return certificatesOf(role, 'signing').flatMap((certificate) => publicKeyOf(certificate) ?? []);
}

/**
 * The certificate to encrypt for, bare: the first one with an RSA key, which is what OAEP is for.
 *
 * @returns undefined when the role shows none.
 */
export function encryptionCertificateOf(role: Element): string | undefined {
  const usable = certificatesOf(role, 'encryption').find(
    (certificate) => publicKeyOf(certificate)?.asymmetricKeyType === 'rsa',
  );
  return usable && bareCertificate(usable);
}

/** Elements of a role that name a binding and a location (SAML Metadata 2.2.2), in their order. */
export function endpointsOf(
  role: Element,
  localName: string,
): readonly { readonly binding: string; readonly location: string; readonly element: Element }[] {
  return childrenNamed(role, METADATA, localName).map((element) => ({
    binding: attributeOf(element, 'Binding') ?? '',
    location: attributeOf(element, 'Location') ?? '',
    element,
  }));
}

function refused(why: string): SamlError {
  return new SamlError('saml.metadata_refused', why);
}
