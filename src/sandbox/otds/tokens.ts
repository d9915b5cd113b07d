import { createHmac, createPublicKey } from 'node:crypto';
import type { Request } from 'express';
import { SignJWT } from 'jose';
import { type Claims, claimsOf, subjectOf } from './claims.ts';
import { issuerOf, type Otds } from './server.ts';
import { type Grant, randomToken, type Token } from './store.ts';

const seconds = (instant: Date): number => Math.floor(instant.getTime() / 1_000);

/** Makes the token answer for a grant (RFC 6749 5.1, OpenID Connect Core 3.1.3.3) and remembers the tokens. */
export async function issueTokens(otds: Otds, req: Request, grant: Grant): Promise<Claims> {
  const { accessTokenSeconds, refreshTokens } = otds.switches.positions;
  const person = grant.uuid === undefined ? undefined : otds.needs.people.byUuid(grant.uuid);
  const accessToken = await signAccessToken(otds, req, grant);
  remember(otds, accessToken, 'access', grant);
  const refreshToken = person && refreshTokens !== 'none' ? randomToken() : undefined;
  if (refreshToken !== undefined) remember(otds, refreshToken, 'refresh', grant);
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: accessTokenSeconds,
    scope: grant.scopes.join(' '),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(person && grant.scopes.includes('openid') && { id_token: await signIdToken(otds, req, grant) }),
  };
}

function remember(otds: Otds, token: string, kind: Token['kind'], grant: Grant): void {
  const { accessTokenSeconds, refreshTokenSeconds } = otds.switches.positions;
  const lifetime = kind === 'access' ? accessTokenSeconds : refreshTokenSeconds;
  const ends = new Date(otds.needs.clock.now().getTime() + lifetime * 1_000);
  otds.store.tokens.set(token, { ...grant, kind, ends });
}

async function signAccessToken(otds: Otds, req: Request, grant: Grant): Promise<string> {
  const now = seconds(otds.needs.clock.now());
  const key = await otds.signingKeys.current();
  const person = grant.uuid === undefined ? undefined : otds.needs.people.byUuid(grant.uuid);
  const subject = person ? subjectOf(otds, person) : `${grant.clientId}@OAuthClients`;
  return new SignJWT({ preferred_username: person?.login ?? grant.clientId })
    .setSubject(subject)
    .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'JWT' })
    .setIssuer(issuerOf(otds, req))
    .setAudience(grant.clientId)
    .setIssuedAt(now)
    .setExpirationTime(now + otds.switches.positions.accessTokenSeconds)
    .setJti(randomToken())
    .sign(key.privateKey);
}

export async function signIdToken(otds: Otds, req: Request, grant: Grant): Promise<string> {
  const person = grant.uuid === undefined ? undefined : otds.needs.people.byUuid(grant.uuid);
  if (!person) throw new Error('an ID token is about a person');
  const { audOverride, nonceOverride, accessTokenSeconds, authenticationClaims, backchannelLogout } =
    otds.switches.positions;
  const now = seconds(otds.needs.clock.now());
  const nonce = nonceOverride ?? grant.nonce;
  return signHostileOrNot(otds, grant.clientId, {
    ...claimsOf(otds, person, grant.scopes),
    iss: issuerOf(otds, req),
    aud: audOverride ?? grant.clientId,
    iat: now,
    exp: now + accessTokenSeconds,
    ...(nonce && { nonce }),
    ...(backchannelLogout && grant.sid !== undefined && { sid: grant.sid }),
    ...(authenticationClaims && {
      auth_time: seconds(grant.authTime ?? otds.needs.clock.now()),
      acr: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
      amr: ['pwd'],
    }),
  });
}

/** Signs as the switch `signature` says. */
export async function signHostileOrNot(
  otds: Otds,
  clientId: string,
  claims: Claims,
  typ = 'JWT',
): Promise<string> {
  const mode = otds.switches.positions.signature;
  const key = await otds.signingKeys.current();
  if (mode === 'none') return `${part({ alg: 'none', typ })}.${part(claims)}.`;
  if (mode === 'hs256-client-secret') return hmacToken(key.kid, claims, otds.needs.broker().clientSecret);
  if (mode === 'hs256-public-key') {
    const pem = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' });
    return hmacToken(key.kid, claims, pem.toString());
  }
  const signer = mode === 'unknown-key' ? await otds.signingKeys.unknown() : key;
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ })
    .sign(signer.privateKey);
  if (mode !== 'broken') return token;
  otds.needs.log.info('sandbox breaks a signature', { clientId });
  return breakSignature(token);
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function hmacToken(kid: string, claims: Claims, secret: string): string {
  const input = `${part({ alg: 'HS256', kid, typ: 'JWT' })}.${part(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

function breakSignature(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[10] = (bytes[10] ?? 0) ^ 1;
  return `${header}.${payload}.${bytes.toString('base64url')}`;
}
