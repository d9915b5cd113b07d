import type { Outbound } from '../frame/outbound.ts';
import { certificatePem } from './certificate.ts';
import { BINDING, NS } from './names.ts';
import { attributeOf, child, children, parseXml, textOf } from './xml.ts';

/** What an identity provider's metadata says (SAML Metadata 2.4.3), as far as a service provider stores it. */
export type IdentityProvider = {
  readonly entityId: string;
  /** Addresses by binding. */
  readonly sso: Readonly<Record<string, string>>;
  readonly slo: Readonly<Record<string, string>>;
  /** Where answers to its logout requests go. */
  readonly sloResponse: Readonly<Record<string, string>>;
  /** PEM. */
  readonly signingCertificates: readonly string[];
};

/** The one identity provider that a simulated service provider trusts. */
export interface TrustedIdentityProvider {
  /** As imported; reads the metadata when that has not happened yet. @returns undefined when it cannot be had. */
  find(): Promise<IdentityProvider | undefined>;
  /**
   * Runs a check that may fail because the keys were rotated: when it finds nothing, the metadata is read
   * again, once, and the check runs once more if other keys are there now.
   */
  withKeys<T>(check: (certificates: readonly string[]) => T | undefined): Promise<T | undefined>;
  /** Metadata that an administrator pastes; the broker's own address is not read any more. False: not readable. */
  importMetadata(text: string): boolean;
  /** Forgets what was imported. */
  reset(): void;
}

export function trustIdentityProvider(needs: {
  readonly outbound: Outbound;
  metadataUrl(): string | undefined;
}): TrustedIdentityProvider {
  let known: { readonly source: string; readonly provider: IdentityProvider } | undefined;
  const pasted = (): boolean => known?.source === 'pasted';
  const read = async (): Promise<IdentityProvider | undefined> => {
    const source = needs.metadataUrl();
    if (source === undefined) return undefined;
    const provider = await fetchMetadata(needs.outbound, source);
    if (provider) known = { source, provider };
    return provider;
  };
  const find = async (): Promise<IdentityProvider | undefined> =>
    known && (pasted() || known.source === needs.metadataUrl()) ? known.provider : read();
  return {
    find,
    withKeys: async (check) => {
      const before = (await find())?.signingCertificates ?? [];
      const found = check(before);
      if (found !== undefined || pasted()) return found;
      const now = (await read())?.signingCertificates ?? before;
      return now.some((certificate) => !before.includes(certificate)) ? check(now) : undefined;
    },
    importMetadata: (text) => {
      const provider = readIdentityProvider(text);
      if (provider) known = { source: 'pasted', provider };
      return provider !== undefined;
    },
    reset: () => {
      known = undefined;
    },
  };
}

async function fetchMetadata(outbound: Outbound, url: string): Promise<IdentityProvider | undefined> {
  try {
    const reply = await outbound({ url });
    return reply.status === 200 ? readIdentityProvider(reply.body) : undefined;
  } catch {
    return undefined;
  }
}

function readIdentityProvider(text: string): IdentityProvider | undefined {
  const root = parseXml(text);
  const role = child(root, NS.metadata, 'IDPSSODescriptor');
  const entityId = root && attributeOf(root, 'entityID');
  if (!root || !role || entityId === undefined) return undefined;
  const logout = children(role, NS.metadata, 'SingleLogoutService');
  return {
    entityId,
    sso: addresses(children(role, NS.metadata, 'SingleSignOnService'), 'Location'),
    slo: addresses(logout, 'Location'),
    sloResponse: { ...addresses(logout, 'Location'), ...addresses(logout, 'ResponseLocation') },
    signingCertificates: children(role, NS.metadata, 'KeyDescriptor')
      .filter((descriptor) => (attributeOf(descriptor, 'use') ?? 'signing') === 'signing')
      .flatMap((descriptor) => [
        ...Array.from(descriptor.getElementsByTagNameNS(NS.signature, 'X509Certificate')),
      ])
      .map((certificate) => certificatePem(textOf(certificate) ?? '')),
  };
}

function addresses(services: readonly Element[], attribute: string): Record<string, string> {
  const found = services.flatMap((service): [string, string][] => {
    const [binding, address] = [attributeOf(service, 'Binding'), attributeOf(service, attribute)];
    return binding !== undefined && address !== undefined ? [[binding, address]] : [];
  });
  return Object.fromEntries(found);
}

/** An address by the wanted binding, else by the other one. */
export function addressFor(
  services: Readonly<Record<string, string>>,
  wanted: 'redirect' | 'post',
): { readonly binding: 'redirect' | 'post'; readonly location: string } | undefined {
  const order = wanted === 'post' ? (['post', 'redirect'] as const) : (['redirect', 'post'] as const);
  for (const binding of order) {
    const location = services[BINDING[binding]];
    if (location !== undefined) return { binding, location };
  }
  return undefined;
}
