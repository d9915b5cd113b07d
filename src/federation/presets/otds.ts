import type { OtdsConnection } from '../config.ts';
import type { OidcSettings } from '../oidc/settings.ts';
import { below, commonSettings, type PresetContext, STANDARD_CLAIMS, WELL_KNOWN } from './oidc.ts';

/** OTDS names groups in `grp`, whole (`merchandising@staff`); mail is not always there and goes by several names. */
const CLAIMS = { ...STANDARD_CLAIMS, groups: ['grp'], mail: ['email', 'mail'] } as const;

/**
 * OpenText Directory Services. The base URL is never built from a host name: tenants stand before or after
 * `/otdsws`, and deployments have prefixes. Releases differ in where, or whether, they serve discovery; where
 * the server answers that it has none, its usual endpoints are used, provided that `expectedIssuer` is set.
 */
export function otds(config: OtdsConnection, context: PresetContext): OidcSettings {
  const reached = config.backChannelBaseUrl ?? config.baseUrl;
  return {
    ...commonSettings(config, context, CLAIMS, 'preferred_username'),
    // OTDS may derive `iss` from the host name of the request, so without an override discovery is believed.
    expectedIssuers: config.expectedIssuer === undefined ? [] : [config.expectedIssuer],
    discoveryUrls: config.endpoints
      ? []
      : config.discoveryUrl
        ? [config.discoveryUrl]
        : [below(reached, WELL_KNOWN), below(reached, `oauth2/${WELL_KNOWN}`)],
    endpoints: config.endpoints ?? {
      authorization: below(config.baseUrl, 'oauth2/auth'),
      token: below(reached, 'oauth2/token'),
      jwks: below(reached, 'oauth2/jwks'),
    },
    browserBaseUrl: config.baseUrl,
  };
}
