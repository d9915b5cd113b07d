import type { KeyObject } from 'node:crypto';
import {
  BINDING,
  element,
  formatInstant,
  type OutgoingMessage,
  sendByPost,
  sendByRedirect,
  signable,
  type XmlElement,
} from '../../saml/index.ts';
import type { BeginOptions, Begun } from '../upstream.ts';
import type { SamlSettings } from './settings.ts';

export type AuthnRequest = {
  readonly id: string;
  readonly issuedAt: Date;
  readonly destination: URL;
  readonly forceAuthn: boolean;
  readonly isPassive: boolean;
  /** In place of the one that is configured. */
  readonly context?: NonNullable<BeginOptions['context']>;
};

/** SAML Core 3.4.1. No RequestedAuthnContext unless configured: contracts differ from site to site. */
export function writeAuthnRequest(request: AuthnRequest, settings: SamlSettings): OutgoingMessage {
  const root = element(
    'samlp:AuthnRequest',
    {
      ID: request.id,
      Version: '2.0',
      IssueInstant: formatInstant(request.issuedAt),
      Destination: request.destination.href,
      AssertionConsumerServiceURL: settings.acsUrl.href,
      ProtocolBinding: BINDING.post,
      ForceAuthn: request.forceAuthn ? 'true' : undefined,
      IsPassive: request.isPassive ? 'true' : undefined,
    },
    element('saml:Issuer', {}, settings.spEntityId),
    nameIdPolicy(settings),
    requestedContext(request.context ?? { comparison: 'exact', classes: settings.authnContext }),
  );
  return { ...signable(root, 1), parameter: 'SAMLRequest' };
}

function nameIdPolicy({ nameIdFormat }: SamlSettings): XmlElement | undefined {
  if (nameIdFormat === undefined) return undefined;
  return element('samlp:NameIDPolicy', { Format: nameIdFormat, AllowCreate: 'true' });
}

function requestedContext({
  comparison,
  classes,
}: NonNullable<BeginOptions['context']>): XmlElement | undefined {
  if (classes.length === 0) return undefined;
  const references = classes.map((name) => element('saml:AuthnContextClassRef', {}, name));
  return element('samlp:RequestedAuthnContext', { Comparison: comparison }, ...references);
}

/** How the browser carries it there, signed either way. */
export async function sendAuthnRequest(
  message: OutgoingMessage,
  { binding, url }: { readonly binding: 'redirect' | 'post'; readonly url: URL },
  privateKey: KeyObject,
): Promise<Begun['go']> {
  const key = { privateKey };
  if (binding === 'post') return { kind: 'post', url, fields: await sendByPost(message, { key }) };
  return { kind: 'redirect', url: await sendByRedirect(message, { url, key }) };
}
