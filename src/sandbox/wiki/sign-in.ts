import type { Request, Response } from 'express';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { accountOf, refuseAccount } from './account.ts';
import { configurationOf, issuerOf, reasonOf } from './broker.ts';
import { sendProblem } from './pages.ts';
import {
  browserOf,
  CALLBACK,
  currentSession,
  HOST,
  isSameBrowser,
  openSession,
  resourceOf,
  type Wiki,
} from './server.ts';
import type { Attempt, TokenSet } from './store.ts';

type Begin = {
  /** Empty: the wiki itself. */
  readonly resource: string;
  readonly target: string;
  readonly loginHint?: string | undefined;
};

/** `GET /login`: authorization code with PKCE (RFC 7636), state and nonce. */
export async function beginSignIn(wiki: Wiki, req: Request, res: Response, begin: Begin): Promise<void> {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const { prompt } = wiki.switches.positions;
  const config = await configurationOf(wiki);
  const { resource, target, loginHint } = begin;
  const attempt: Attempt = { browser: browserOf(req, res), verifier, nonce, resource, target };
  wiki.store.attempts.set(state, attempt);
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: wiki.needs.url(HOST, CALLBACK),
    scope: scopeOf(wiki, resource),
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...(resource !== '' && { resource }),
    ...(prompt !== 'absent' && { prompt }),
    ...(loginHint !== undefined && { login_hint: loginHint }),
  });
  res.redirect(302, address.href);
}

function scopeOf({ switches }: Wiki, resource: string): string {
  const { scope, storeScope } = switches.positions;
  return resource === ''
    ? (scope ?? 'openid profile email')
    : (storeScope ?? 'openid catalog:write orders:read');
}

/** `GET|POST /login/initiate`: somebody else begins the sign-in (OpenID Connect Core 4), the broker's launchpad for one. */
export async function initiateSignIn(wiki: Wiki, req: Request, res: Response): Promise<void> {
  const given = (req.method === 'POST' ? (req.body ?? {}) : req.query) as Readonly<Record<string, unknown>>;
  if (given['iss'] !== issuerOf(wiki)) {
    sendProblem(res, 400, 'Another issuer', 'The wiki takes sign-ins from its own broker only.');
    return;
  }
  const hint = given['login_hint'];
  await beginSignIn(wiki, req, res, {
    resource: '',
    target: landing(wiki, given['target_link_uri']),
    loginHint: typeof hint === 'string' ? hint : undefined,
  });
}

/** An address of the wiki, or its start page. */
export function landing({ needs }: Wiki, wanted: unknown): string {
  const base = needs.url(HOST, '/');
  if (typeof wanted !== 'string' || !URL.canParse(wanted, base)) return '/';
  const { origin, pathname, search } = new URL(wanted, base);
  return origin === new URL(base).origin ? `${pathname}${search}` : '/';
}

/** `GET /callback`: the answer of the broker meets the browser that asked. */
export async function finishSignIn(wiki: Wiki, req: Request, res: Response): Promise<void> {
  const state = String(req.query['state'] ?? '');
  const attempt = wiki.store.attempts.get(state);
  if (!attempt || !isSameBrowser(req, attempt.browser)) {
    sendProblem(res, 400, 'Nobody asked', 'This sign-in did not begin in this browser, or it is over.');
    return;
  }
  wiki.store.attempts.delete(state);
  try {
    const tokens = await redeem(wiki, req, state, attempt);
    keep(wiki, req, res, attempt, tokens);
    res.redirect(302, attempt.target);
  } catch (error) {
    const problem = reasonOf(error);
    note(wiki, attempt.resource === '' ? 'sign-in' : attempt.resource, problem);
    const session = attempt.resource === '' ? undefined : currentSession(wiki, req);
    if (!session) {
      sendProblem(res, 403, 'You were not let in', problem);
      return;
    }
    session.note = { good: false, text: `No token for ${attempt.resource}: ${problem}` };
    res.redirect(302, '/me');
  }
}

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

async function redeem(wiki: Wiki, req: Request, state: string, attempt: Attempt): Promise<Tokens> {
  const address = new URL(req.originalUrl, wiki.needs.url(HOST));
  const { verifier, nonce, resource } = attempt;
  return client.authorizationCodeGrant(
    await configurationOf(wiki),
    address,
    { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
    resource === '' ? {} : { resource },
  );
}

function keep(wiki: Wiki, req: Request, res: Response, attempt: Attempt, tokens: Tokens): void {
  const claims = tokens.claims();
  if (!claims) throw new Error('the broker sent no ID token');
  const session = currentSession(wiki, req);
  // A store token joins the session of the same person; anything else begins a new one.
  if (attempt.resource !== '' && session?.sub === claims.sub) {
    session.tokens.set(attempt.resource, readTokens(wiki, tokens));
    session.note = { good: true, text: `A token for ${attempt.resource} has arrived.` };
    return;
  }
  const refusal = refuseAccount(wiki, claims.sub);
  if (refusal !== undefined) throw new Error(refusal);
  const { sid } = claims;
  openSession(wiki, req, res, {
    sub: claims.sub,
    hadAccount: accountOf(wiki, claims.sub) !== undefined,
    ...(typeof sid === 'string' && { sid }),
    idToken: tokens.id_token ?? '',
    claims,
    tokens: new Map([[attempt.resource, readTokens(wiki, tokens)]]),
  });
}

export function readTokens({ needs }: Wiki, tokens: Tokens, before?: TokenSet): TokenSet {
  const refreshToken = tokens.refresh_token ?? before?.refreshToken;
  const claims = readPayload(tokens.access_token);
  return {
    accessToken: tokens.access_token,
    ...(refreshToken !== undefined && { refreshToken }),
    scope: tokens.scope ?? before?.scope ?? '',
    expires: new Date(needs.clock.now().getTime() + (tokens.expires_in ?? 0) * 1_000),
    ...(claims && { claims }),
  };
}

/** For show: a real client never looks into its access tokens. */
function readPayload(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

export function note(wiki: Wiki, what: string, problem: string): void {
  wiki.store.refusals.push({ at: wiki.needs.clock.now().toISOString(), what, problem });
}

/** `GET /store-token?store=…`: a grant of its own for one store, in the same browser session. */
export async function askForStore(wiki: Wiki, req: Request, res: Response): Promise<void> {
  const store = String(req.query['store'] ?? '');
  await beginSignIn(wiki, req, res, { resource: resourceOf(store), target: '/me' });
}
