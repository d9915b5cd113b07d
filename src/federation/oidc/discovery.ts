import { z } from 'zod';
import type { HttpClient, HttpResponse, UrlTrust } from '../../platform/http/index.ts';
import { isLoopbackHost } from '../../platform/http/index.ts';
import { FederationError, unavailable } from '../errors.ts';
import type { Endpoints, OidcSettings } from './settings.ts';

/** Signature algorithms of ID tokens that are accepted: asymmetric, and never `none` (RFC 8725 3.1, 3.2). */
export const ALLOWED_ALGORITHMS = ['RS256', 'PS256', 'ES256'] as const;

/** What is known of one upstream's OpenID provider. */
export type ProviderMetadata = {
  readonly issuer: string;
  readonly endpoints: Endpoints;
  readonly algorithms: readonly string[];
  /** RFC 9207: answers carry `iss`, and one without it is refused. */
  readonly sendsIssParameter: boolean;
};

const Discovery = z.object({
  issuer: z.string().min(1),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  userinfo_endpoint: z.url().optional(),
  end_session_endpoint: z.url().optional(),
  id_token_signing_alg_values_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});

type Needs = { readonly http: HttpClient; readonly trustOf: (url: URL) => UrlTrust };

/**
 * Reads discovery from the first candidate that has it.
 *
 * @throws Unavailable when nothing answers; FederationError when the answer contradicts the configuration.
 */
export async function readProvider(settings: OidcSettings, needs: Needs): Promise<ProviderMetadata> {
  if (settings.discoveryUrls.length === 0) return fromConfiguration(settings);
  for (const url of settings.discoveryUrls) {
    const document = parseDiscovery(await get(url, settings, needs));
    if (document) return fromDiscovery(document, settings);
  }
  if (settings.endpoints && settings.expectedIssuers.length > 0) return fromConfiguration(settings);
  throw unavailable(
    'federation.upstream_unavailable',
    settings.id,
    'no discovery document was found; check the base URL, or set endpoints and expectedIssuer',
  );
}

async function get(url: URL, settings: OidcSettings, { http, trustOf }: Needs): Promise<HttpResponse> {
  const headers = { accept: 'application/json' };
  try {
    const answer = await http.request({
      method: 'GET',
      url,
      headers,
      system: settings.id,
      trust: trustOf(url),
    });
    if (answer.status < 500 && answer.status !== 429) return answer;
  } catch (error) {
    throw unavailable('federation.upstream_unavailable', settings.id, 'discovery did not answer', error);
  }
  throw unavailable('federation.upstream_unavailable', settings.id, 'discovery answered with a server error');
}

/** Some releases and proxies answer with a page instead of 404: that is "none here", not a document. */
function parseDiscovery(answer: HttpResponse): z.output<typeof Discovery> | undefined {
  if (answer.status !== 200) return undefined;
  try {
    const parsed = Discovery.safeParse(JSON.parse(answer.body));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function fromDiscovery(document: z.output<typeof Discovery>, settings: OidcSettings): ProviderMetadata {
  const algorithms = acceptedAlgorithms(document.id_token_signing_alg_values_supported);
  if (algorithms.length === 0) {
    throw new FederationError(
      'federation.algorithm_refused',
      `${settings.id}: discovery offers none of ${ALLOWED_ALGORITHMS.join(', ')}`,
    );
  }
  const back = (url: string): URL =>
    rebase(new URL(url), settings.browserBaseUrl, settings.backChannelBaseUrl);
  const front = (url: string): URL =>
    rebase(new URL(url), settings.backChannelBaseUrl, settings.browserBaseUrl);
  const discovered: Endpoints = {
    authorization: front(document.authorization_endpoint),
    token: back(document.token_endpoint),
    jwks: back(document.jwks_uri),
    userinfo: document.userinfo_endpoint ? back(document.userinfo_endpoint) : undefined,
    endSession: document.end_session_endpoint ? front(document.end_session_endpoint) : undefined,
  };
  checkSchemes(discovered, settings);
  return {
    issuer: acceptIssuer(document.issuer, settings),
    endpoints: discovered,
    algorithms,
    sendsIssParameter: document.authorization_response_iss_parameter_supported === true,
  };
}

function fromConfiguration(settings: OidcSettings): ProviderMetadata {
  const [issuer] = settings.expectedIssuers;
  if (!settings.endpoints || issuer === undefined) {
    throw new FederationError(
      'federation.upstream_misbehaved',
      `${settings.id}: endpoints and issuer are not set`,
    );
  }
  return { issuer, endpoints: settings.endpoints, algorithms: ALLOWED_ALGORITHMS, sendsIssParameter: false };
}

/**
 * A configured issuer overrides the document's own, because it may be set to something else than the tokens'
 * `iss` (free text in Access Manager); where it is only the URL that was asked, both must agree.
 */
function acceptIssuer(discovered: string, settings: OidcSettings): string {
  const [first, ...others] = settings.expectedIssuers;
  if (first === undefined || settings.expectedIssuers.includes(discovered)) return discovered;
  if (others.length === 0) return first;
  throw new FederationError(
    'federation.wrong_issuer',
    `${settings.id}: discovery names another issuer; if that is right, set expectedIssuer to it`,
  );
}

/** R2.7: what discovery names is held to the same rule as what the configuration names. */
function checkSchemes(endpoints: Endpoints, settings: OidcSettings): void {
  for (const [name, url] of Object.entries(endpoints) as [string, URL | undefined][]) {
    const insecure =
      url?.protocol === 'http:' && settings.allowInsecureLoopback && isLoopbackHost(url.hostname);
    if (url && url.protocol !== 'https:' && !insecure) {
      throw new FederationError(
        'federation.upstream_misbehaved',
        `${settings.id}: ${name} endpoint is not https`,
      );
    }
  }
}

function acceptedAlgorithms(offered: readonly string[] | undefined): readonly string[] {
  return ALLOWED_ALGORITHMS.filter((algorithm) => offered?.includes(algorithm) ?? true);
}

/** Moves a URL from one base to another: browsers and we may reach the same upstream by different names. */
function rebase(url: URL, from: URL | undefined, to: URL | undefined): URL {
  if (!from || !to) return url;
  const [fromPath, toPath] = [from.pathname.replace(/\/$/, ''), to.pathname.replace(/\/$/, '')];
  if (url.origin !== from.origin) return url;
  if (url.pathname !== fromPath && !url.pathname.startsWith(`${fromPath}/`)) return url;
  return new URL(`${to.origin}${toPath}${url.pathname.slice(fromPath.length)}${url.search}`);
}
