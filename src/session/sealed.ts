import type { SessionId } from '../base/index.ts';
import type { Keys, Sealer } from '../platform/keys/index.ts';

/** What of a session is personal, or names it at the upstream. */
export type Sealed = {
  readonly device: string;
  readonly upstreamSession: Readonly<Record<string, string>>;
};

export function sealedPlace(id: SessionId): string {
  return `session_index/${id}/sealed`;
}

/** OIDC says `sub` and `sid`, SAML NameID and SessionIndex; a logout message names one or both. */
export function upstreamLookup(
  connection: string,
  { sub, nameId, sid, sessionIndex }: Readonly<Record<string, string>>,
  keys: Pick<Keys, 'lookup'>,
): { upstream_subject: string | null; upstream_session: string | null } {
  const hash = (what: string, value: string | undefined): string | null =>
    value === undefined ? null : keys.lookup(`session-upstream/${connection}/${what}`, value);
  return {
    upstream_subject: hash('subject', nameId ?? sub),
    upstream_session: hash('session', sessionIndex ?? sid),
  };
}

/** Of a person who was erased nothing can be told any more, and their sessions end all the same. */
export function openSealed(
  sealer: Sealer,
  { id, sealed }: { readonly id: SessionId; readonly sealed: string },
): Sealed {
  if (sealer.isDestroyed) return { device: '', upstreamSession: {} };
  return JSON.parse(sealer.open(sealed, sealedPlace(id))) as Sealed;
}
