import express, { type Express, type Request, type Response } from 'express';
import { readCookie } from '../../cookies.ts';
import type { Account, PanelUser } from '../account/account.ts';
import { acceptInvitation } from '../account/by-hand.ts';
import { LOGIN_COOKIE, panelHost, signedIn, signIn } from './entries.ts';
import * as pages from './login-pages.ts';
import { type PanelSite, prepare, remember } from './site.ts';

/** `login.bigcommerce.localhost`: where staff sign in, pick a store, and arrive by a deep link. */
export function loginSite(site: PanelSite): Express {
  const app = express();
  prepare(app);
  const withUser =
    (answer: (user: PanelUser, req: Request, res: Response) => void) =>
    (req: Request, res: Response): void => {
      const user = signedIn(site.account(), readCookie(req, LOGIN_COOKIE));
      if (user) answer(user, req, res);
      else res.redirect(302, `/login?to=${encodeURIComponent(req.originalUrl)}`);
    };
  app.get('/', (_req, res) => res.redirect(302, '/stores'));
  app.get('/login', (req, res) => {
    res.send(pages.loginPage(site.account(), String(req.query['to'] ?? '/stores'), false));
  });
  app.post('/login', (req, res) => receiveLogin(site.account(), req, res));
  app.post('/logout', (req, res) => {
    site.account().sessions.delete(readCookie(req, LOGIN_COOKIE) ?? '');
    res.clearCookie(LOGIN_COOKIE, { path: '/' }).redirect(302, '/login');
  });
  app.get(
    '/stores',
    withUser((user, _req, res) => chooseStore(site.account(), user, '', res)),
  );
  app.get(
    '/deep-links/manage{/*section}',
    withUser((user, req, res) => chooseStore(site.account(), user, sectionOf(req), res)),
  );
  app.get(
    '/stores/:hash/manage{/*section}',
    withUser((user, req, res) => enter(site, user, req, res)),
  );
  app.get('/mail', (_req, res) => res.send(pages.mailPage(site.account())));
  addInvitations(app, site);
  app.use((_req: Request, res: Response) => res.status(404).send(pages.missingPage()));
  return app;
}

function receiveLogin(account: Account, req: Request, res: Response): void {
  const { email, password, to } = (req.body ?? {}) as Readonly<Record<string, string>>;
  const target = to?.startsWith('/') && !to.startsWith('//') ? to : '/stores';
  const cookie = signIn(account, email ?? '', password ?? '');
  if (cookie === undefined) {
    res.status(401).send(pages.loginPage(account, target, true));
    return;
  }
  remember(res, LOGIN_COOKIE, cookie);
  res.redirect(302, target);
}

/** Whoever has one store goes straight there. */
function chooseStore(account: Account, user: PanelUser, section: string, res: Response): void {
  const [first, ...others] = user.stores.keys();
  if (first !== undefined && others.length === 0) res.redirect(302, `/stores/${first}/manage${section}`);
  else res.send(pages.storesPage(account, user, section));
}

/** Over to the host of the store, with a ticket that works once. */
function enter(site: PanelSite, user: PanelUser, req: Request, res: Response): void {
  const hash = String(req.params['hash']);
  if (!user.stores.has(hash)) {
    res.status(403).send(pages.noAccessPage(site.account(), user, hash));
    return;
  }
  const to = encodeURIComponent(`/manage${sectionOf(req)}`);
  const ticket = site.tickets.issue({ userId: user.id, hash });
  res.redirect(302, site.origin(req, panelHost(hash), `/manage/enter?ticket=${ticket}&to=${to}`));
}

function addInvitations(app: Express, site: PanelSite): void {
  const invited = (req: Request): PanelUser | undefined =>
    [...site.account().users.values()].find(
      ({ invitation, password }) => invitation === req.params['token'] && password === null,
    );
  app.get('/invitations/:token', (req, res) => {
    const user = invited(req);
    if (user) res.send(pages.invitationPage(site.account(), user));
    else res.status(404).send(pages.missingPage());
  });
  app.post('/invitations/:token', (req, res) => {
    const user = invited(req);
    const { firstName, lastName } = (req.body ?? {}) as Readonly<Record<string, string>>;
    if (!user || !firstName || !lastName) {
      res.status(404).send(pages.missingPage());
      return;
    }
    acceptInvitation(user, { firstName, lastName });
    res.redirect(302, '/login');
  });
}

function sectionOf(req: Request): string {
  const section = req.params['section'] as unknown;
  return Array.isArray(section) && section.length > 0 ? `/${section.join('/')}` : '';
}
