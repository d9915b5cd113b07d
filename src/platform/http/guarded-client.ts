import { isIP } from 'node:net';
import { Agent, type Dispatcher, fetch as undiciFetch } from 'undici';
import { HttpUnavailable, SECOND, VestibuleError } from '../../base/index.ts';
import { isLoopbackHost } from './addresses.ts';
import type { HttpClient, HttpRequest, HttpResponse, UrlTrust } from './client.ts';
import { BlockedAddress, guardedLookup, type LookupRules, mayConnect } from './guarded-lookup.ts';

export type HttpClientOptions = {
  /** R2.7: http and loopback addresses for local hosts. */
  readonly allowInsecureLoopback: boolean;
  /** `outbound.allow`: private hosts that foreign URLs may name. */
  readonly allowedHosts?: readonly string[];
};

const DEFAULT_TIMEOUT_MS = 10 * SECOND;
const DEFAULT_MAX_BYTES = 1024 * 1024;
/** A sign-in's call must not wait behind others for a free connection. */
const CONNECTIONS_PER_ORIGIN = 64;

/** Opens the one client through which all outgoing HTTP goes. Disposing it closes its connections. */
export function createHttpClient(options: HttpClientOptions): HttpClient & AsyncDisposable {
  const allowedHosts = new Set((options.allowedHosts ?? []).map((host) => host.toLowerCase()));
  const rulesFor = (trust: UrlTrust): LookupRules => ({
    trust,
    allowLoopback: options.allowInsecureLoopback,
    allowedHosts,
  });
  const agents: Record<UrlTrust, Agent> = {
    configured: openAgent(rulesFor('configured')),
    foreign: openAgent(rulesFor('foreign')),
  };

  const request = async (wanted: HttpRequest): Promise<HttpResponse> => {
    const trust = wanted.trust ?? 'configured';
    checkUrl(wanted.url, wanted.system, rulesFor(trust));
    checkHeaders(wanted);
    const timeout = AbortSignal.timeout(wanted.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const progress = { sent: false };
    try {
      return await exchange(agents[trust], wanted, timeout, progress);
    } catch (error) {
      throw describeFailure(error, wanted, timeout.aborted, progress.sent);
    }
  };

  return {
    request,
    fetchFor: (system, trust = 'configured') => guardedFetch(system, rulesFor(trust), agents[trust]),
    async [Symbol.asyncDispose]() {
      await Promise.all([agents.configured.destroy(), agents.foreign.destroy()]);
    },
  };
}

function openAgent(rules: LookupRules): Agent {
  return new Agent({
    connections: CONNECTIONS_PER_ORIGIN,
    connect: { lookup: guardedLookup(rules), timeout: 5 * SECOND },
    // A store may close idle connections at any time; short reuse keeps resets off the sign-in path.
    keepAliveTimeout: 4 * SECOND,
    pipelining: 1,
  });
}

/**
 * Refuses before connecting what the look-up cannot see: wrong schemes, plain http, and literal addresses.
 *
 * @throws VestibuleError `http.blocked_url`.
 */
function checkUrl(url: URL, system: string, rules: LookupRules): void {
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const insecureLoopback = url.protocol === 'http:' && rules.allowLoopback && isLoopbackHost(hostname);
  if (url.protocol !== 'https:' && !insecureLoopback) throw blocked(system, 'only https is allowed here');
  if (isIP(hostname) !== 0 && !mayConnect(hostname, hostname, rules)) {
    throw blocked(system, 'the address is not a public one');
  }
  if (url.username || url.password) throw blocked(system, 'a URL must not carry a password');
}

/**
 * RFC 9110 5.5. NOTE: undici finds out only when the request has its place in the queue, and then everything behind it
 * to the same host waits for ever, beyond every time limit.
 *
 * @throws HttpUnavailable `http.unreachable`; nothing was sent.
 */
function checkHeaders({ method, url, system, headers = {} }: HttpRequest): void {
  const name = Object.keys(headers).find((each) => !/^[\t\x20-\x7e\x80-\xff]*$/.test(headers[each] ?? ''));
  if (name === undefined) return;
  throw new HttpUnavailable({
    ...{ code: 'http.unreachable', system, maybeSent: false },
    publicMessage: 'Another system that this sign-in needs did not answer.',
    detail: `${method} ${url.host}: the header ${name} holds a character that cannot be sent`,
  });
}

function blocked(system: string, why: string): VestibuleError {
  return new VestibuleError({
    code: 'http.blocked_url',
    status: 502,
    publicMessage: 'Another system gave an address that is not allowed.',
    detail: `${system}: ${why}`,
  });
}

async function exchange(
  agent: Agent,
  wanted: HttpRequest,
  signal: AbortSignal,
  progress: { sent: boolean },
): Promise<HttpResponse> {
  const maxBytes = wanted.maxBytes ?? DEFAULT_MAX_BYTES;
  progress.sent = true;
  const answer = await agent.request({
    origin: wanted.url.origin,
    path: `${wanted.url.pathname}${wanted.url.search}`,
    method: wanted.method,
    signal,
    ...(wanted.headers && { headers: { ...wanted.headers } }),
    ...(wanted.body !== undefined && { body: wanted.body }),
  });
  const body = await readBounded(answer, maxBytes);
  return { status: answer.statusCode, headers: flatten(answer.headers), body };
}

async function readBounded(answer: Dispatcher.ResponseData, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer.body as AsyncIterable<Buffer>) {
    length += part.length;
    // Leaving the loop early destroys the stream, and with it the connection.
    if (length > maxBytes) throw new AnswerTooLarge(`more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/** Codes that mean the connection was never made, so the request certainly never arrived. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EBLOCKED',
]);
const NEVER_SENT_UNDICI = new Set(['UND_ERR_CONNECT_TIMEOUT']);

function describeFailure(error: unknown, wanted: HttpRequest, timedOut: boolean, sent: boolean): Error {
  const code = errorCode(error);
  const maybeSent = sent && !NEVER_SENT.has(code) && !NEVER_SENT_UNDICI.has(code);
  const what = failureCode(error, code, timedOut);
  return new HttpUnavailable({
    code: what,
    system: wanted.system,
    maybeSent,
    publicMessage: 'Another system that this sign-in needs did not answer.',
    detail: `${wanted.method} ${wanted.url.host}: ${code || (error instanceof Error ? error.name : 'unknown')}`,
    cause: error,
  });
}

function failureCode(error: unknown, code: string, timedOut: boolean): string {
  if (timedOut) return 'http.timeout';
  if (error instanceof AnswerTooLarge) return 'http.too_large';
  if (error instanceof BlockedAddress || code === 'EBLOCKED') return 'http.blocked_url';
  return 'http.unreachable';
}

function errorCode(error: unknown): string {
  let current: unknown = error;
  for (let depth = 0; depth < 4 && current instanceof Error; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    current = current.cause;
  }
  return '';
}

/**
 * The guard for libraries that bring their own requests. Redirects are never followed, whatever they ask for;
 * a library's own time limit applies beside ours.
 */
function guardedFetch(system: string, rules: LookupRules, agent: Agent): typeof globalThis.fetch {
  const guarded = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    checkUrl(url, system, rules);
    const limit = AbortSignal.timeout(DEFAULT_TIMEOUT_MS);
    const signal = init?.signal ? AbortSignal.any([init.signal, limit]) : limit;
    try {
      const answer = await undiciFetch(url, {
        ...(init as object),
        redirect: 'manual',
        signal,
        dispatcher: agent,
      });
      return await boundedCopy(answer as unknown as Response);
    } catch (error) {
      if (error instanceof VestibuleError) throw error;
      const wanted: HttpRequest = { method: 'GET', url, system };
      throw describeFailure(error, wanted, limit.aborted, true);
    }
  };
  return guarded;
}

/** Reads the answer within the size limit and hands on a global Response, which libraries test for with instanceof. */
async function boundedCopy(answer: Response): Promise<Response> {
  const parts: Uint8Array[] = [];
  let length = 0;
  if (answer.body) {
    for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > DEFAULT_MAX_BYTES) throw new AnswerTooLarge(`more than ${DEFAULT_MAX_BYTES} bytes`);
      parts.push(part);
    }
  }
  const empty = answer.status === 204 || answer.status === 304 || answer.status < 200;
  const headers = new Headers([...answer.headers.entries()]);
  // The body is already decoded; its former encoding and length no longer describe it.
  headers.delete('content-encoding');
  headers.delete('content-length');
  const copy = new Response(empty ? null : Buffer.concat(parts), { status: answer.status, headers });
  Object.defineProperty(copy, 'url', { value: answer.url });
  return copy;
}
