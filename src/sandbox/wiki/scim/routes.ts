import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import { checkToken, issueToken, isWithinQuota } from './access.ts';
import { queryOf, searchOf, sendJson } from './call.ts';
import { resourceTypes, schemas, serviceProviderConfig } from './discovery.ts';
import * as handlers from './handlers.ts';
import { listResources } from './listing.ts';
import { bad, errorBody, ScimProblem } from './problem.ts';
import { recordRequest } from './record.ts';
import { GROUPS, type ResourceType, USERS } from './resource-type.ts';
import type { Scim } from './scim.ts';

const TYPES = ['application/scim+json', 'application/json'];

/** Adds `/scim/v2` and `/oauth/token` to the application. */
export function addScim(app: Express, scim: Scim): void {
  app.post('/oauth/token', express.urlencoded({ extended: false, limit: '10kb' }), (req, res) =>
    issueToken(scim, req, res),
  );
  app.use('/scim/v2', scimRouter(scim));
}

function scimRouter(scim: Scim): Router {
  const router = express.Router();
  router.use(express.json({ type: TYPES, limit: '1mb', strict: false }));
  router.use((req, res, next) => {
    recordRequest(scim, req, res);
    checkToken(scim, req);
    if (!isWithinQuota(scim, res)) throw new ScimProblem(429, undefined, 'Too many requests.');
    checkMediaType(scim, req);
    next();
  });
  addDiscovery(router, scim);
  for (const type of [USERS, GROUPS]) addResources(router, scim, type);
  router.all(['/Me', '/Bulk'], () => {
    throw new ScimProblem(501, undefined, 'The wiki does not offer this.');
  });
  router.use(() => {
    throw new ScimProblem(404, undefined, 'There is nothing at this address.');
  });
  router.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => sendError(res, error));
  return router;
}

/** Bodies must say that they are JSON (RFC 7644 3.1). */
function checkMediaType(scim: Scim, req: Request): void {
  if (!['POST', 'PUT', 'PATCH'].includes(req.method)) return;
  const allowed = scim.positions().scimMediaType === 'either' ? TYPES : TYPES.slice(0, 1);
  if (req.is(allowed)) return;
  throw new ScimProblem(415, undefined, `Bodies are ${allowed.join(' or ')}.`);
}

function addDiscovery(router: Router, scim: Scim): void {
  const refuseFilter = (req: Request): void => {
    // RFC 7644 4: these are not searched.
    if (req.query['filter'] !== undefined) throw new ScimProblem(403, undefined, 'Nothing is filtered here.');
  };
  router.get('/ServiceProviderConfig', (_req, res) => sendJson(res, 200, serviceProviderConfig(scim)));
  for (const [path, find] of [
    ['/ResourceTypes', resourceTypes],
    ['/Schemas', schemas],
  ] as const) {
    router.get([path, `${path}/:id`], (req, res) => {
      refuseFilter(req);
      const id = req.params['id'];
      const found = find(scim, typeof id === 'string' ? id : undefined);
      if (!found) throw new ScimProblem(404, undefined, 'There is nothing at this address.');
      sendJson(res, 200, found);
    });
  }
}

function addResources(router: Router, scim: Scim, type: ResourceType): void {
  const { endpoint } = type;
  router.get(endpoint, (req, res) => sendJson(res, 200, listResources(scim, type, queryOf(req))));
  router.post(`${endpoint}/.search`, (req, res) =>
    sendJson(res, 200, listResources(scim, type, searchOf(req))),
  );
  router.post(endpoint, (req, res) => handlers.create(scim, type, req, res));
  const at = `${endpoint}/:id`;
  router.get(at, (req, res) => handlers.read(scim, type, req, res));
  router.put(at, (req, res) => handlers.replace(scim, type, req, res));
  router.patch(at, (req, res) => handlers.patch(scim, type, req, res));
  router.delete(at, (req, res) => handlers.remove(scim, type, req, res));
}

function sendError(res: Response, error: unknown): void {
  const problem = problemOf(error);
  if (problem.status === 401) res.set('www-authenticate', 'Bearer realm="wiki", error="invalid_token"');
  sendJson(res, problem.status, errorBody(problem));
}

function problemOf(error: unknown): ScimProblem {
  if (error instanceof ScimProblem) return error;
  const { status, type } = (error ?? {}) as { readonly status?: unknown; readonly type?: unknown };
  if (type === 'entity.parse.failed') return bad('invalidSyntax', 'The body is no JSON.');
  if (typeof status === 'number' && status < 500)
    return new ScimProblem(status, undefined, 'The request is not right.');
  throw error;
}
