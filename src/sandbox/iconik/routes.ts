import { readFileSync } from 'node:fs';
import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import { apiRoutes } from './api/routes.ts';
import { type Trust, trustFor, trustNamed } from './identity-providers.ts';
import { receiveLogout, signOut } from './logout.ts';
import { homePage, loginPage, sendErrors, sendFailure, sharePage, signOnPage } from './pages.ts';
import type { Iconik } from './server.ts';
import { currentSession } from './session.ts';
import { consumeAssertion, sendMetadata, startSignOn } from './sso.ts';
import { userByEmail } from './users.ts';

const STYLE = readFileSync(new URL('iconik.css', import.meta.url), 'utf8');

/** The web application, and of the API the public part of `auth`. A path without its last slash is another path. */
export function createIconikApp(iconik: Iconik): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.get('/assets/iconik.css', (_req, res) => {
    res.set('cache-control', 'max-age=300').type('css').send(STYLE);
  });
  app.get('/favicon.ico', (_req, res) => {
    res.status(204).end();
  });
  app.use('/API', apiRoutes(iconik));
  app.use((_req, res, next) => {
    // No form-action: sign-in forms end at the identity provider after a redirect.
    res.set('content-security-policy', "default-src 'none'; style-src 'self'; script-src 'self'");
    res.set('cache-control', 'no-store');
    next();
  });
  app.use(express.urlencoded({ extended: false, limit: '400kb' }), express.json({ limit: '400kb' }));
  addPages(app, iconik);
  app.use('/API/auth/v1/auth/saml', samlRoutes(iconik));
  app.use((req: Request, res: Response) => {
    if (req.path.startsWith('/API/')) sendErrors(res, 404, 'Not found.');
    else sendFailure(iconik, res, 404, 'There is no such page.');
  });
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const badBody = error instanceof Error && 'type' in error;
    if (!badBody) iconik.needs.log.warn('iconik simulator failed', { error });
    sendErrors(res, badBody ? 400 : 500, badBody ? 'Bad request.' : 'Internal server error.');
  });
  return app;
}

function addPages(app: Express, iconik: Iconik): void {
  app.get('/', (req, res) => {
    const current = currentSession(iconik, req);
    if (current) res.send(homePage(iconik, current));
    else res.redirect(302, '/login');
  });
  app.get('/login', (req, res) => {
    res.send(loginPage('signed-out' in req.query ? 'signed-out' : undefined));
  });
  app.post('/login', (req, res) => {
    const { email } = (req.body ?? {}) as { readonly email?: unknown };
    const start = signOnFor(iconik, email);
    if (start === undefined) res.status(404).send(loginPage('unknown'));
    else res.redirect(302, start);
  });
  app.post('/logout', async (req, res) => {
    res.redirect(302, (await signOut(iconik, req, res)) ?? '/login?signed-out');
  });
  app.get('/share/:shareId/', (req, res) => {
    const { status, page } = sharePage(iconik, req.params.shareId);
    res.status(status).send(page);
  });
  app.get('/admin/settings/sso', (_req, res) => {
    res.send(signOnPage(iconik));
  });
}

/** Where people with this mail address sign in. */
function signOnFor(iconik: Iconik, email: unknown): string | undefined {
  return typeof email === 'string'
    ? trustFor(iconik, email, userByEmail(iconik, email.trim()))?.start
    : undefined;
}

type SamlHandler = (trust: Trust, req: Request, res: Response) => void | Promise<void>;

/** What browsers use, without credentials. Each call has two addresses: today's, and that of older set-ups. */
function samlRoutes(iconik: Iconik): Router {
  const router = express.Router({ strict: true });
  const add = (method: 'get' | 'post', what: string, handler: SamlHandler): void => {
    router[method]([`/${what}/:publicId/`, `/${what}/:domainId/:publicId/`], (req, res) => {
      const { domainId, publicId = '' } = req.params as { domainId?: string; publicId?: string };
      const trust = trustNamed(iconik, publicId);
      const isOurs = domainId === undefined || domainId === iconik.store.systemDomainId;
      if (trust && isOurs) return handler(trust, req, res);
      return sendErrors(res, 404, 'There is no such identity provider.');
    });
  };
  add('get', 'metadata', (trust, _req, res) => sendMetadata(iconik, trust, res));
  add('get', 'sso', (trust, req, res) => startSignOn(iconik, trust, req, res));
  add('post', 'acs', (trust, req, res) => consumeAssertion(iconik, trust, req, res));
  add('get', 'slo', (trust, req, res) => receiveLogout(iconik, trust, req, res));
  add('post', 'logout', async (_trust, req, res) => {
    const url = await signOut(iconik, req, res);
    res.json(url === undefined ? {} : { url });
  });
  addLogins(router, iconik);
  return router;
}

/** From a mail address to the page where its owner signs in. */
function addLogins(router: Router, iconik: Iconik): void {
  router.post('/login/', (req, res) => {
    const { email } = (req.body ?? {}) as { readonly email?: unknown };
    const url = signOnFor(iconik, email);
    if (url === undefined) sendErrors(res, 404, 'No identity provider for this address.');
    else res.json({ url });
  });
  router.post('/multidomain/login/', (req, res) => {
    const { email } = (req.body ?? {}) as { readonly email?: unknown };
    const url = signOnFor(iconik, email);
    const domain = {
      ...{ system_domain_id: iconik.store.systemDomainId, system_domain_name: 'Halden', url },
      ...{ mfa_required: false, mfa_methods: [], mfa_required_configured: false, mfa_methods_configured: [] },
    };
    res.json({ objects: url === undefined ? [] : [domain] });
  });
}
