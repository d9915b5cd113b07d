import type { Request, Response } from 'express';
import * as client from 'openid-client';
import { configurationOf, reasonOf } from './broker.ts';
import { currentSession, endSession, HOST, SIGNED_OUT, type Wiki } from './server.ts';
import { note, readTokens } from './sign-in.ts';
import type { WebSession } from './store.ts';

/** `POST /refresh`: a new access token for the wiki or a store; the broker decides anew. */
export async function refresh(wiki: Wiki, req: Request, res: Response): Promise<void> {
  const session = currentSession(wiki, req);
  if (!session) return res.redirect(302, '/');
  const { resource: wanted } = (req.body ?? {}) as { readonly resource?: unknown };
  const resource = typeof wanted === 'string' ? wanted : '';
  const before = session.tokens.get(resource);
  if (before?.refreshToken === undefined) {
    session.note = { good: false, text: 'There is no refresh token; the broker gave none.' };
    return res.redirect(302, '/me');
  }
  try {
    const config = await configurationOf(wiki);
    const parameters = resource === '' ? {} : { resource };
    const tokens = await client.refreshTokenGrant(config, before.refreshToken, parameters);
    session.tokens.set(resource, readTokens(wiki, tokens, before));
    const claims = tokens.claims();
    if (claims && tokens.id_token !== undefined) Object.assign(session, { claims, idToken: tokens.id_token });
    session.note = { good: true, text: 'The broker gave a new access token.' };
  } catch (error) {
    refuse(wiki, req, res, session, error);
  }
  res.redirect(302, '/me');
}

function refuse(wiki: Wiki, req: Request, res: Response, session: WebSession, error: unknown): void {
  const problem = reasonOf(error);
  note(wiki, 'refresh', problem);
  session.note = { good: false, text: `Refresh refused. ${problem}` };
  if (wiki.switches.positions.refusedRefresh === 'ends-session') endSession(wiki, req, res);
}

/** `POST /userinfo`: asks with the access token of the wiki itself. */
export async function askUserinfo(wiki: Wiki, req: Request, res: Response): Promise<void> {
  const session = currentSession(wiki, req);
  if (!session) return res.redirect(302, '/');
  const token = session.tokens.get('') ?? [...session.tokens.values()][0];
  try {
    const config = await configurationOf(wiki);
    session.userinfo = await client.fetchUserInfo(config, token?.accessToken ?? '', session.sub);
    session.note = { good: true, text: 'Userinfo answered.' };
  } catch (error) {
    const problem = reasonOf(error);
    note(wiki, 'userinfo', problem);
    session.note = { good: false, text: `Userinfo refused. ${problem}` };
  }
  res.redirect(302, '/me');
}

/** `POST /logout`: ends the session here and asks the broker to end its own (RP-Initiated Logout 1.0). */
export async function signOut(wiki: Wiki, req: Request, res: Response): Promise<void> {
  const session = endSession(wiki, req, res);
  if (!session || !wiki.switches.positions.logoutByBroker) return res.redirect(302, SIGNED_OUT);
  const config = await configurationOf(wiki);
  if (config.serverMetadata().end_session_endpoint === undefined) return res.redirect(302, SIGNED_OUT);
  const address = client.buildEndSessionUrl(config, {
    id_token_hint: session.idToken,
    post_logout_redirect_uri: wiki.needs.url(HOST, SIGNED_OUT),
    state: client.randomState(),
  });
  res.redirect(302, address.href);
}
