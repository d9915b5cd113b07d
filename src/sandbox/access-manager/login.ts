import type { Request, Response } from 'express';
import { z } from 'zod';
import type { DirectoryPerson } from '../cast.ts';
import { html } from '../html.ts';
import { sendErrorPage, sendLoginForm, sendPage } from './pages.ts';
import type { AccessManager } from './server.ts';
import { currentSession, openSession } from './session.ts';
import { finish, resume } from './sso.ts';

const LoginBody = z.object({
  Ecom_User_ID: z.string(),
  Ecom_Password: z.string(),
  sid: z.string().default(''),
});

/** `GET /nidp/app/login`: goes on with a parked request, or shows who is signed in. */
export async function showLogin(am: AccessManager, req: Request, res: Response): Promise<void> {
  const { sid } = req.query;
  if (typeof sid === 'string') return resume(am, req, res, sid);
  const current = currentSession(am, req);
  if (!current) return sendLoginForm(res, { pendingId: '' });
  showPortal(am, res, current.person);
}

function showPortal(am: AccessManager, res: Response, person: DirectoryPerson): void {
  const providers = am.needs.broker().serviceProviders;
  sendPage(
    res,
    'Signed in',
    html`<h1>Signed in</h1><p>You are ${person.givenName} ${person.familyName} (${person.login}).</p>
<ul>${providers.map(
      ({ entityId }, index) => html`<li><a href="/nidp/saml2/idpsend?id=${index}">Open ${entityId}</a></li>`,
    )}</ul>
<p><a href="/nidp/app/logout">Sign out</a></p>`,
  );
}

/** `POST /nidp/app/login`: checks the password and answers the request that waited for it. */
export async function answerLogin(am: AccessManager, req: Request, res: Response): Promise<void> {
  const body = LoginBody.safeParse(req.body);
  if (!body.success) return sendErrorPage(res, 400, 'The form is incomplete.');
  const { Ecom_User_ID: login, Ecom_Password: password, sid } = body.data;
  const result = authenticate(am, login, password);
  if (result.outcome === 'refused') {
    return sendLoginForm(res, { pendingId: sid, login, problem: result.problem });
  }
  const { person } = result;
  const session = openSession(am, req, res, person.uuid);
  if (sid === '') return showPortal(am, res, person);
  const pending = am.store.pending.get(sid);
  if (!pending) return sendErrorPage(res, 400, 'The sign-in has ended or was answered before.');
  return finish(am, res, sid, pending, { session, person });
}

type Authentication =
  | { readonly outcome: 'accepted'; readonly person: DirectoryPerson }
  | { readonly outcome: 'refused'; readonly problem: string };

function authenticate(am: AccessManager, login: string, password: string): Authentication {
  const person = am.needs.people.find(login);
  if (!person?.inAccessManager || person.password !== password) {
    return { outcome: 'refused', problem: 'Login failed, please try again.' };
  }
  if (person.disabled) return { outcome: 'refused', problem: 'The account is disabled.' };
  if (person.locked) return { outcome: 'refused', problem: 'The account is locked for now.' };
  return { outcome: 'accepted', person };
}
