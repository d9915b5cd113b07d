import { BINDING, NAME_ID, NS } from '../saml/names.ts';
import { attributeOf, child, children, textOf } from '../saml/xml.ts';
import type { WantedAcs } from './service-providers.ts';

/** What an AuthnRequest asks for (SAML Core 3.4.1). */
export type AuthnRequest = {
  readonly id: string;
  readonly issuer: string;
  readonly destination?: string;
  readonly acs: WantedAcs;
  readonly forceAuthn: boolean;
  readonly isPassive: boolean;
  readonly nameIdFormat?: string;
  /** Classes of an exact RequestedAuthnContext; empty when none is demanded. */
  readonly authnContexts: readonly string[];
};

/** @returns undefined when the message is no AuthnRequest that could be answered. */
export function readAuthnRequest(root: Element): AuthnRequest | undefined {
  const id = attributeOf(root, 'ID');
  const issuer = textOf(child(root, NS.assertion, 'Issuer'));
  const isRequest = root.localName === 'AuthnRequest' && root.namespaceURI === NS.protocol;
  if (!isRequest || !id || !issuer || attributeOf(root, 'Version') !== '2.0') return undefined;
  const binding = attributeOf(root, 'ProtocolBinding');
  if (binding !== undefined && binding !== BINDING.post) return undefined;
  const destination = attributeOf(root, 'Destination');
  const url = attributeOf(root, 'AssertionConsumerServiceURL');
  const index = attributeOf(root, 'AssertionConsumerServiceIndex');
  const policy = child(root, NS.protocol, 'NameIDPolicy');
  const nameIdFormat = policy && attributeOf(policy, 'Format');
  return {
    id,
    issuer,
    acs: { ...(url !== undefined && { url }), ...(index !== undefined && { index }) },
    forceAuthn: isTrue(attributeOf(root, 'ForceAuthn')),
    isPassive: isTrue(attributeOf(root, 'IsPassive')),
    authnContexts: readContexts(root),
    ...(destination !== undefined && { destination }),
    ...(nameIdFormat !== undefined && nameIdFormat !== NAME_ID.unspecified && { nameIdFormat }),
  };
}

const isTrue = (value: string | undefined): boolean => value === 'true' || value === '1';

function readContexts(root: Element): string[] {
  const requested = child(root, NS.protocol, 'RequestedAuthnContext');
  if (!requested || (attributeOf(requested, 'Comparison') ?? 'exact') !== 'exact') return [];
  return children(requested, NS.assertion, 'AuthnContextClassRef').flatMap((each) => textOf(each) ?? []);
}
