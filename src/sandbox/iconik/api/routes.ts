import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { runDueJobs } from '../jobs.ts';
import type { Iconik } from '../server.ts';
import type { RecordedCall } from '../store.ts';
import { authenticate, authorize } from './access.ts';
import { type Answer, errors, FORBIDDEN, type Route } from './call.ts';
import { countRequest } from './limit.ts';
import { sendOAuthToken } from './oauth.ts';
import { ROUTES } from './table.ts';

const anyText = express.text({ type: () => true, limit: '2mb' });
const NOT_FOUND = errors(404, 'Not found.');
const KEPT_CALLS = 2_000;

/** The calls of `api/table.ts`. A path without its last slash is another path. */
export function apiRoutes(iconik: Iconik): Router {
  const router = express.Router({ strict: true, caseSensitive: true });
  router.post('/auth/v1/oauth/token/', express.urlencoded({ extended: false }), (req, res) =>
    sendOAuthToken(iconik, req, res),
  );
  for (const route of ROUTES) {
    router[methodOf(route)](route.path, anyText, async (req: Request, res: Response) => {
      send(iconik, res, await serve(iconik, route, req, res));
    });
  }
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    router.all(path, (_req, res, next) => {
      if (isPublic(path)) next();
      else send(iconik, res, errors(405, 'Method not allowed'));
    });
  }
  router.use((req: Request, res: Response, next: NextFunction) => {
    const { withoutSlash } = iconik.switches.positions;
    const isKnown = !req.path.endsWith('/') && ROUTES.some(({ path }) => matches(path, `${req.path}/`));
    if (!isKnown || withoutSlash === '404') return next();
    const query = req.originalUrl.slice(req.originalUrl.split('?', 1)[0]?.length);
    return res.redirect(308, `/API${req.path}/${query}`);
  });
  return router;
}

/** One call: recorded, then credentials, limit, rights, body, and the work at last. */
async function serve(iconik: Iconik, route: Route, req: Request, res: Response): Promise<Answer> {
  const isXml = /\bxml\b/.test(req.get('content-type') ?? '');
  const body = readText(req.body, isXml);
  const call = record(iconik, req, body.value);
  res.once('finish', () => {
    call.status = res.statusCode;
  });
  const access = authenticate(iconik, req);
  if (access.outcome === 'refused') return access.answer;
  const { caller } = access;
  call.user = caller.user.email;
  const standing = countRequest(iconik, caller.app.id);
  res.set('RateLimit-Remaining', String(standing.remaining));
  if (!standing.isWithin) {
    if (iconik.switches.positions.retryAfter === 'sent') res.set('Retry-After', String(standing.waitSeconds));
    return errors(429, 'Too many requests');
  }
  const otherModel = refuseOtherModel(iconik, route);
  if (otherModel) return otherModel;
  const refusal = authorize(iconik, caller, route);
  if (refusal) return refusal;
  if (!body.isReadable) return errors(400, 'The body is no JSON');
  runDueJobs(iconik);
  const start = req.originalUrl.indexOf('?');
  const query = new URLSearchParams(start === -1 ? '' : req.originalUrl.slice(start + 1));
  const params = req.params as Record<string, string>;
  return route.handler({ iconik, caller, path: req.path, query, params, body: body.value, isXml });
}

/** Calls of the model that the domain does not have. */
function refuseOtherModel({ switches }: Iconik, { model }: Route): Answer | undefined {
  const { accessModel, groupsWithTeams } = switches.positions;
  if (model === undefined || model === accessModel) return undefined;
  if (model === 'teams' || groupsWithTeams === '404') return NOT_FOUND;
  return groupsWithTeams === '403' ? FORBIDDEN : undefined;
}

function readText(text: unknown, isXml: boolean): { readonly isReadable: boolean; readonly value: unknown } {
  if (typeof text !== 'string' || text === '') return { isReadable: true, value: undefined };
  if (isXml) return { isReadable: true, value: text };
  try {
    return { isReadable: true, value: JSON.parse(text) as unknown };
  } catch {
    return { isReadable: false, value: undefined };
  }
}

function record({ store, needs }: Iconik, req: Request, body: unknown): RecordedCall {
  const call: RecordedCall = {
    at: needs.clock.now().toISOString(),
    method: req.method,
    path: req.path,
    query: req.originalUrl.split('?')[1] ?? '',
    user: null,
    body,
    status: null,
  };
  store.calls.push(call);
  if (store.calls.length > KEPT_CALLS) store.calls.shift();
  return call;
}

function send({ needs }: Iconik, res: Response, { status, body }: Answer): void {
  res.set('x-iconik-cluster', needs.url('iconik'));
  res.status(status);
  if (body === undefined) res.end();
  else res.type('json').send(JSON.stringify(body));
}

function methodOf({ method }: Route): 'get' | 'post' | 'put' | 'patch' | 'delete' {
  return method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
}

/** `/users/v1/users/:userId/` */
function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length && wanted.every((part, at) => part.startsWith(':') || part === given[at])
  );
}

/** Paths whose other methods browsers use. */
function isPublic(path: string): boolean {
  return path.startsWith('/auth/v1/auth/saml/');
}
