import {
  type ErrorRequestHandler,
  json,
  type Request,
  type RequestHandler,
  type Response,
  Router,
} from 'express';
import { MINUTE, newId } from '../base/index.ts';
import { limitRate, requestId } from '../platform/http/index.ts';
import { authorize, type Caller, recordRefused, SCOPES, type Scope } from './authorize.ts';
import { type Body, MAX_BODY_BYTES, readBody } from './body.ts';
import type { AdminDeps } from './deps.ts';
import { AdminError, type AdminErrorCode } from './errors.ts';
import { describeApi } from './openapi.ts';
import { readPage, toCursor } from './paging.ts';
import { problemAnswer } from './problem-answer.ts';
import { createRelyingPartyAdmin, type RelyingPartyAdmin } from './relying-parties.ts';
import type { Representation } from './representation.ts';

const ROOT = '/api/v1';
const PARTIES = `${ROOT}/relying-parties`;
const JSON_TYPE = ['application/json'];
/** RFC 7396; plain JSON is taken as one. */
const PATCH_TYPES = [...JSON_TYPE, 'application/merge-patch+json'];

/**
 * Programs post here from anywhere, with a token and without a cookie: there is nothing that another site could use
 * (R2.2, R8.5).
 */
export function isAdminApiPath(path: string): boolean {
  return path.startsWith(`${ROOT}/`);
}

/** `/api/v1`. Every answer below is JSON, errors too. */
export function adminRoutes(deps: AdminDeps): Router {
  const admin = createRelyingPartyAdmin(deps);
  const may = (scope: Scope): RequestHandler => authorized(scope, deps);
  const router = Router();
  const limit = limitRate({
    ...{ name: 'admin-api', counter: deps.counter, limit: deps.requestsPerMinute, windowMs: MINUTE },
  });
  router.use(ROOT, limit);
  router.get(`${ROOT}/openapi.json`, may(SCOPES.read), (_req, res) => {
    answer(res, 200, 'application/json', describeApi(deps.schema, deps.publicUrl));
  });
  router
    .route(PARTIES)
    .get(may(SCOPES.read), list(admin))
    .post(may(SCOPES.write), ...create(admin));
  router
    .route(`${PARTIES}/:id`)
    .get(may(SCOPES.read), async (req, res) => send(res, 200, await admin.find(idOf(req))))
    .put(may(SCOPES.write), ...change(JSON_TYPE, (what, body) => admin.replace(what, body)))
    .patch(may(SCOPES.write), ...change(PATCH_TYPES, (what, body) => admin.patch(what, body)))
    .delete(may(SCOPES.write), async (req, res) => {
      await admin.remove(changeOf(req, res));
      res.status(204).end();
    });
  router.all(PARTIES, refuse('admin.method_not_allowed', { Allow: 'GET, POST' }));
  router.all(`${PARTIES}/:id`, refuse('admin.method_not_allowed', { Allow: 'GET, PUT, PATCH, DELETE' }));
  router.all(`${ROOT}/openapi.json`, refuse('admin.method_not_allowed', { Allow: 'GET' }));
  router.use(ROOT, refuse('admin.not_found'), errors(deps));
  return router;
}

function refuse(code: AdminErrorCode, headers: Readonly<Record<string, string>> = {}): RequestHandler {
  return (_req, _res, next) => next(new AdminError(code, { headers }));
}

function list(admin: RelyingPartyAdmin): RequestHandler {
  return async (req, res) => {
    const { after, limit } = readPage(req.query);
    // One more than asked for tells whether there is a next page.
    const found = await admin.list({ after, limit: limit + 1 });
    const items = found.slice(0, limit).map(({ body }) => body);
    const last = items.at(-1);
    const next = found.length > limit && last ? toCursor(String(last['id'])) : null;
    answer(res, 200, 'application/json', { items, next });
  };
}

function create(admin: RelyingPartyAdmin): RequestHandler[] {
  const handle: RequestHandler = async (req, res) => {
    const key = req.get('idempotency-key');
    if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) throw new AdminError('admin.malformed');
    const made = await admin.create(bodyOf(req), key, callerOf(res));
    res.location(`${PARTIES}/${made.body['id']}`);
    send(res, 201, made);
  };
  return [parseJson(JSON_TYPE), handle];
}

type Changed = (change: ReturnType<typeof changeOf>, body: Body) => Promise<Representation>;

function change(types: readonly string[], work: Changed): RequestHandler[] {
  const handle: RequestHandler = async (req, res) =>
    send(res, 200, await work(changeOf(req, res), bodyOf(req)));
  return [parseJson(types), handle];
}

/** Not inflated: a small body must stay small. */
function parseJson(types: readonly string[]): RequestHandler {
  return json({ limit: MAX_BODY_BYTES, inflate: false, type: [...types] });
}

/** @throws AdminError `admin.media_type`, `admin.malformed` */
function bodyOf(req: Request): Body {
  // The parser leaves alone what is not JSON.
  if (req.body === undefined) throw new AdminError('admin.media_type');
  return readBody(req.body);
}

function idOf(req: Request): string {
  return String(req.params['id']);
}

function changeOf(req: Request, res: Response) {
  return { id: idOf(req), ifMatch: req.get('if-match'), caller: callerOf(res) };
}

function authorized(scope: Scope, deps: AdminDeps): RequestHandler {
  return async (req, res, next) => {
    const thread = requestId() ?? newId('ref');
    const asking = { authorization: req.get('authorization'), address: req.ip ?? 'unknown', thread };
    res.locals['caller'] = await authorize({ ...asking, method: req.method, path: req.path }, scope, deps);
    next();
  };
}

function callerOf(res: Response): Caller {
  return res.locals['caller'] as Caller;
}

function send(res: Response, status: number, { body, etag }: Representation): void {
  if (etag !== undefined) res.setHeader('ETag', etag);
  answer(res, status, 'application/json', body);
}

/** NOTE: `res.json` would make up entity tags; here they are versions, and what has none cannot be changed. */
function answer(res: Response, status: number, type: string, body: object): void {
  res.status(status).type(type).end(JSON.stringify(body));
}

function errors(deps: AdminDeps): ErrorRequestHandler {
  const { log } = deps;
  return async (error: unknown, req, res, next) => {
    const told = await recorded(error, req, res, deps);
    const { status, headers, body } = problemAnswer(told, requestId() ?? '');
    if (status >= 500) log.error('request failed', { id: body.instance, code: body.code, error: told });
    else log.info('request refused', { id: body.instance, code: body.code });
    if (res.headersSent) return next(told);
    answer(res.set(headers), status, 'application/problem+json', body);
  };
}

/** R6.3: a change that a known machine is refused is an event too, durable before it hears so. */
async function recorded(error: unknown, req: Request, res: Response, deps: AdminDeps): Promise<unknown> {
  const caller = res.locals['caller'] as Caller | undefined;
  const { status, body } = problemAnswer(error, '');
  if (!caller || /^(GET|HEAD)$/.test(req.method) || status >= 500) return error;
  try {
    await recordRefused({ caller, code: body.code, method: req.method, path: req.originalUrl }, deps);
    return error;
  } catch (fault) {
    return fault;
  }
}
