import type { ServerResponse } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Salesforce } from '../server.ts';
import { sessionOf } from './access.ts';
import { type Answer, type Call, refusal } from './call.ts';
import { countCall, usage } from './limits.ts';
import { addOAuth } from './oauth/routes.ts';
import { INVALID_SESSION, NOT_FOUND, problem } from './problems.ts';
import { runCall } from './resources.ts';

const OLDEST_VERSION = 50;
const DOWN = problem('SERVER_UNAVAILABLE', 'The instance is down for maintenance.', [], 503);
const EXHAUSTED = problem('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.', undefined, 403);

/** OAuth and the REST API on the My Domain host. To be added ahead of everything that reads bodies. */
export function addApi(app: Express, org: Salesforce): void {
  addOAuth(app, org);
  app.use('/services/data', express.text({ type: () => true, limit: '6mb' }));
  app.get('/services/data', (_req, res) => {
    if (org.switches.positions.maintenance) send(res, refusal(DOWN));
    else send(res, { status: 200, body: versions(org) });
  });
  app.use('/services/data/:version', (req, res) => {
    send(res, serve(org, req, res));
  });
  app.use('/services/data', (error: unknown, _req: Request, res: Response, next: NextFunction) => {
    if (error instanceof Error && 'type' in error)
      send(res, refusal(badBody('the request entity is too large')));
    else next(error);
  });
}

/** What a revoked token meets: the answer of the API. */
export function refuseSession(res: ServerResponse): void {
  const { status, body } = refusal(INVALID_SESSION);
  res.writeHead(status, { 'content-type': 'application/json;charset=UTF-8' });
  res.end(JSON.stringify(body));
}

/** One call: up, a known version, a session, calls left, a body that can be read, and then the work. */
function serve(org: Salesforce, req: Request, res: Response): Answer {
  if (org.switches.positions.maintenance) return refusal(DOWN);
  const version = String(req.params['version']);
  if (!versions(org).some((each) => `v${each.version}` === version)) return refusal(NOT_FOUND);
  const session = sessionOf(org, req.get('authorization'));
  if (!session) return refusal(INVALID_SESSION);
  const isWithin = countCall(org);
  const { used, max } = usage(org);
  if (org.switches.positions.limitHeader) res.set('Sforce-Limit-Info', `api-usage=${used}/${max}`);
  if (!isWithin) return refusal(EXHAUSTED);
  const body = readBody(req);
  if ('answer' in body) return body.answer;
  return runCall(callOf(org, req, session.userId, version, body.value));
}

function callOf(org: Salesforce, req: Request, userId: string, version: string, body: unknown): Call {
  const [path = '', search = ''] = req.url.split(/\?(.*)/s);
  const asked = /batchSize=(\d+)/.exec(req.get('sforce-query-options') ?? '')?.[1];
  return {
    ...{ org, userId, method: req.method, version, body, transaction: {} },
    ...{ path: path === '/' ? '' : path, query: new URLSearchParams(search), run: runCall },
    ...(asked !== undefined && { batchSize: Number(asked) }),
  };
}

function readBody(req: Request): { readonly value: unknown } | { readonly answer: Answer } {
  const text: unknown = req.body;
  if (typeof text !== 'string' || text === '') return { value: undefined };
  if (!/\bjson\b/.test(req.get('content-type') ?? '')) {
    const words = `The HTTP entity body type '${req.get('content-type') ?? ''}' is not supported`;
    return { answer: refusal(problem('UNSUPPORTED_MEDIA_TYPE', words, undefined, 415)) };
  }
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { answer: refusal(badBody('Unexpected character at [line:1, column:1]')) };
  }
}

function badBody(words: string) {
  return problem('JSON_PARSER_ERROR', words);
}

function versions({ switches }: Salesforce) {
  const newest = switches.positions.newestVersion;
  const count = Math.max(1, newest - OLDEST_VERSION + 1);
  return Array.from({ length: count }, (_each, index) => {
    const version = `${newest - count + 1 + index}.0`;
    return { label: `Release ${version}`, url: `/services/data/v${version}`, version };
  });
}

function send(res: Response, { status, body, headers }: Answer): void {
  res.status(status).set({ 'cache-control': 'no-store', ...headers });
  if (body === undefined) res.end();
  else res.type('application/json;charset=UTF-8').send(JSON.stringify(body));
}
