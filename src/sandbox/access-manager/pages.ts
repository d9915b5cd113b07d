import type { Response } from 'express';
import { type Html, html, page } from '../html.ts';

const BRAND = 'OpenText Access Manager';

export function sendPage(res: Response, title: string, body: Html, script?: string): void {
  res.set('cache-control', 'no-store');
  res.type('html').send(page({ title, brand: BRAND, body, ...(script !== undefined && { script }) }));
}

/** What cannot be answered at the service provider is answered here; nothing is sent anywhere. */
export function sendErrorPage(res: Response, status: number, reason: string): void {
  res.status(status);
  sendPage(
    res,
    'Unable to complete request',
    html`<h1>Unable to complete request at this time</h1><p class="problem">${reason}</p>`,
  );
}

/** The login form: field names of Access Manager's own page. */
export function sendLoginForm(
  res: Response,
  form: { readonly pendingId: string; readonly login?: string; readonly problem?: string },
): void {
  sendPage(
    res,
    'Sign in',
    html`<form class="card" method="post" action="/nidp/app/login">
<h1>Sign in</h1>
${form.problem !== undefined && html`<p class="problem" role="alert">${form.problem}</p>`}
<label for="Ecom_User_ID">User name</label>
<input id="Ecom_User_ID" name="Ecom_User_ID" value="${form.login ?? ''}" autocomplete="username" autocapitalize="none" required autofocus>
<label for="Ecom_Password">Password</label>
<input id="Ecom_Password" name="Ecom_Password" type="password" autocomplete="current-password" required>
<input type="hidden" name="option" value="credential">
<input type="hidden" name="sid" value="${form.pendingId}">
<button type="submit">Sign in</button>
</form>`,
  );
}

/** SAML Bindings 3.5.4: the browser carries a message on by a form that posts itself; the button works without script. */
export function sendAutoPost(
  res: Response,
  action: string,
  fields: Readonly<Record<string, string | undefined>>,
): void {
  sendPage(
    res,
    'Signing in',
    html`<form method="post" action="${action}">
${Object.entries(fields).map(
  ([name, value]) => value !== undefined && html`<input type="hidden" name="${name}" value="${value}">`,
)}
<p>If nothing happens, press the button.</p><button type="submit">Continue</button>
</form>`,
    '/-/auto-post.js',
  );
}
