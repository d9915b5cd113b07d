import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { answerLogin, showLogin } from './login.ts';
import { logoutHere, receiveLogout } from './logout.ts';
import { writeMetadata } from './metadata.ts';
import { sendErrorPage } from './pages.ts';
import { type AccessManager, endpointsOf } from './server.ts';
import { receiveAuthnRequest, startUnsolicited } from './sso.ts';

/** Everything below `/nidp`; the SAML endpoints also below `/nidp/saml2/{unique id}` while one is set. */
export function createAccessManagerApp(am: AccessManager): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(express.urlencoded({ extended: false, limit: '200kb' }));
  app.get('/', (_req, res) => res.redirect(302, '/nidp/app/login'));
  app.get('/nidp/app/login', (req, res) => showLogin(am, req, res));
  app.post('/nidp/app/login', (req, res) => answerLogin(am, req, res));
  app.get('/nidp/app/logout', (req, res) => logoutHere(am, req, res));
  app.get('/nidp/saml2/metadata', (_req, res) => sendMetadata(am, res, 'general'));
  app.use((req, res, next) => {
    const path = (url: string): string => new URL(url).pathname;
    const { metadata, sso, slo, sloReturn } = endpointsOf(am);
    const isOneOf = (...urls: readonly string[]): boolean => urls.map(path).includes(req.path);
    const isMessage = req.method === 'GET' || req.method === 'POST';
    if (req.method === 'GET' && isOneOf(metadata)) return sendMetadata(am, res, 'ours');
    if (isMessage && isOneOf(sso)) return receiveAuthnRequest(am, req, res);
    if (isMessage && isOneOf(slo, sloReturn)) return receiveLogout(am, req, res);
    return next();
  });
  app.get('/nidp/saml2/idpsend', (req, res) => startUnsolicited(am, req, res));
  app.use((_req: Request, res: Response) => sendErrorPage(res, 404, 'The page does not exist.'));
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const badBody = error instanceof Error && 'type' in error;
    if (!badBody) am.needs.log.warn('access manager simulator failed', { error });
    sendErrorPage(res, badBody ? 400 : 500, badBody ? 'Bad request.' : 'Internal server error.');
  });
  return app;
}

async function sendMetadata(am: AccessManager, res: Response, face: 'general' | 'ours'): Promise<void> {
  const text = await writeMetadata(am, face);
  res.type('application/samlmetadata+xml').send(text);
}
