import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import type { RecordedCall } from '../model.ts';
import { remember, type Store } from '../store.ts';
import { checkAccess, UNAUTHORIZED } from './access.ts';
import { type Answer, NOT_FOUND, problem } from './answers.ts';
import type { Route } from './call.ts';
import { isObject } from './fields.ts';
import { countRequest } from './quota.ts';
import { ROUTES } from './table.ts';

/** `api.bigcommerce.localhost`: one host for the REST APIs of all stores, and for what is above them. */
export function apiApp(storeByHash: (hash: string) => Store | undefined, above: Router): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(express.text({ type: () => true, limit: '1mb' }));
  for (const route of ROUTES) {
    app[method(route)](`/stores/:hash${route.path}`, (req: Request, res: Response) => {
      const store = storeByHash(String(req.params['hash']));
      if (store) serve(store, route, req, res);
      else send(res, UNAUTHORIZED);
    });
  }
  app.use(above);
  app.use((_req: Request, res: Response) => send(res, NOT_FOUND));
  app.use((_error: unknown, _req: Request, res: Response, _next: NextFunction) =>
    send(res, problem(500, 'Internal server error')),
  );
  return app;
}

function method(route: Route): 'get' | 'post' | 'put' | 'delete' {
  return route.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
}

/** One call: recorded, then maintenance, access, quota, concurrency, body, and the work at last. */
function serve(store: Store, route: Route, req: Request, res: Response): void {
  const body = readBody(req);
  const call = record(store, route, req, body.value);
  res.once('finish', () => {
    call.status = res.statusCode;
  });
  if (store.turned().maintenance) {
    send(res, problem(503, 'The store is down for maintenance.'));
    return;
  }
  const access = checkAccess(store, req.get('x-auth-token'), route.scopes);
  if (access.outcome === 'refused') {
    send(res, access.answer);
    return;
  }
  call.clientId = access.account.clientId;
  const standing = countRequest(store);
  for (const [name, value] of Object.entries(standing.headers)) res.setHeader(name, value);
  const isFree = standing.isWithin && takePlace(store, route, res);
  if (!standing.isWithin) send(res, problem(429, 'Too many requests'));
  else if (!isFree)
    send(res, problem(Number(store.turned().concurrencyAnswer), 'Too many concurrent requests'));
  else if (!body.isJson) send(res, problem(400, 'Input is invalid'));
  else send(res, route.handler({ ...callOf(store, req), account: access.account, body: body.value }));
}

function callOf(store: Store, req: Request) {
  const port = /:\d+$/.exec(req.headers.host ?? '')?.[0] ?? '';
  return {
    store,
    query: queryOf(req),
    params: req.params as Record<string, string>,
    header: (name: string) => req.get(name),
    origin: (host: string) => `http://${host}${port}`,
  };
}

/** @returns false when as many calls of this kind are under way as the platform allows. */
function takePlace(store: Store, route: Route, res: Response): boolean {
  const key = `${route.method} ${route.path}`;
  const running = store.inFlight.get(key) ?? 0;
  if (route.concurrent !== undefined && running >= route.concurrent) return false;
  store.inFlight.set(key, running + 1);
  res.once('close', () => store.inFlight.set(key, (store.inFlight.get(key) ?? 1) - 1));
  return true;
}

function readBody(req: Request): { isJson: boolean; value: unknown } {
  const text: unknown = req.body;
  if (typeof text !== 'string' || text === '') return { isJson: true, value: undefined };
  try {
    return { isJson: true, value: JSON.parse(text) as unknown };
  } catch {
    return { isJson: false, value: undefined };
  }
}

type Recording = { -readonly [K in keyof RecordedCall]: RecordedCall[K] };

function record(store: Store, route: Route, req: Request, body: unknown): Recording {
  const items = Array.isArray(body) ? (body as unknown[]) : undefined;
  const keys = (items ?? [body]).flatMap((each) => (isObject(each) ? Object.keys(each) : []));
  const call: Recording = {
    at: store.now(),
    method: route.method,
    path: req.path.replace(/^\/stores\/[^/]+/, ''),
    query: queryOf(req),
    clientId: null,
    bodyKeys: [...new Set(keys)].sort(),
    items: items?.length ?? null,
    status: null,
  };
  remember(store.calls, call);
  return call;
}

function queryOf(req: Request): string {
  const start = req.originalUrl.indexOf('?');
  return start === -1 ? '' : req.originalUrl.slice(start + 1);
}

export function send(res: Response, answer: Answer): void {
  res.status(answer.status);
  if (answer.body === undefined) res.end();
  else res.type('json').send(JSON.stringify(answer.body));
}
