import type { AccessToken } from 'oidc-provider';
import { SECOND } from '../../base/index.ts';
import type { Rights } from './rights.ts';

/** What an access token says besides the claims of RFC 9068: how its person came, and as what. */
export function factsOf({ session, store, entitlement }: Rights): Record<string, unknown> {
  return {
    relying_party: store.id,
    roles: entitlement.roles.map(({ id }) => id),
    auth_time: Math.floor(session.authTime.getTime() / SECOND),
    ...(session.authnContext !== undefined && { acr: session.authnContext }),
    ...(session.amr.length > 0 && { amr: [...session.amr] }),
  };
}

/**
 * A signed token is kept nowhere, so it names the grant that it hangs on itself: whoever asks us about it is told what
 * counts now. The name opens nothing.
 */
export function grantNamedBy({ resourceServer, grantId }: AccessToken): { readonly grant_id?: string } {
  return resourceServer?.accessTokenFormat === 'jwt' && grantId !== undefined ? { grant_id: grantId } : {};
}
