import { readFileSync } from 'node:fs';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { addApi } from './api/app.ts';
import { answerChallenge, showChallenge } from './challenge.ts';
import { consumeAssertion } from './consume.ts';
import { logOut, receiveLogout } from './logout.ts';
import * as pages from './pages.ts';
import type { Salesforce } from './server.ts';
import { currentSession } from './session.ts';
import { sendMetadata, startSignOn } from './start.ts';

const STYLE = readFileSync(new URL('salesforce.css', import.meta.url), 'utf8');

/** The organization's My Domain host: sign-on, log-out, a home page, and what an administrator looks at. */
export function createSalesforceApp(salesforce: Salesforce): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  addApi(app, salesforce);
  app.get('/assets/salesforce.css', (_req, res) => {
    res.set('cache-control', 'max-age=300').type('css').send(STYLE);
  });
  app.get('/favicon.ico', (_req, res) => {
    res.status(204).end();
  });
  app.use((_req, res, next) => {
    res.set('content-security-policy', "default-src 'none'; style-src 'self'; script-src 'self'");
    res.set('cache-control', 'no-store');
    next();
  });
  app.use(express.urlencoded({ extended: false, limit: '400kb' }));
  addSignOn(app, salesforce);
  addSetup(app, salesforce);
  app.use((_req: Request, res: Response) => pages.sendFailurePage(res, 404));
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const badBody = error instanceof Error && 'type' in error;
    if (!badBody) salesforce.needs.log.warn('salesforce simulator failed', { error });
    pages.sendFailurePage(res, badBody ? 400 : 500);
  });
  return app;
}

function addSignOn(app: Express, salesforce: Salesforce): void {
  app.get(['/', '/lightning/*path'], async (req, res) => {
    const current = currentSession(salesforce, req);
    if (!current) return startSignOn(salesforce, req, res);
    if (req.path === '/') return res.redirect(302, '/lightning/page/home');
    res.send(pages.lightningPage(salesforce, current, req.originalUrl));
  });
  app.post('/', (req, res) => consumeAssertion(salesforce, req, res));
  app.get('/_ui/identity/verification', (req, res) => showChallenge(salesforce, req, res));
  app.post('/_ui/identity/verification', (req, res) => answerChallenge(salesforce, req, res));
  app.get('/identity/jit/saml-error.jsp', (req, res) => {
    res.send(pages.provisioningErrorPage(req.query));
  });
  app.get('/secur/logout.jsp', (req, res) => logOut(salesforce, req, res));
  app.get('/secur/logged-out.jsp', (_req, res) => {
    res.send(pages.loggedOutPage());
  });
  app.get('/services/auth/sp/saml2/logout', (req, res) => receiveLogout(salesforce, req, res));
  app.post('/services/auth/sp/saml2/logout', (req, res) => receiveLogout(salesforce, req, res));
}

/** An administrator's pages; here everybody may look. */
function addSetup(app: Express, salesforce: Salesforce): void {
  app.get('/setup/sso', (_req, res) => {
    res.send(pages.settingsPage(salesforce));
  });
  app.get('/setup/sso/metadata.xml', (_req, res) => sendMetadata(salesforce, res));
  app.get('/setup/loginHistory', (_req, res) => {
    res.send(pages.historyPage(salesforce));
  });
  app.get('/mailbox', (_req, res) => {
    res.send(pages.mailboxPage(salesforce));
  });
}
