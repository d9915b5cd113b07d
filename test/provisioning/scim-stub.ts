import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { OpenTarget } from '../../src/provisioning/connector/connector.ts';
import { ScimTarget, scim } from '../../src/provisioning/connectors/scim/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { PARTIES } from './scim-world.ts';

// biome-ignore lint/suspicious/noExplicitAny: bodies are looked into, field by field.
export type Json = any;

export type Received = {
  readonly method: string;
  /** Without the base path and the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Json;
};
export type Reply = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
};
export type Answering = (request: Received) => Reply | undefined;

export interface ScimStub extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly url: string;
  readonly target: OpenTarget;
  open(settings?: Record<string, unknown>): OpenTarget;
  readonly received: Received[];
  /** `GET /Users?filter=…` of what came, without discovery. */
  lines(): readonly string[];
}

const DISCOVERY = ['/ServiceProviderConfig', '/ResourceTypes', '/Schemas'];

/** A service provider that a test writes by hand; whatever it does not answer is 404 with a page. */
export async function startScimStub(
  answer: Answering,
  settings: Record<string, unknown> = {},
): Promise<ScimStub> {
  const received: Received[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const url = new URL(req.url ?? '/', 'http://stub');
    const text = Buffer.concat(chunks).toString('utf8');
    const request: Received = {
      method: req.method ?? '',
      path: url.pathname.replace(/^\/scim/, ''),
      query: Object.fromEntries(url.searchParams),
      headers: req.headers,
      body: parse(text),
    };
    received.push(request);
    const { status = 200, headers = {}, body } = answer(request) ?? NOT_FOUND;
    const isText = typeof body === 'string' || body === undefined;
    res.writeHead(status, { ...(!isText && { 'content-type': 'application/json' }), ...headers });
    res.end(isText ? body : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cleanup = new AsyncDisposableStack();
  cleanup.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  cleanup.defer(() => server.closeAllConnections());
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const clock = new ManualClock();
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open: ScimStub['open'] = (own = {}) => {
    const parsed = ScimTarget.parse({
      baseUrl: `${root}/scim`,
      ...(own['oauth'] === undefined && { tokens: [{ token: 'newest' }] }),
      ...settings,
      ...own,
    });
    return scim.open(parsed, {
      ...{ id: 'odd', http, clock, log: silentLog },
      relyingParties: PARTIES,
    });
  };
  return {
    ...{ clock, received, open, url: root },
    target: open(),
    lines: () =>
      received
        .filter(({ path }) => !DISCOVERY.includes(path))
        .map(({ method, path, query }) => `${method} ${path}${queryText(query)}`),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

const NOT_FOUND: Reply = { status: 404, body: '<!DOCTYPE html><title>Nothing here</title>' };

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

function queryText(query: Readonly<Record<string, string>>): string {
  const parts = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  return parts.length > 0 ? `?${parts.join('&')}` : '';
}
