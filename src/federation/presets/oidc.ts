import type { OidcConnection, OtdsConnection, ProfileField } from '../config.ts';
import { authnContextsOf } from '../context-names.ts';
import type { Mapping, PartitionRule } from '../mapping.ts';
import type { OidcSettings } from '../oidc/settings.ts';

type Names = Readonly<Partial<Record<ProfileField, readonly string[]>>>;
export type PresetContext = { readonly publicUrl: URL; readonly allowInsecureLoopback: boolean };

/** OpenID Connect Core 5.1: standard claims. */
export const STANDARD_CLAIMS: Names = {
  login: ['preferred_username'],
  mail: ['email'],
  givenName: ['given_name'],
  familyName: ['family_name'],
  displayName: ['name'],
  groups: ['groups'],
  phone: ['phone_number'],
  address1: ['address.street_address'],
  city: ['address.locality'],
  stateOrProvince: ['address.region'],
  postalCode: ['address.postal_code'],
  countryCode: ['address.country'],
};

/** A standards-following OpenID provider: discovery below the issuer, standard claims. */
export function genericOidc(config: OidcConnection, context: PresetContext): OidcSettings {
  return {
    ...commonSettings(config, context, STANDARD_CLAIMS),
    // OpenID Connect Discovery 4.3: the issuer in the document must be the one that was asked.
    // A URL of a bare host is the same with and without its slash, so both spellings are expected.
    expectedIssuers: config.expectedIssuer
      ? [config.expectedIssuer]
      : [withoutSlash(config.issuer), `${withoutSlash(config.issuer)}/`],
    discoveryUrls: config.endpoints
      ? []
      : [config.discoveryUrl ?? below(config.backChannelBaseUrl ?? config.issuer, WELL_KNOWN)],
    browserBaseUrl: config.issuer,
  };
}

export const WELL_KNOWN = '.well-known/openid-configuration';

/** Everything in which the OIDC presets do not differ. */
export function commonSettings(
  config: OidcConnection | OtdsConnection,
  context: PresetContext,
  defaults: Names,
  defaultPartitionClaim?: string,
): Omit<OidcSettings, 'discoveryUrls' | 'browserBaseUrl' | 'expectedIssuers'> {
  const mapping = mappingOf(config, defaults);
  const partition = partitionOf(config, defaultPartitionClaim);
  return {
    id: config.id,
    title: config.title ?? config.id,
    mailDomains: config.mailDomains,
    authnContexts: authnContextsOf(config),
    contextNames: config.authnContextNames,
    clientId: config.clientId,
    clientSecrets: [
      ...(config.clientSecret ? [config.clientSecret] : []),
      ...config.olderClientSecrets.map((older) => older.secret),
    ],
    clientAuthentication: config.clientAuthentication,
    responseMode: config.responseMode,
    scopes: config.scopes,
    redirectUri: below(context.publicUrl, `login/${config.id}/callback`),
    ...(config.endpoints && { endpoints: config.endpoints }),
    ...(config.backChannelBaseUrl && { backChannelBaseUrl: config.backChannelBaseUrl }),
    subjectClaim: config.subject.claim,
    mapping,
    wantedClaims: wantedClaims(config, mapping, partition),
    userinfo: config.userinfo,
    ...(partition && { partition }),
    ignoreEmailVerified: config.ignoreEmailVerified,
    freshWithoutAuthTime: config.freshWithoutAuthTime,
    toleranceSeconds: config.clockToleranceSeconds,
    allowInsecureLoopback: context.allowInsecureLoopback,
  };
}

export function mappingOf(
  config: {
    readonly map: { readonly [K in ProfileField]?: string[] | undefined };
    readonly attributes: Readonly<Record<string, string[]>>;
    readonly correlate?: { readonly claim: string } | undefined;
    readonly sharedKey?: { readonly claim: string } | { readonly attribute: string } | undefined;
  },
  defaults: Names,
): Mapping {
  const shared = config.sharedKey;
  const configured = Object.entries(config.map).filter(([, names]) => names !== undefined);
  return {
    map: { ...defaults, ...Object.fromEntries(configured) },
    attributes: config.attributes,
    ...(config.correlate && { correlate: config.correlate.claim }),
    ...(shared && { sharedKey: 'claim' in shared ? shared.claim : shared.attribute }),
  };
}

export function partitionOf(
  config: {
    readonly partition?: { readonly claim: string; readonly form: 'suffix' | 'whole' } | undefined;
    readonly allowedPartitions?: readonly string[] | undefined;
  },
  defaultClaim?: string,
): PartitionRule | undefined {
  if (!config.allowedPartitions) return undefined;
  const source = config.partition ?? { claim: defaultClaim ?? '', form: 'suffix' as const };
  return { ...source, allowed: config.allowedPartitions };
}

/** Standard names beyond these are often absent everywhere; asking again for them would cost a call at each sign-in. */
const ALWAYS_WANTED = ['login', 'mail', 'givenName', 'familyName', 'groups'] as const;

function wantedClaims(
  config: OidcConnection | OtdsConnection,
  mapping: Mapping,
  partition: PartitionRule | undefined,
): readonly (readonly string[])[] {
  const fields = new Set<string>([...ALWAYS_WANTED, ...Object.keys(config.map)]);
  return [
    [config.subject.claim],
    ...Object.entries(mapping.map).flatMap(([field, names]) => (fields.has(field) && names ? [names] : [])),
    ...Object.values(mapping.attributes),
    ...(mapping.correlate === undefined ? [] : [[mapping.correlate]]),
    ...(mapping.sharedKey === undefined ? [] : [[mapping.sharedKey]]),
    ...(partition ? [[partition.claim]] : []),
  ];
}

/** Resolves a path below a base URL whose own path is kept, whether or not it ends in a slash. */
export function below(base: URL, path: string): URL {
  return new URL(`${withoutSlash(base)}/${path}`);
}

function withoutSlash(url: URL): string {
  return `${url.origin}${url.pathname}`.replace(/\/$/, '');
}
