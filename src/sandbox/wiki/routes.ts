import { readFileSync } from 'node:fs';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { receiveLogout } from './backchannel.ts';
import { reasonOf } from './broker.ts';
import { askUserinfo, refresh, signOut } from './buttons.ts';
import * as pages from './pages.ts';
import { addScim, type Scim } from './scim/index.ts';
import { currentSession, SIGNED_OUT, type Wiki } from './server.ts';
import { askForStore, beginSignIn, finishSignIn, initiateSignIn, landing } from './sign-in.ts';

const STYLE = readFileSync(new URL('wiki.css', import.meta.url), 'utf8');

export function createWikiApp(wiki: Wiki, scim: Scim): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/assets/wiki.css', (_req, res) => {
    res.set('cache-control', 'max-age=300').type('css').send(STYLE);
  });
  app.get('/favicon.ico', (_req, res) => {
    res.status(204).end();
  });
  addScim(app, scim);
  app.use((_req, res, next) => {
    res.set('content-security-policy', "default-src 'none'; style-src 'self'");
    res.set('cache-control', 'no-store');
    next();
  });
  app.use(express.urlencoded({ extended: false, limit: '100kb' }));
  addSignIn(app, wiki);
  addPages(app, wiki);
  app.use((_req: Request, res: Response) => {
    pages.sendProblem(res, 404, 'No such page', 'The wiki has no page at this address.');
  });
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    pages.sendProblem(res, 502, 'The broker did not answer as expected', reasonOf(error));
  });
  return app;
}

function addSignIn(app: Express, wiki: Wiki): void {
  app.get('/login', (req, res) =>
    beginSignIn(wiki, req, res, { resource: '', target: landing(wiki, req.query['to']) }),
  );
  app.get('/login/initiate', (req, res) => initiateSignIn(wiki, req, res));
  app.post('/login/initiate', (req, res) => initiateSignIn(wiki, req, res));
  app.get('/callback', (req, res) => finishSignIn(wiki, req, res));
  app.get('/store-token', (req, res) => askForStore(wiki, req, res));
  app.post('/refresh', (req, res) => refresh(wiki, req, res));
  app.post('/userinfo', (req, res) => askUserinfo(wiki, req, res));
  app.post('/logout', (req, res) => signOut(wiki, req, res));
  app.post('/backchannel-logout', (req, res) => receiveLogout(wiki, req, res));
}

function addPages(app: Express, wiki: Wiki): void {
  app.get('/', (req, res) => {
    res.send(pages.contentsPage(currentSession(wiki, req)));
  });
  app.get('/me', (req, res) => {
    const session = currentSession(wiki, req);
    if (session) res.send(pages.mePage(wiki, session));
    else res.redirect(302, '/login?to=/me');
  });
  app.get('/pages/:slug', (req, res, next) => {
    const article = pages.ARTICLES.find(({ slug }) => slug === req.params.slug);
    const session = currentSession(wiki, req);
    if (!article) next();
    else if (session) res.send(pages.articlePage(article, session));
    else res.redirect(302, `/login?to=${encodeURIComponent(req.originalUrl)}`);
  });
  app.get(SIGNED_OUT, (_req, res) => {
    res.send(pages.signedOutPage());
  });
}
