import type { Request, Response } from 'express';
import { HOST, type Salesforce } from '../../server.ts';
import type { AccessToken } from '../../store.ts';
import { userById } from '../../users.ts';
import { liveToken } from '../access.ts';
import { sendJson } from './answers.ts';
import { authenticateClient, formOf } from './client.ts';
import { SCOPE } from './token.ts';

/** `POST /services/oauth2/introspect` (RFC 7662), for the client that got the token. */
export function introspectToken(org: Salesforce, req: Request, res: Response): void {
  const client = authenticateClient(org, req);
  const session = liveToken(org, formOf(req)['token'] ?? '');
  if ('error' in client) sendJson(res, 401, client);
  else if (session?.consumerKey !== client.consumerKey) sendJson(res, 200, { active: false });
  else sendJson(res, 200, facts(org, session));
}

function facts(org: Salesforce, session: AccessToken): object {
  const seconds = (moment: Date): number => Math.floor(moment.getTime() / 1_000);
  return {
    ...{ active: true, scope: SCOPE, client_id: session.consumerKey, token_type: 'access_token' },
    username: userById(org.store, session.userId)?.Username,
    sub: org.needs.url(HOST, `/id/${org.store.organizationId}/${session.userId}`),
    ...{ iat: seconds(session.created), nbf: seconds(session.created), exp: seconds(session.ends) },
  };
}
