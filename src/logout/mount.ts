import type { Cookies, Views } from '../platform/http/index.ts';
import type { KeyValueStore } from '../platform/key-value/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { upstreamLogoutRoutes } from './from-upstream/routes.ts';
import type { Logout } from './logout.ts';
import type { OidcLogouts, SamlLogouts } from './ports.ts';
import { logoutRoutes } from './routes.ts';
import { createParkedRequests } from './rp-initiated.ts';
import { samlLogoutRoutes } from './saml/routes.ts';

export type LogoutPagesNeeds = {
  readonly logout: Logout;
  readonly oidc: OidcLogouts;
  readonly saml: SamlLogouts;
  readonly publicUrl: URL;
  readonly keyValue: KeyValueStore;
  readonly keys: Pick<Keys, 'sealer'>;
  readonly views: Views;
  readonly cookies: Cookies;
  /** Name of the cookie with the session's token. */
  readonly sessionCookie: string;
  readonly titleOfConnection: (id: string) => string;
  /** Sign-outs from one address in a minute. */
  readonly perMinute: number;
};

/** All routes of the room, to be mounted at the root. */
export function logoutPages(needs: LogoutPagesNeeds) {
  const { logout, keyValue, keys, ...rest } = needs;
  const { deps } = logout;
  const parked = createParkedRequests(keyValue, keys);
  return [
    logoutRoutes({ ...rest, deps, keyValue, parked }),
    samlLogoutRoutes({ ...rest, deps, keyValue }),
    upstreamLogoutRoutes({ ...rest, deps, keyValue }),
  ];
}

/** Paths that other sites post to; they read no cookie and end no session by one (R2.2). */
export function isLogoutEndpoint(path: string): boolean {
  return (
    path === '/logout' || path === '/saml/slo' || /^\/login\/[^/]+\/(slo|backchannel-logout)$/.test(path)
  );
}
