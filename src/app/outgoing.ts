import type { HttpClient } from '../platform/http/index.ts';

/**
 * The outgoing client of rooms that call on behalf of configured objects. Whatever is called for one that was made
 * over the API is foreign (R8.1): its URLs reach public addresses and `outbound.allow`, and no room can forget it.
 *
 * @param isForeign by the configured id that each call names as its system.
 */
export function onBehalfOf(http: HttpClient, isForeign: (id: string) => boolean): HttpClient {
  return {
    request: (request) =>
      http.request(isForeign(request.system) ? { ...request, trust: 'foreign' } : request),
    fetchFor: (system, trust) => http.fetchFor(system, isForeign(system) ? 'foreign' : trust),
  };
}
