import { createPublicKey } from 'node:crypto';
import type { Request, Response } from 'express';
import { exportJWK } from 'jose';
import { sendErrorPage } from './answers.ts';
import { baseUrl, issuerOf, type Otds } from './server.ts';

/** `/.well-known/openid-configuration` at the base, or below `/oauth2`, as the switch says. */
export function sendDiscovery(otds: Otds, req: Request, res: Response, place: 'base' | 'oauth2'): void {
  const mode = otds.switches.positions.discovery;
  if (mode === 'html') {
    sendErrorPage(res, 200, 'Welcome to OpenText Directory Services.');
  } else if (mode === (place === 'base' ? 'normal' : 'oauth2-folder')) {
    res.json(metadata(otds, req));
  } else {
    sendErrorPage(res, 404, 'The requested resource is not available.');
  }
}

/** OpenID Connect Discovery 1.0, section 3. Token exchange is left out although it works. */
function metadata(otds: Otds, req: Request): Readonly<Record<string, unknown>> {
  const base = baseUrl(otds, req);
  const { pkce, issParameter, clientAuthentication, backchannelLogout } = otds.switches.positions;
  const methods = { post: ['client_secret_post'], basic: ['client_secret_basic'] };
  return {
    issuer: issuerOf(otds, req),
    authorization_endpoint: `${base}/oauth2/auth`,
    token_endpoint: `${base}/oauth2/token`,
    jwks_uri: `${base}/oauth2/jwks`,
    userinfo_endpoint: `${base}/oauth2/userinfo`,
    revocation_endpoint: `${base}/oauth2/revoke`,
    end_session_endpoint: `${base}/logout`,
    response_types_supported: ['code', 'id_token'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials', 'password'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported:
      clientAuthentication === 'both' ? [...methods.post, ...methods.basic] : methods[clientAuthentication],
    scopes_supported: ['openid', 'otds:groups', 'otds:roles'],
    claims_supported: ['sub', 'preferred_username', 'name', 'given_name', 'family_name', 'grp'],
    ...(pkce !== 'ignore' && { code_challenge_methods_supported: ['S256', 'plain'] }),
    ...(backchannelLogout && {
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    }),
    ...(issParameter && { authorization_response_iss_parameter_supported: true }),
  };
}

export async function sendJwks(otds: Otds, res: Response): Promise<void> {
  const published = await otds.signingKeys.published();
  const keys = published.map(async ({ kid, privateKey }) => ({
    ...(await exportJWK(createPublicKey(privateKey))),
    kid,
    use: 'sig',
    alg: 'RS256',
  }));
  res.json({ keys: await Promise.all(keys) });
}
