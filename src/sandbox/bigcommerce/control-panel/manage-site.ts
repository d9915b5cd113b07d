import express, { type Express, type Request, type Response } from 'express';
import { readCookie } from '../../cookies.ts';
import {
  inviteUser,
  joinStore,
  leaveStore,
  type Membership,
  type PanelUser,
  userByEmail,
} from '../account/account.ts';
import { refusePermissions, setPermissions } from '../account/by-hand.ts';
import { ROLES } from '../account/permissions.ts';
import { freshPermissions } from '../account/views.ts';
import { enterPanel, LOGIN_HOST, PANEL_COOKIE, type PanelVisit, visitOf } from './entries.ts';
import * as pages from './manage-pages.ts';
import { type PanelSite, prepare, remember } from './site.ts';

type Answer = (visit: PanelVisit, req: Request, res: Response) => void;

/** `store-{hash}.mybigcommerce.localhost/manage`: the control panel of one store. */
export function manageSite(site: PanelSite, hash: string): Express {
  const app = express();
  prepare(app);
  const on =
    (answer: Answer) =>
    (req: Request, res: Response): void => {
      const visit = visitOf(site.account(), hash, readCookie(req, PANEL_COOKIE));
      if (visit) answer(visit, req, res);
      else res.redirect(302, site.origin(req, LOGIN_HOST, `/stores/${hash}${req.path}`));
    };
  app.get('/', (_req, res) => res.redirect(302, '/manage'));
  app.get('/manage/enter', (req, res) => arrive(site, hash, req, res));
  app.post('/manage/logout', (req, res) => {
    site.account().sessions.delete(readCookie(req, PANEL_COOKIE) ?? '');
    res.clearCookie(PANEL_COOKIE, { path: '/' }).redirect(302, site.origin(req, LOGIN_HOST, '/stores'));
  });
  app.get(
    ['/manage', '/manage/dashboard'],
    on((visit, _req, res) => res.send(pages.dashboardPage(visit))),
  );
  addUsers(app, on);
  app.get('/manage/:section', on(showSection));
  app.use((_req: Request, res: Response) => res.redirect(302, '/manage'));
  return app;
}

function arrive(site: PanelSite, hash: string, req: Request, res: Response): void {
  const ticket = site.tickets.take(String(req.query['ticket']));
  const user = ticket?.hash === hash ? site.account().users.get(ticket.userId) : undefined;
  const cookie = user && enterPanel(site.account(), user, hash);
  if (cookie === undefined) {
    res.redirect(302, site.origin(req, LOGIN_HOST, `/stores/${hash}/manage`));
    return;
  }
  remember(res, PANEL_COOKIE, cookie);
  const to = String(req.query['to'] ?? '');
  res.redirect(302, to.startsWith('/manage') ? to : '/manage');
}

const showSection: Answer = (visit, req, res) => {
  const page = pages.sectionPage(visit, String(req.params['section']));
  if (page === undefined) res.redirect(302, '/manage');
  else res.send(page);
};

function addUsers(app: Express, on: (answer: Answer) => express.RequestHandler): void {
  const asAdministrator = (answer: Answer) =>
    on((visit, req, res) => {
      if (pages.mayManageUsers(visit)) answer(visit, req, res);
      else res.status(403).send(pages.forbiddenPage(visit, 'You may not see the users of this store.'));
    });
  const withUser = (
    answer: (visit: PanelVisit, user: PanelUser, of: Membership, req: Request, res: Response) => void,
  ) =>
    asAdministrator((visit, req, res) => {
      const user = visit.account.users.get(Number(req.params['id']));
      const of = user?.stores.get(visit.store.hash);
      if (user && of) answer(visit, user, of, req, res);
      else res.redirect(302, '/manage/users');
    });
  app.get(
    '/manage/users',
    asAdministrator((visit, _req, res) => res.send(pages.usersPage(visit, usersOf(visit)))),
  );
  app.post('/manage/users', asAdministrator(addUser));
  app.get(
    '/manage/users/:id',
    withUser((visit, user, of, _req, res) => res.send(pages.userPage(visit, user, of))),
  );
  app.post('/manage/users/:id', withUser(changeUser));
  app.post('/manage/users/:id/remove', withUser(removeUser));
}

function usersOf({ account, store }: PanelVisit): readonly (readonly [PanelUser, Membership])[] {
  return [...account.users.values()].flatMap((user) => {
    const membership = user.stores.get(store.hash);
    return membership ? [[user, membership] as const] : [];
  });
}

const addUser: Answer = ({ account, store }, req, res) => {
  const { email } = (req.body ?? {}) as { readonly email?: unknown };
  if (typeof email === 'string' && email.includes('@')) {
    const user = userByEmail(account, email) ?? inviteUser(account, email);
    joinStore(account, user, store.hash, freshPermissions(account));
  }
  res.redirect(302, '/manage/users');
};

/** A role ticks its boxes; without one exactly the given boxes are ticked. */
function changeUser(visit: PanelVisit, user: PanelUser, of: Membership, req: Request, res: Response): void {
  const { role, permissions } = (req.body ?? {}) as { role?: unknown; permissions?: unknown };
  const template =
    typeof role === 'string' && Object.hasOwn(ROLES, role) ? ROLES[role as keyof typeof ROLES] : undefined;
  const wanted = template ?? [permissions ?? []].flat().map(String);
  const problem = refusePermissions(visit.membership, of, wanted);
  if (problem === undefined) {
    setPermissions(visit.account, of, wanted);
    res.redirect(302, `/manage/users/${user.id}`);
  } else res.status(403).send(pages.userPage(visit, user, of, problem));
}

function removeUser(visit: PanelVisit, user: PanelUser, of: Membership, _req: Request, res: Response): void {
  if (of.isOwner) {
    res.status(403).send(pages.userPage(visit, user, of, 'The owner of a store cannot be removed.'));
    return;
  }
  leaveStore(visit.account, user, visit.store.hash);
  res.redirect(302, '/manage/users');
}
