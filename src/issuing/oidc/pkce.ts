import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { RelyingParty } from '../../relying-parties/index.ts';
import { type OidcParty, oidcPartyOf, type Parties } from './parties.ts';

/**
 * RFC 9700 2.1.1: each code is bound to the browser that it was asked for. PKCE does so for every application; one with
 * a secret may lean on the nonce instead, if its settings say so. Asked only about requests without a challenge: a code
 * that was asked for with one needs its verifier, whatever the settings say.
 *
 * @throws errors.InvalidRequest for such an application, when the request has no nonce that an ID token could show.
 */
export function isPkceRequired(ctx: KoaContextWithOIDC, parties: Pick<Parties, 'application'>): boolean {
  const application = parties.application(ctx.oidc.client?.clientId ?? '');
  if (!application || !mayLeanOnNonce(application)) return true;
  if (isBoundByNonce(ctx)) return false;
  throw new errors.InvalidRequest('code_challenge is missing, or else nonce together with the scope openid');
}

/** Does an application of this registration sign people in without PKCE, if it likes? */
export function isPkceOptional(party: RelyingParty): boolean {
  const application = oidcPartyOf(party);
  return application !== undefined && mayLeanOnNonce(application);
}

/** Whoever redeems the code of a public client proves nothing else: there, PKCE is all that there is. */
function mayLeanOnNonce({ access }: OidcParty): boolean {
  return access.pkce === 'nonce-instead' && access.tokenEndpointAuthMethod !== 'none';
}

/** Only an ID token brings the nonce back for the application to compare. */
function isBoundByNonce({ oidc }: KoaContextWithOIDC): boolean {
  const { nonce, response_type: responseType } = oidc.params ?? {};
  return (
    responseType === 'code' &&
    oidc.requestParamScopes.has('openid') &&
    typeof nonce === 'string' &&
    nonce !== ''
  );
}
