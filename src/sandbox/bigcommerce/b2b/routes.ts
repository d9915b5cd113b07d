import { randomUUID } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Account } from '../account/account.ts';
import { isObject } from '../api/fields.ts';
import { remember, type Store } from '../store.ts';
import { checkAccess } from './access.ts';
import { type Answer, BAD_JSON, bodyOf, TOO_MANY } from './answers.ts';
import type { Route } from './call.ts';
import { deleteToken, issueToken, listTokens } from './legacy-tokens.ts';
import type { B2bCall } from './model.ts';
import { countRequest } from './quota.ts';
import { ROUTES } from './table.ts';

const ROOT = '/api/v3/io';
const OLD_ROOT = '/api/io';

export type B2bSite = { stores(): readonly Store[]; account(): Account };

/** `api-b2b.bigcommerce.localhost`: the management API of B2B Edition for all stores. */
export function b2bApp(site: B2bSite): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(express.text({ type: () => true, limit: '1mb' }), (_req, res, next) => {
    res.set({ 'X-Request-Id': randomUUID(), 'Trace-Id': randomUUID().replaceAll('-', '') });
    next();
  });
  for (const route of ROUTES) {
    const method = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
    app[method](`${ROOT}${route.path}`, (req: Request, res: Response) =>
      serve(site, req, res, route.handler),
    );
  }
  app.post(`${OLD_ROOT}/auth/backend`, (req, res) => {
    const body = readBody(req);
    send(res, issueToken(site.stores(), site.account(), isObject(body.value) ? body.value : {}));
  });
  app.delete(`${OLD_ROOT}/auth/backend`, (req, res) =>
    serve(site, req, res, ({ store, item }) => deleteToken(store, item)),
  );
  app.get(`${OLD_ROOT}/backend/tokens`, (req, res) =>
    serve(site, req, res, ({ store }) => listTokens(store)),
  );
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    app.all(`${ROOT}${path}`, (req, res) => send(res, notAllowed(req.method)));
  }
  app.use((_req: Request, res: Response) =>
    send(res, { status: 404, message: 'This resource is not found.', data: {} }),
  );
  app.use((_error: unknown, _req: Request, res: Response, _next: NextFunction) =>
    send(res, { status: 500, message: 'Internal server error', data: {} }),
  );
  return app;
}

/** One call: recorded, then access, quota, body, and the work at last. */
function serve(site: B2bSite, req: Request, res: Response, handler: Route['handler']): void {
  const body = readBody(req);
  const access = checkAccess(site.stores(), req);
  if (access.store)
    record(access.store, req, res, body.value, access.outcome === 'granted' ? access.account : null);
  if (access.outcome === 'refused') {
    send(res, access.answer, access.store);
    return;
  }
  const { store } = access;
  const { isWithin, headers } = countRequest(store);
  res.set(headers);
  if (!isWithin) send(res, TOO_MANY, store);
  else if (!body.isJson) send(res, BAD_JSON, store);
  else {
    const port = /:\d+$/.exec(req.headers.host ?? '')?.[0] ?? '';
    const call = {
      store,
      query: new URL(req.originalUrl, 'http://b2b').searchParams,
      params: req.params as Record<string, string>,
      body: body.value,
      item: isObject(body.value) ? body.value : {},
      origin: (host: string) => `http://${host}${port}`,
    };
    send(res, handler(call), store);
  }
}

function record(store: Store, req: Request, res: Response, body: unknown, account: string | null): void {
  const items = Array.isArray(body) ? (body as unknown[]) : [body];
  const call: B2bCall = {
    at: store.now(),
    method: req.method,
    path: req.path,
    query: req.originalUrl.split('?')[1] ?? '',
    bodyKeys: [...new Set(items.flatMap((each) => (isObject(each) ? Object.keys(each) : [])))].sort(),
    account,
    status: null,
  };
  remember(store.b2b.calls, call);
  res.once('finish', () => {
    call.status = res.statusCode;
  });
}

function send(res: Response, answer: Answer, store?: Store): void {
  const isError = answer.status >= 400;
  const isMasked = isError && store?.turned().b2bErrorStatus === 'always-200';
  res.status(isMasked ? 200 : answer.status);
  if (answer.status === 204) res.end();
  else res.json(bodyOf(answer));
}

function notAllowed(method: string): Answer {
  const message = `Method "${method}" not allowed.`;
  return { status: 405, message, data: { errMsg: message } };
}

function readBody(req: Request): { readonly isJson: boolean; readonly value: unknown } {
  const text: unknown = req.body;
  if (typeof text !== 'string' || text === '') return { isJson: true, value: undefined };
  try {
    return { isJson: true, value: JSON.parse(text) as unknown };
  } catch {
    return { isJson: false, value: undefined };
  }
}
