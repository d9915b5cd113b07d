import type { Request, Response } from 'express';
import { z } from 'zod';
import { html, page } from '../html.ts';
import { BRAND, sendErrorPage } from './answers.ts';
import { findClient, type OAuthClient } from './clients.ts';
import { ANSWERED } from './login.ts';
import { sendLoginForm } from './login-form.ts';
import { issuerOf, type Otds } from './server.ts';
import { currentSession, type SignedIn } from './session.ts';
import { type Grant, randomToken } from './store.ts';
import { signIdToken } from './tokens.ts';

const AuthorizationRequest = z.object({
  client_id: z.string(),
  redirect_uri: z.string(),
  response_type: z.string().default(''),
  response_mode: z.enum(['query', 'form_post']).optional().catch(undefined),
  scope: z.string().default(''),
  state: z.string().optional(),
  nonce: z.string().optional(),
  prompt: z.string().default(''),
  max_age: z.coerce.number().int().min(0).optional().catch(undefined),
  login_hint: z.string().optional(),
  code_challenge: z.string().optional(),
  code_challenge_method: z.string().default('plain'),
  [ANSWERED]: z.string().optional(),
});
type AuthorizationRequest = z.infer<typeof AuthorizationRequest>;

type Refusal = { readonly error: string; readonly description: string };

/** `GET /oauth2/auth`, and `GET /login` with OAuth parameters (the old way). RFC 6749 4.1, OpenID Connect Core 3.1.2. */
export async function authorize(otds: Otds, req: Request, res: Response): Promise<void> {
  const parsed = AuthorizationRequest.safeParse(req.query);
  if (!parsed.success) {
    sendErrorPage(res, 400, 'The authorization request lacks client_id or redirect_uri, or names one twice.');
    return;
  }
  const request = parsed.data;
  const client = findClient(otds, request.client_id);
  // Without a client and an exactly matching address there is nowhere safe to redirect to.
  if (!client) {
    sendErrorPage(res, 400, `Unknown OAuth client "${request.client_id}".`);
    return;
  }
  if (!client.redirectUris.includes(request.redirect_uri)) {
    sendErrorPage(res, 400, `The redirect_uri "${request.redirect_uri}" is not registered for this client.`);
    return;
  }
  const refusal = checkRequest(otds, client, request);
  if (refusal) {
    respond(otds, req, res, request, { error: refusal.error, error_description: refusal.description });
    return;
  }
  const current = currentSession(otds, req);
  if (current && !mustSignIn(otds, request, current)) {
    await grant(otds, req, res, request, client, current);
  } else if (request.prompt.split(' ').includes('none')) {
    respond(otds, req, res, request, { error: 'login_required' });
  } else {
    askForLogin(otds, req, res, request);
  }
}

function checkRequest(otds: Otds, client: OAuthClient, request: AuthorizationRequest): Refusal | undefined {
  const { pkce, unlistedScopes } = otds.switches.positions;
  if (request.response_type !== 'code' && request.response_type !== 'id_token') {
    return { error: 'unsupported_response_type', description: 'Use code or id_token.' };
  }
  if (request.response_type === 'id_token' && request.nonce === undefined) {
    return { error: 'invalid_request', description: 'id_token needs a nonce.' };
  }
  if (pkce === 'require' && request.response_type === 'code' && request.code_challenge === undefined) {
    return { error: 'invalid_request', description: 'code_challenge is required.' };
  }
  if (pkce !== 'ignore' && !['S256', 'plain'].includes(request.code_challenge_method)) {
    return { error: 'invalid_request', description: 'code_challenge_method must be S256 or plain.' };
  }
  const unlisted = scopesOf(request).filter((scope) => !client.allowedScopes.includes(scope));
  if (unlistedScopes === 'refuse' && unlisted.length > 0) {
    return { error: 'invalid_scope', description: `Not permitted: ${unlisted.join(' ')}` };
  }
  return undefined;
}

const scopesOf = (request: AuthorizationRequest): string[] => request.scope.split(' ').filter(Boolean);

function mustSignIn(otds: Otds, request: AuthorizationRequest, current: SignedIn): boolean {
  const { session } = current;
  // One answered form satisfies one request: using it up keeps a reload from passing prompt=login again.
  const answered = request[ANSWERED];
  if (answered !== undefined && session.answered.delete(answered)) return false;
  if (request.prompt.split(' ').includes('login')) return true;
  if (request.max_age === undefined) return false;
  return otds.needs.clock.now().getTime() - session.authTime.getTime() > request.max_age * 1_000;
}

function askForLogin(otds: Otds, req: Request, res: Response, request: AuthorizationRequest): void {
  const forward = new URL(req.originalUrl, 'http://otds.invalid');
  forward.searchParams.set(ANSWERED, randomToken());
  sendLoginForm(otds, req, res, {
    forwardAddress: forward.pathname + forward.search,
    ...(request.login_hint !== undefined && { login: request.login_hint }),
  });
}

async function grant(
  otds: Otds,
  req: Request,
  res: Response,
  request: AuthorizationRequest,
  client: OAuthClient,
  { session, person }: SignedIn,
): Promise<void> {
  const what: Grant = {
    clientId: client.id,
    uuid: person.uuid,
    scopes: scopesOf(request).filter((scope) => client.allowedScopes.includes(scope)),
    authTime: session.authTime,
    sid: session.sid,
    ...(request.nonce !== undefined && { nonce: request.nonce }),
  };
  if (request.response_type === 'id_token') {
    respond(otds, req, res, request, { id_token: await signIdToken(otds, req, what) });
    return;
  }
  respond(otds, req, res, request, { code: keepCode(otds, request, what) });
}

function keepCode(otds: Otds, request: AuthorizationRequest, what: Grant): string {
  const { codeSeconds, pkce } = otds.switches.positions;
  const code = randomToken();
  const { code_challenge: value, code_challenge_method: method } = request;
  otds.store.codes.set(code, {
    ...what,
    redirectUri: request.redirect_uri,
    ends: new Date(otds.needs.clock.now().getTime() + codeSeconds * 1_000),
    ...(value !== undefined &&
      pkce !== 'ignore' && {
        challenge: { value, method: method === 'S256' ? ('S256' as const) : ('plain' as const) },
      }),
    issued: [],
    used: false,
  });
  return code;
}

/** Answers at the registered address, by redirect or by a form that posts itself. */
function respond(
  otds: Otds,
  req: Request,
  res: Response,
  request: AuthorizationRequest,
  answer: Readonly<Record<string, string>>,
): void {
  const { stateOverride, issParameter } = otds.switches.positions;
  const state = stateOverride ?? request.state;
  const fields = {
    ...answer,
    ...(state !== undefined && { state }),
    ...(issParameter && { iss: issuerOf(otds, req) }),
  };
  res.set('cache-control', 'no-store');
  if (request.response_mode === 'form_post' || request.response_type === 'id_token') {
    sendAutoPost(res, request.redirect_uri, fields);
    return;
  }
  const target = new URL(request.redirect_uri);
  for (const [name, value] of Object.entries(fields)) target.searchParams.set(name, value);
  res.redirect(302, target.href);
}

/** OAuth 2.0 Form Post Response Mode. */
function sendAutoPost(res: Response, action: string, fields: Readonly<Record<string, string>>): void {
  res.type('html').send(
    page({
      title: 'Signing in',
      brand: BRAND,
      script: '/-/auto-post.js',
      body: html`<form method="post" action="${action}">
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<p>If nothing happens, press the button.</p><button type="submit">Continue</button>
</form>`,
    }),
  );
}
