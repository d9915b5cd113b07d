import { SECOND } from '../base/index.ts';
import type { AccessEnds, LogoutSettings, OidcLogouts, PartyLogouts, SamlLogouts } from '../logout/index.ts';
import type { Configuration } from './config.ts';

/** How long an answer waits for relying parties that are told in the back. */
const TELL_WITHIN_MS = 2 * SECOND;

export function logoutSettings({ connections }: Configuration): LogoutSettings {
  const choices = new Map(connections.map(({ id, logout }) => [id, logout]));
  return { tellWithinMs: TELL_WITHIN_MS, goUpstream: (id) => choices.get(id) ?? 'offer' };
}

/** Storefronts cannot be told; their own sign-out page can be opened. */
export function storefrontLogout(signOutUrlOf: (relyingParty: string) => URL | undefined): PartyLogouts {
  return (id) => {
    const url = signOutUrlOf(id);
    return url ? { kind: 'by-hand', url } : { kind: 'none' };
  };
}

/** While nothing is issued that outlives its session. */
export const noGrants: AccessEnds = {
  nothingBefore: async () => undefined,
  revokeOfSession: async () => undefined,
  revokeOfPerson: async () => undefined,
};

/** While no OIDC relying party can be entered. */
export const noOidc: OidcLogouts = {
  verifyIdTokenHint: async () => undefined,
  isPostLogoutRedirect: () => false,
};

/** While no SAML relying party can be entered. */
export const noSaml: SamlLogouts = {
  peerOf: async () => undefined,
  bindingOf: () => undefined,
  ask: async (id) => {
    throw new TypeError(`${id} is no SAML relying party`);
  },
  answer: async (id) => {
    throw new TypeError(`${id} is no SAML relying party`);
  },
};
