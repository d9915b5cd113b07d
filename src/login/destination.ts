import type { LoginRequest, Refusal } from '../issuing/index.ts';
import type { LoginDeps } from './deps.ts';
import { LoginError } from './errors.ts';
import type { Destination } from './transaction.ts';

/**
 * Checks where a link wants to lead, before anything is started (R2.5). An id that has no shape of one is never
 * looked up or echoed.
 *
 * @throws LoginError `login.unknown_relying_party`, `login.bad_path`.
 */
export function parseDestination(
  rp: unknown,
  to: unknown,
  deps: Pick<LoginDeps, 'registry' | 'issuerOf'>,
): Destination {
  if (rp === undefined || rp === '') return {};
  const relyingParty = typeof rp === 'string' ? deps.registry.relyingParty(rp) : undefined;
  if (!relyingParty) throw new LoginError('login.unknown_relying_party');
  if (to === undefined || to === '') return { relyingParty: relyingParty.id };
  if (typeof to !== 'string' || !deps.issuerOf(relyingParty)?.accepts(to, relyingParty))
    throw new LoginError('login.bad_path');
  return { relyingParty: relyingParty.id, to };
}

/** The link that starts the same again. */
export function launchHref({ relyingParty, to, request }: Destination): string {
  if (request) return requestHref(request);
  if (relyingParty === undefined) return '/';
  const query = to === undefined ? '' : `?${new URLSearchParams({ to })}`;
  return `/launch/${encodeURIComponent(relyingParty)}${query}`;
}

/** Where a waiting request of a relying party is taken up. */
export function requestHref({ protocol, handle }: NonNullable<Destination['request']>): string {
  return `/login/request/${protocol}/${encodeURIComponent(handle)}`;
}

/** Leads back to the relying party with its protocol's own error. */
export function refuseHref(request: LoginRequest, why: Refusal): string {
  return `${requestHref(request)}/refuse?${new URLSearchParams({ why })}`;
}

/** The sign-in page for a destination, with or without a chosen connection. */
export function loginHref({ relyingParty, to, request }: Destination, connection?: string): string {
  const query = new URLSearchParams();
  if (connection !== undefined) query.set('connection', connection);
  if (request) {
    query.set('request', `${request.protocol}/${request.handle}`);
  } else {
    if (relyingParty !== undefined) query.set('rp', relyingParty);
    if (to !== undefined) query.set('to', to);
  }
  return query.size === 0 ? '/login' : `/login?${query}`;
}
