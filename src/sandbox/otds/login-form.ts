import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { readCookie } from '../cookies.ts';
import { html, page } from '../html.ts';
import { BRAND } from './answers.ts';
import { baseUrl, type Otds } from './server.ts';
import { randomToken } from './store.ts';

const BROWSER_COOKIE = 'OTDSBrowser';

/** Where the browser goes on after the login; OTDS 23.4 carries it in an unsigned JWT named RFA. */
const RequestForAuthentication = z.object({ forwardAddress: z.string() });

type Form = {
  /** Path and query on this server. */
  readonly forwardAddress: string;
  readonly login?: string;
  readonly problem?: string;
};

/** The login page with the field names of OTDS 23.4. */
export function sendLoginForm(otds: Otds, req: Request, res: Response, form: Form): void {
  const browser = readCookie(req, BROWSER_COOKIE) ?? randomToken();
  res.cookie(BROWSER_COOKIE, browser, { httpOnly: true, sameSite: 'lax', path: '/' });
  res.set('cache-control', 'no-store');
  res.type('html').send(
    page({
      title: 'Sign in',
      brand: BRAND,
      body: html`<form class="card" id="loginform" method="post" action="${baseUrl(otds, req)}/login">
<h1>Sign in</h1>
${form.problem !== undefined && html`<p class="problem" role="alert">${form.problem}</p>`}
<label for="otds_username">User name</label>
<input id="otds_username" name="otds_username" value="${form.login ?? ''}" autocomplete="username" autocapitalize="none" required autofocus>
<label for="otds_password">Password</label>
<input id="otds_password" name="otds_password" type="password" autocomplete="current-password" required>
<input type="hidden" name="otdscsrf" value="${csrfValue(otds, browser, randomToken())}">
<input type="hidden" name="RFA" value="${packForward(form.forwardAddress)}">
<input type="hidden" name="fragment" value="">
<input type="hidden" name="authhandler" value="">
${['logbackin', 'pwreset', 'signup', 'cancel', 'changetenant'].map(
  (name) => html`<input type="hidden" name="${name}" value="true" disabled>`,
)}
<button id="loginbutton" type="submit">Sign in</button>
</form>`,
    }),
  );
}

/** Each page has its own value, tied to the browser. */
function csrfValue(otds: Otds, browser: string, page: string): string {
  const mac = createHmac('sha256', otds.store.csrfKey).update(`${browser}.${page}`).digest('base64url');
  return `${page}.${mac}`;
}

export function isCsrfValid(otds: Otds, req: Request, value: string): boolean {
  const browser = readCookie(req, BROWSER_COOKIE);
  if (browser === undefined) return false;
  const expected = Buffer.from(csrfValue(otds, browser, value.split('.', 1)[0] ?? ''));
  const given = Buffer.from(value);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function packForward(forwardAddress: string): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ postTicket: false, forwardAddress, resourceID: '' })}.`;
}

/** @returns undefined when the value is damaged or points away from this server: it is not signed. */
export function unpackForward(rfa: string): string | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(rfa.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const { forwardAddress } = RequestForAuthentication.parse(payload);
    return /^\/(?![/\\])/.test(forwardAddress) ? forwardAddress : undefined;
  } catch {
    return undefined;
  }
}
