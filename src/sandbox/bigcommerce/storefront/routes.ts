import { readFileSync } from 'node:fs';
import express, { type Express, type Request, type Response } from 'express';
import { customerByEmail } from '../coverage.ts';
import type { Channel, Customer } from '../model.ts';
import { channelById, remember, type Store } from '../store.ts';
import { currentCustomerToken } from './current-customer.ts';
import { serveStorefrontGraphql } from './graphql/routes.ts';
import { judgeToken } from './login-token.ts';
import { pathsOf, type Visit } from './page.ts';
import * as pages from './pages.ts';
import { openSession, shopperOf } from './sessions.ts';

export type StorefrontSite = {
  /** The store as it is now; a reset puts another one in its place. */
  store(): Store;
  readonly channelId: number;
};

type Answer = (visit: Visit, req: Request, res: Response) => void;

const STYLE = readFileSync(new URL('shop.css', import.meta.url), 'utf8');
const FLASH = 'SHOP_FLASH';

/** The shop of one channel at its own host. */
export function storefrontApp(site: StorefrontSite): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.post('/graphql', express.text({ type: () => true, limit: '100kb' }), (req, res) => {
    const store = site.store();
    if (store.turned().maintenance)
      res.status(503).json({ errors: [{ message: 'Store is down for maintenance' }] });
    else
      serveStorefrontGraphql({ store, channel: channelOf(site), address: addressOf(store, req) }, req, res);
  });
  app.use(express.urlencoded({ extended: false }));
  app.get('/assets/shop.css', (_req, res) => {
    res.set('cache-control', 'max-age=300').type('css').send(STYLE);
  });
  app.get('/favicon.ico', (_req, res) => {
    res.status(204).end();
  });
  app.use((req, res, next) => {
    res.set({
      'content-security-policy': "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'",
      'cache-control': 'no-store',
    });
    if (redirectToWww(site, req, res)) return;
    const visit = visitOf(site, req);
    if (visit.store.turned().maintenance) res.status(503).send(pages.closedPage(visit));
    else next();
  });
  const on = (answer: Answer) => (req: Request, res: Response) => answer(visitOf(site, req), req, res);
  addSignInRoutes(app, site, on);
  addPageRoutes(app, on);
  return app;
}

function addSignInRoutes(
  app: Express,
  site: StorefrontSite,
  on: (answer: Answer) => express.RequestHandler,
): void {
  const isCatalyst = channelOf(site).kind === 'catalyst';
  app.get('/login/token/:token', on(signInByToken));
  app.get('/customer/current.jwt', on(sendCurrentCustomer));
  app.get(isCatalyst ? '/login' : '/login.php', on(showLogin));
  app.post(isCatalyst ? '/login' : '/login.php', on(signInByPassword));
  app.get(isCatalyst ? ['/account', '/account/orders'] : '/account.php', on(showAccount));
  if (isCatalyst) app.get('/logout', on(signOut));
}

function addPageRoutes(app: Express, on: (answer: Answer) => express.RequestHandler): void {
  const show = (page: (visit: Visit, req: Request) => string | undefined) =>
    on((visit, req, res) => {
      const text = page(visit, req);
      res.status(text === undefined ? 404 : 200).send(text ?? pages.missingPage(visit));
    });
  app.get('/', show(pages.homePage));
  app.get(['/promo', '/new-arrivals'], show(pages.promoPage));
  app.get('/cart.php', show(pages.cartPage));
  app.get(
    '/categories/:slug',
    show((visit, req) => pages.categoryPage(visit, String(req.params['slug']))),
  );
  app.get(
    '/products/:slug',
    show((visit, req) => pages.productPage(visit, String(req.params['slug']))),
  );
  app.use(show(() => undefined));
}

const signInByToken: Answer = (visit, req, res) => {
  const { store, channel } = visit;
  const token = String(req.params['token']);
  const verdict = judgeToken({ store, channel, token, address: addressOf(store, req) });
  const isIn = verdict.outcome === 'signed-in';
  const target = isIn ? verdict.target : pathsOf(channel).failed;
  remember(store.logins, {
    at: store.now(),
    host: req.hostname,
    channelId: channel.id,
    outcome: verdict.outcome,
    ...(!isIn && { reason: verdict.reason }),
    ...verdict.facts,
    target,
  });
  if (isIn) startSession(visit, verdict.customer, 'token', req, res);
  else if (channel.kind === 'stencil') setFlash(res, 'failed');
  res.redirect(302, target);
};

