import type { Request, Response } from 'express';
import { landing } from './landing.ts';
import { sendFailurePage, verificationPage } from './pages.ts';
import { recordLogin, type Salesforce } from './server.ts';
import { activate, openSession } from './session.ts';
import { type Challenge, randomCode, randomToken } from './store.ts';
import { userById } from './users.ts';

const TRIES = 5;

/** Sends a code by (simulated) mail and the browser to the page that asks for it. */
export function challenge(
  { store }: Salesforce,
  res: Response,
  waiting: Omit<Challenge, 'code' | 'tries'>,
): void {
  const id = randomToken();
  const code = randomCode();
  store.challenges.set(id, { ...waiting, code, tries: 0 });
  const to = userById(store, waiting.session.userId)?.Email ?? '';
  store.mails.push({ to, subject: 'Verify your identity in Salesforce', code });
  res.redirect(302, `/_ui/identity/verification?c=${id}`);
}

export function showChallenge(salesforce: Salesforce, req: Request, res: Response): void {
  const waiting = salesforce.store.challenges.get(String(req.query['c']));
  if (waiting) res.send(verificationPage(salesforce, waiting, String(req.query['c']), false));
  else sendFailurePage(res);
}

/** The typed code: right, it ends the sign-on; wrong too often, there is no second chance. */
export function answerChallenge(salesforce: Salesforce, req: Request, res: Response): void {
  const { c, code } = (req.body ?? {}) as Readonly<Record<string, unknown>>;
  const id = String(c);
  const waiting = salesforce.store.challenges.get(id);
  if (!waiting) {
    sendFailurePage(res);
    return;
  }
  if (String(code).trim() !== waiting.code) {
    waiting.tries += 1;
    if (waiting.tries < TRIES) {
      res.status(401).send(verificationPage(salesforce, waiting, id, true));
      return;
    }
    salesforce.store.challenges.delete(id);
    sendFailurePage(res);
    return;
  }
  salesforce.store.challenges.delete(id);
  if (waiting.remembers) activate(salesforce, req, res, waiting.session.userId);
  openSession(salesforce, req, res, waiting.session);
  recordLogin(salesforce, { ...waiting.row, Status: 'Success' });
  res.redirect(302, landing(salesforce, waiting.relayState));
}
