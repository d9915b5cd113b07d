import type { Request, Response } from 'express';
import { z } from 'zod';
import type { DirectoryPerson } from '../cast.ts';
import { html, page } from '../html.ts';
import { BRAND, sendErrorPage } from './answers.ts';
import { isCsrfValid, sendLoginForm, unpackForward } from './login-form.ts';
import type { Otds } from './server.ts';
import { currentSession, openSession } from './session.ts';

const LoginBody = z.object({
  otds_username: z.string(),
  otds_password: z.string(),
  otdscsrf: z.string(),
  RFA: z.string(),
});

/** Name of the parameter by which an authorization request knows that its own form was answered. */
export const ANSWERED = 'otdsanswered';

/** `GET /login` without an OAuth request: who is signed in, or the form. */
export function showLogin(otds: Otds, req: Request, res: Response): void {
  const current = currentSession(otds, req);
  if (!current) {
    sendLoginForm(otds, req, res, { forwardAddress: req.originalUrl });
    return;
  }
  const { givenName, familyName, login, partition } = current.person;
  res.type('html').send(
    page({
      title: 'Signed in',
      brand: BRAND,
      body: html`<h1>Signed in</h1><p>You are ${givenName} ${familyName} (${login}@${partition}).</p>
<p><a href="logout">Sign out</a></p>`,
    }),
  );
}

/** `POST /login`: checks the password, opens a session and goes on where the form came from. */
export function answerLogin(otds: Otds, req: Request, res: Response): void {
  const body = LoginBody.safeParse(req.body);
  const forwardAddress = body.success ? unpackForward(body.data.RFA) : undefined;
  if (!body.success || forwardAddress === undefined) {
    sendErrorPage(res, 400, 'The login request is incomplete or damaged.');
    return;
  }
  const login = body.data.otds_username;
  if (!isCsrfValid(otds, req, body.data.otdscsrf)) {
    sendLoginForm(otds, req, res, { forwardAddress, login, problem: 'The page has expired. Sign in again.' });
    return;
  }
  const result = authenticate(otds, login, body.data.otds_password);
  if (result.outcome === 'refused') {
    sendLoginForm(otds, req, res, { forwardAddress, login, problem: result.problem });
    return;
  }
  const session = openSession(otds, req, res, result.person.uuid);
  const answered = new URL(forwardAddress, 'http://otds.invalid').searchParams.get(ANSWERED);
  if (answered !== null) session.answered.add(answered);
  res.redirect(302, forwardAddress);
}

type Authentication =
  | { readonly outcome: 'accepted'; readonly person: DirectoryPerson }
  | { readonly outcome: 'refused'; readonly problem: string };

/** Login names are compared without case: login, `login@partition` or mail. */
export function authenticate(otds: Otds, login: string, password: string): Authentication {
  const person = otds.needs.people.find(login);
  if (!person) return { outcome: 'refused', problem: 'The user name or password is incorrect.' };
  if (person.locked)
    return { outcome: 'refused', problem: 'This account is locked for now. Try again later.' };
  if (person.password !== password) {
    countFailure(otds, person);
    return { outcome: 'refused', problem: 'The user name or password is incorrect.' };
  }
  if (person.disabled) {
    return { outcome: 'refused', problem: 'This account is disabled. Ask your administrator.' };
  }
  otds.store.failures.delete(person.uuid);
  return { outcome: 'accepted', person };
}

function countFailure(otds: Otds, person: DirectoryPerson): void {
  const failures = (otds.store.failures.get(person.uuid) ?? 0) + 1;
  otds.store.failures.set(person.uuid, failures);
  const limit = otds.switches.positions.lockAfterFailures;
  if (limit > 0 && failures >= limit) otds.needs.people.change(person.login, { locked: true });
}