const signInByPassword: Answer = (visit, req, res) => {
  const { store, channel } = visit;
  const { login_email: email, login_pass: password } = (req.body ?? {}) as Record<string, unknown>;
  const customer = customerByEmail(store, String(email ?? ''), channel.id);
  const isRight = customer?.password !== null && customer?.password === password;
  if (!customer || !isRight) {
    res.status(200).send(pages.loginPage(visit, 'failed'));
  } else if (customer.force_password_reset) {
    res.status(200).send(pages.loginPage(visit, 'reset-needed'));
  } else {
    startSession(visit, customer, 'password', req, res);
    res.redirect(302, pathsOf(channel).account);
  }
};

const showLogin: Answer = (visit, req, res) => {
  if (req.query['action'] === 'logout') {
    signOut(visit, req, res);
    return;
  }
  const hasFailed = cookieOf(req, FLASH) === 'failed' || req.query['error'] === 'InvalidToken';
  if (hasFailed) res.clearCookie(FLASH, { path: '/', httpOnly: true, sameSite: 'lax' });
  res.send(pages.loginPage(visit, hasFailed ? 'failed' : undefined));
};

const signOut: Answer = (visit, req, res) => {
  const name = cookieName(visit.channel);
  visit.store.sessions.delete(cookieOf(req, name) ?? '');
  res.clearCookie(name, { path: '/', httpOnly: true, sameSite: 'lax' });
  res.send(pages.loginPage({ ...visit, shopper: undefined }, 'signed-out'));
};

const showAccount: Answer = (visit, _req, res) => {
  if (visit.shopper) res.send(pages.accountPage(visit, visit.shopper));
  else res.redirect(302, pathsOf(visit.channel).login);
};

const sendCurrentCustomer: Answer = ({ store, shopper }, req, res) => {
  const token = shopper && currentCustomerToken(store, shopper, String(req.query['app_client_id'] ?? ''));
  if (token === undefined) res.status(404).type('text').send('');
  else res.type('text').send(token);
};

function startSession(
  visit: Visit,
  customer: Customer,
  by: 'token' | 'password',
  req: Request,
  res: Response,
): void {
  const name = cookieName(visit.channel);
  visit.store.sessions.delete(cookieOf(req, name) ?? '');
  const session = openSession(visit.store, visit.channel, customer, by);
  res.cookie(name, session.id, { path: '/', httpOnly: true, sameSite: 'lax' });
}

function setFlash(res: Response, note: string): void {
  res.cookie(FLASH, note, { path: '/', httpOnly: true, sameSite: 'lax', maxAge: 60_000 });
}

/** The hosted theme's cookie, or that of Auth.js in Catalyst. */
function cookieName(channel: Channel): string {
  return channel.kind === 'catalyst' ? 'authjs.session-token' : 'SHOP_TOKEN';
}

function visitOf(site: StorefrontSite, req: Request): Visit {
  const store = site.store();
  const channel = channelOf(site);
  return { store, channel, shopper: shopperOf(store, channel, cookieOf(req, cookieName(channel))) };
}

function channelOf(site: StorefrontSite): Channel {
  const channel = channelById(site.store(), site.channelId);
  if (!channel) throw new Error(`store ${site.store().id} has no channel ${site.channelId}`);
  return channel;
}

function cookieOf(req: Request, name: string): string | undefined {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [key = '', value = ''] = pair.trim().split('=', 2);
    if (key === name) return decodeURIComponent(value);
  }
  return undefined;
}

function addressOf(store: Store, req: Request): string {
  const socket = (req.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return store.turned().shopperAddress ?? socket;
}

/** The merchant entered the address with `www`: the bare host sends everybody there, with or without the path. */
function redirectToWww(site: StorefrontSite, req: Request, res: Response): boolean {
  const { www } = site.store().turned();
  const { wwwHost } = channelOf(site);
  if (www === 'off' || wwwHost === null || req.hostname === wwwHost) return false;
  const port = /:\d+$/.exec(req.headers.host ?? '')?.[0] ?? '';
  res.redirect(301, `http://${wwwHost}${port}${www === 'keeps-path' ? req.originalUrl : '/'}`);
  return true;
}
