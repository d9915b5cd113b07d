import type { SessionId } from '../../base/index.ts';
import type { Keys } from '../../platform/keys/index.ts';

/**
 * `sid`: how one relying party names one session of ours. Always the same for the same two, and another one for every
 * relying party, so that no two can compare notes (OpenID Connect Back-Channel Logout 2.1).
 */
export function sidOf(keys: Pick<Keys, 'lookup'>, sessionId: SessionId, relyingParty: string): string {
  return keys.lookup(`issuing-oidc/sid/${relyingParty}`, sessionId).slice(0, 43);
}
