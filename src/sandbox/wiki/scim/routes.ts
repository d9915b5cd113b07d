import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import { checkToken, issueToken, isWithinQuota } from './access.ts';
import { checkVersion, isUnchanged, queryOf, sendEntry, sendJson, setTag } from './call.ts';
import type { Entry } from './directory.ts';
import { resourceTypes, schemas, serviceProviderConfig } from './discovery.ts';
import { listResources } from './listing.ts';
import { readPatch } from './patch-body.ts';
import { bad, errorBody, ScimProblem } from './problem.ts';
import { isObject } from './read.ts';
import { recordRequest } from './record.ts';
import { GROUPS, type ResourceType, USERS } from './resource-type.ts';
import type { Scim } from './scim.ts';
import { createEntry, patchEntry, removeEntry, replaceEntry } from './writing.ts';

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
  router.post(endpoint, (req, res) => {
    const entry = createEntry(scim, type, req.body);
    scim.save();
    sendEntry(scim, req, res, 201, entry);
  });
  const at = `${endpoint}/:id`;
  router.get(at, (req, res) => {
    const entry = entryOf(scim, type, req);
    if (!isUnchanged(scim, req, entry)) return sendEntry(scim, req, res, 200, entry);
    setTag(scim, res, entry);
    res.status(304).end();
  });
  router.put(at, (req, res) => {
    const entry = entryOf(scim, type, req);
    checkVersion(scim, req, entry);
    replaceEntry(scim, entry, req.body);
    scim.save();
    sendEntry(scim, req, res, 200, entry);
  });
  router.patch(at, (req, res) => patch(scim, type, req, res));
  router.delete(at, (req, res) => {
    const entry = entryOf(scim, type, req);
    checkVersion(scim, req, entry);
    removeEntry(scim, entry);
    scim.save();
    res.status(204).end();
  });
}

function patch(scim: Scim, type: ResourceType, req: Request, res: Response): void {
  const { scimPatch, scimPatchOp, scimPatchAnswer } = scim.positions();
  if (scimPatch !== 'supported') {
    throw new ScimProblem(
      scimPatch === 'answers-501' ? 501 : 405,
      undefined,
      'The wiki does not offer PATCH.',
    );
  }
  const entry = entryOf(scim, type, req);
  checkVersion(scim, req, entry);
  patchEntry(scim, entry, readPatch(req.body, scimPatchOp));
  scim.save();
  if (scimPatchAnswer === '200') {
    sendEntry(scim, req, res, 200, entry);
    return;
  }
  setTag(scim, res, entry);
  res.status(204).end();
}

function entryOf(scim: Scim, type: ResourceType, req: Request): Entry {
  const id = String(req.params['id']);
  const entry = scim.directory().get(type.id, id);
  if (!entry) throw new ScimProblem(404, undefined, `Resource ${id} not found.`);
  return entry;
}

/** A search by POST (RFC 7644 3.4.3) says the same as a query. */
function searchOf(req: Request): Readonly<Record<string, string | undefined>> {
  if (!isObject(req.body)) throw bad('invalidSyntax', 'The body is no JSON object.');
  return Object.fromEntries(
    Object.entries(req.body).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : String(value),
    ]),
  );
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
