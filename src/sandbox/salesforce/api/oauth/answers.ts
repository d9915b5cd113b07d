import type { Response } from 'express';

/** An error as the token endpoint words it. */
export type OAuthError = { readonly error: string; readonly error_description: string };

export function oauthError(error: string, description: string): OAuthError {
  return { error, error_description: description };
}

export const INVALID_CLIENT_ID = oauthError('invalid_client_id', 'client identifier invalid');
export const INVALID_CLIENT = oauthError('invalid_client', 'invalid client credentials');

export function sendJson(res: Response, status: number, body: object): void {
  res.status(status).set('cache-control', 'no-store').json(body);
}
