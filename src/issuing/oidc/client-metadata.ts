import { randomBytes } from 'node:crypto';
import type { ClientMetadata } from 'oidc-provider';
import type { MachineConfig } from './config.ts';
import type { OidcParty } from './parties.ts';

/**
 * The library wants one secret for each client that has any; ours are several and compared elsewhere. Random, so
 * that this stand-in opens nothing.
 */
const STAND_IN = randomBytes(32).toString('base64url');

/** An application in the words of OpenID Connect Dynamic Registration. Pure; the same settings give the same text. */
export function metadataOfApplication({ id, title, access }: OidcParty): ClientMetadata {
  return {
    client_id: id,
    client_name: title,
    redirect_uris: access.redirectUris,
    // NOTE: never `native`: that type lets the port of a loopback redirect URI differ.
    application_type: 'web',
    response_types: ['code'],
    response_modes: ['query', 'form_post'],
    grant_types: ['authorization_code', ...(access.refreshTokens ? ['refresh_token'] : [])],
    id_token_signed_response_alg: access.idTokenAlg,
    token_endpoint_auth_method: access.tokenEndpointAuthMethod,
    require_pushed_authorization_requests: access.requirePar,
    dpop_bound_access_tokens: access.requireDpop,
    require_signed_request_object: access.requireSignedRequests,
    ...credentials(access.tokenEndpointAuthMethod, access),
  };
}

export function metadataOfMachine(machine: MachineConfig): ClientMetadata {
  const method = machine.jwks ? 'private_key_jwt' : 'client_secret_basic';
  return {
    client_id: machine.id,
    redirect_uris: [],
    response_types: [],
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: method,
    ...credentials(method, machine),
  };
}

function credentials(
  method: OidcParty['access']['tokenEndpointAuthMethod'],
  held: Pick<OidcParty['access'], 'jwks'> & { readonly jwksUri?: string | undefined },
): Partial<ClientMetadata> {
  if (method === 'none') return {};
  if (method !== 'private_key_jwt') return { client_secret: STAND_IN };
  return held.jwksUri === undefined
    ? { jwks: held.jwks as NonNullable<ClientMetadata['jwks']> }
    : { jwks_uri: held.jwksUri };
}
