import { createHash } from 'node:crypto';
import type { BrokerInput, Sandbox } from '../../../src/sandbox/index.ts';
import type { Browser, Page } from './browser.ts';
import { type Reply, sendForm } from './request.ts';

export const CALLBACK = 'http://sso.localhost/login/otds/callback';
export const SIGNED_OUT = 'http://sso.localhost/signed-out';
export const VERIFIER = 'a-verifier-that-is-long-enough-for-rfc-7636-0123456789';

export const broker: BrokerInput = {
  clientId: 'vestibule',
  clientSecret: 'sëcret with spaces & +',
  redirectUris: [CALLBACK],
  postLogoutRedirectUris: [SIGNED_OUT],
};

export type Change = Readonly<Record<string, string | undefined>>;

/** Address of an authorization request; `undefined` takes a parameter away. */
export function authorizationUrl(
  sandbox: Sandbox,
  change: Change = {},
  path = '/otdsws/oauth2/auth',
): string {
  const url = new URL(sandbox.url('otds', path));
  const parameters: Change = {
    client_id: 'vestibule',
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid otds:groups',
    state: 'st-1',
    nonce: 'no-1',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}

/** Parameters of the redirect that leads back to the broker. */
export function answerOf(page: Page): Record<string, string> {
  if (page.headers.location === undefined) throw new Error(`no redirect: ${page.status} ${page.body}`);
  return Object.fromEntries(new URL(page.headers.location).searchParams);
}

/** Through the login form, or without it where the browser has a session. */
export async function signIn(
  browser: Browser,
  url: string,
  login: string,
  password = 'halden-demo',
): Promise<Page> {
  const form = await browser.open(url);
  if (form.headers.location !== undefined) return form;
  return browser.submit(form, { otds_username: login, otds_password: password });
}

export function redeem(sandbox: Sandbox, code: string, change: Change = {}): Promise<Reply> {
  return askForToken(sandbox, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
    ...change,
  });
}

export function askForToken(sandbox: Sandbox, change: Change, path = '/otdsws/oauth2/token'): Promise<Reply> {
  const fields: Change = {
    client_id: 'vestibule',
    client_secret: String(broker.clientSecret),
    ...change,
  };
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
  return sendForm(sandbox.url('otds', path), Object.fromEntries(given));
}

export type TokenAnswer = {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly expires_in: number;
  readonly error?: string;
};

/** The whole sign-in of one person. */
export async function tokensFor(sandbox: Sandbox, browser: Browser, login: string): Promise<TokenAnswer> {
  const { code = '' } = answerOf(await signIn(browser, authorizationUrl(sandbox), login));
  return (await redeem(sandbox, code)).json() as TokenAnswer;
}
