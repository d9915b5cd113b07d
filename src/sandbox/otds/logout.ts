import type { Request, Response } from 'express';
import { html, page } from '../html.ts';
import { BRAND } from './answers.ts';
import { sendBackchannelLogout } from './logout-token.ts';
import type { Otds } from './server.ts';
import { endSession } from './session.ts';

/** `GET /logout`: ends the browser's session and goes back only to a registered address, if at all. */
export async function logout(otds: Otds, req: Request, res: Response): Promise<void> {
  const session = endSession(otds, req, res);
  if (session) await sendBackchannelLogout(otds, req, session);
  const wanted = req.query['post_logout_redirect_uri'];
  const registered = otds.needs.broker().postLogoutRedirectUris;
  const honoured = otds.switches.positions.logoutRedirect === 'honour';
  if (honoured && typeof wanted === 'string' && registered.includes(wanted)) {
    const target = new URL(wanted);
    if (typeof req.query['state'] === 'string') target.searchParams.set('state', req.query['state']);
    res.redirect(302, target.href);
    return;
  }
  res.type('html').send(
    page({
      title: 'Signed out',
      brand: BRAND,
      body: html`<h1>Signed out</h1><p>You have signed out of OpenText Directory Services.</p>
<p><a href="login">Sign in again</a></p>`,
    }),
  );
}
