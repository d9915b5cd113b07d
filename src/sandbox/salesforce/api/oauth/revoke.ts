import type { Request, Response } from 'express';
import type { Salesforce } from '../../server.ts';
import { oauthError, sendJson } from './answers.ts';
import { formOf } from './client.ts';

/** `POST /services/oauth2/revoke`: an access token, or the DeleteToken of an OauthToken record. No client is asked for. */
export function revokeToken({ store }: Salesforce, req: Request, res: Response): void {
  const token = formOf(req)['token'] ?? String(req.query['token'] ?? '');
  const [kept] = store.records.find('OauthToken', 'DeleteToken', token) ?? [];
  if (kept) store.records.remove('OauthToken', kept.Id);
  if (store.tokens.delete(token) || kept) res.status(200).end();
  else sendJson(res, 400, oauthError('unsupported_token_type', 'this token type is not supported'));
}
