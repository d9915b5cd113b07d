import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import { sendErrorPage } from './answers.ts';
import { authorize } from './authorize.ts';
import { sendDiscovery, sendJwks } from './discovery.ts';
import { answerLogin, showLogin } from './login.ts';
import { logout } from './logout.ts';
import { restRoutes } from './rest/routes.ts';
import type { Otds } from './server.ts';
import { exchange } from './token.ts';
import { revoke, sendTokenInfo, sendUserinfo } from './token-services.ts';

/** The server below its base path; everything else is the 404 of the application server. */
export function createOtdsApp(otds: Otds): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const router = baseRoutes(otds);
  app.use((req, res, next) => {
    const { basePath } = otds.switches.positions;
    if (req.path === '/') {
      res.redirect(302, `${basePath}/login`);
    } else if (!req.url.startsWith(`${basePath}/`)) {
      next();
    } else {
      req.url = req.url.slice(basePath.length);
      router(req, res, next);
    }
  });
  app.use((_req: Request, res: Response) => {
    sendErrorPage(res, 404, 'The requested resource is not available.');
  });
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const badBody = error instanceof Error && 'type' in error;
    if (!badBody) otds.needs.log.warn('otds simulator failed', { error });
    sendErrorPage(res, badBody ? 400 : 500, badBody ? 'Bad request.' : 'Internal server error.');
  });
  return app;
}

function baseRoutes(otds: Otds): Router {
  const router = express.Router();
  router.use(express.urlencoded({ extended: false, limit: '100kb' }));
  router.use(express.json({ limit: '1mb' }));
  router.get('/.well-known/openid-configuration', (req, res) => sendDiscovery(otds, req, res, 'base'));
  router.get('/oauth2/.well-known/openid-configuration', (req, res) =>
    sendDiscovery(otds, req, res, 'oauth2'),
  );
  router.get('/oauth2/jwks', (_req, res) => sendJwks(otds, res));
  router.get('/oauth2/auth', (req, res) => authorize(otds, req, res));
  router.post('/oauth2/token', (req, res) => exchange(otds, req, res));
  router.post('/oauth2/revoke', (req, res) => revoke(otds, req, res));
  router.all('/oauth2/userinfo', (req, res) => sendUserinfo(otds, req, res));
  router.get('/login', (req, res) => {
    if (req.query['client_id'] !== undefined) return authorize(otds, req, res);
    return showLogin(otds, req, res);
  });
  router.post('/login', (req, res) => {
    if (Object.hasOwn(req.body ?? {}, 'grant_type')) return exchange(otds, req, res);
    return answerLogin(otds, req, res);
  });
  router.get(['/logout', '/oauth2/logout'], (req, res) => logout(otds, req, res));
  router.post('/rest/authentication/oauth/tokeninfo', (req, res) => sendTokenInfo(otds, req, res));
  router.use('/rest', restRoutes(otds));
  return router;
}
