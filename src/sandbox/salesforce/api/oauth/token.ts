import { createHmac, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { HOST, recordLogin, type Salesforce } from '../../server.ts';
import { type ClientApp, nextSerial } from '../../store.ts';
import { isFrozen, type User, userById } from '../../users.ts';
import { makeId } from '../ids.ts';
import { type OAuthError, oauthError, sendJson } from './answers.ts';
import { readAssertion } from './assertion.ts';
import { authenticateClient, formOf } from './client.ts';

export const SCOPE = 'api';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

type Granted = { readonly app: ClientApp; readonly user: User } | OAuthError;

/** `POST /services/oauth2/token` */
export async function issueToken(org: Salesforce, req: Request, res: Response): Promise<void> {
  const granted = await readGrant(org, req);
  if ('error' in granted) return sendJson(res, 400, granted);
  const { app, user } = granted;
  const isTrusted = org.switches.positions.trustedAddress;
  const refusal = isTrusted ? checkUser(org, user) : oauthError('invalid_grant', 'ip restricted');
  if (refusal) return sendJson(res, 400, refusal);
  recordLogin(org, { ...row(user), Status: 'Success' });
  sendJson(res, 200, tokenAnswer(org, app, user, formOf(req)['grant_type'] === 'client_credentials'));
}

async function readGrant(org: Salesforce, req: Request): Promise<Granted> {
  const form = formOf(req);
  switch (form['grant_type']) {
    case JWT_BEARER:
      return readAssertion(org, form['assertion'] ?? '');
    case 'client_credentials':
      return runAs(org, authenticateClient(org, req));
    case undefined:
      return oauthError('invalid_request', 'must supply grant_type');
    default:
      return oauthError('unsupported_grant_type', 'grant type not supported');
  }
}

function runAs(org: Salesforce, app: ClientApp | OAuthError): Granted {
  if ('error' in app) return app;
  const user = userById(org.store, app.runAs);
  return org.switches.positions.clientCredentials === 'on' && user
    ? { app, user }
    : oauthError('invalid_grant', 'no client credentials user enabled');
}

function row(user: User) {
  return { UserId: user.Id, LoginType: 'Remote Access 2.0' } as const;
}

function checkUser(org: Salesforce, user: User): OAuthError | undefined {
  if (!user.IsActive) {
    recordLogin(org, { ...row(user), Status: 'Failed: User Is Inactive' });
    return oauthError('inactive_user', 'user is inactive');
  }
  if (!isFrozen(org.store, user.Id)) return undefined;
  recordLogin(org, { ...row(user), Status: 'Failed: User Is Frozen' });
  return oauthError('invalid_grant', 'user is locked');
}

function tokenAnswer(org: Salesforce, app: ClientApp, user: User, isSigned: boolean): object {
  const { needs, store, switches } = org;
  const created = needs.clock.now();
  const token = `${store.organizationId.slice(0, 15)}!${randomBytes(48).toString('base64url')}`;
  store.tokens.set(token, {
    ...{ token, userId: user.Id, consumerKey: app.consumerKey, created },
    recordId: makeId('AuthSession', nextSerial(store)),
    ends: new Date(created.getTime() + switches.positions.accessTokenMinutes * 60_000),
  });
  const id = needs.url(HOST, `/id/${store.organizationId}/${user.Id}`);
  const issued = String(created.getTime());
  const signature = createHmac('sha256', app.consumerSecret)
    .update(id + issued)
    .digest('base64');
  return {
    ...{ access_token: token, scope: SCOPE, token_type: 'Bearer' },
    ...(switches.positions.identityInToken === 'told' && { id }),
    instance_url: switches.positions.instanceUrl ?? needs.url(HOST),
    ...(isSigned && { issued_at: issued, signature }),
  };
}
