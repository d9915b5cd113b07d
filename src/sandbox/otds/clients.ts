import { createHash, timingSafeEqual } from 'node:crypto';
import type { Otds } from './server.ts';

export type OAuthClient = {
  readonly id: string;
  readonly secret: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  /** Scopes that the administrator permits; others are unlisted. */
  readonly allowedScopes: readonly string[];
};

const ALLOWED_SCOPES = ['openid', 'otds:groups', 'otds:roles', 'otdsssoticket'];

/** The broker is the only registered client. */
export function findClient(otds: Otds, id: string | undefined): OAuthClient | undefined {
  const broker = otds.needs.broker();
  if (id !== broker.clientId) return undefined;
  return {
    id: broker.clientId,
    secret: broker.clientSecret,
    redirectUris: broker.redirectUris,
    postLogoutRedirectUris: broker.postLogoutRedirectUris,
    allowedScopes: ALLOWED_SCOPES,
  };
}

export function isSecretOf(client: OAuthClient, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(client.secret), digest(secret));
}
