import type { HttpClient, UrlTrust } from '../platform/http/index.ts';

/** Hosts that the configuration names for a connection may be private; hosts that metadata names may not (R8.1). */
export function hostTrust(configured: readonly (URL | undefined)[]): (url: URL) => UrlTrust {
  const hosts = new Set(configured.flatMap((url) => (url ? [url.host] : [])));
  return (url) => (hosts.has(url.host) ? 'configured' : 'foreign');
}

/** A `fetch` for libraries that chooses the trust by the host of each URL. */
export function fetchByHost(
  http: HttpClient,
  system: string,
  trustOf: (url: URL) => UrlTrust,
): (url: string | URL, init?: RequestInit) => Promise<Response> {
  const fetches = { configured: http.fetchFor(system), foreign: http.fetchFor(system, 'foreign') };
  return (url, init) => fetches[trustOf(new URL(url))](url, init);
}
