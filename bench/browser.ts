import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { formIn, refreshIn } from './html.ts';

/** One answer, after everything that follows by itself has followed. */
export type Arrival = {
  readonly url: URL;
  readonly status: number;
  readonly html: string;
  /** What was posted to a host where browsers of the bench stop. */
  readonly body?: string;
};

/** What went over the wire, for all browsers and applications that share it. */
export type Traffic = {
  requests: number;
  /** Answers of 400 and above, and requests without an answer. */
  failed: number;
};

type Step = {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly from?: URL;
  readonly body?: string;
};

const MAX_STEPS = 20;

/**
 * A browser as cheap as it can be: cookies by host, redirects, refreshes, forms that a page sends by script, and
 * connections that stay open. Asks for documents only, as a browser does whose cache holds the rest.
 */
export class BenchBrowser {
  readonly #agent: Agent;
  readonly #traffic: Traffic;
  readonly #stopsAt: string | undefined;
  readonly #cookies = new Map<string, Map<string, string>>();
  /** The latest SAMLResponse that this browser brought to the broker. */
  samlResponse: string | undefined;

  /** @param around `stopsAt` is a host that nobody serves: whoever opened the page receives what was meant for it. */
  constructor(agent: Agent, around: { readonly traffic?: Traffic; readonly stopsAt?: string } = {}) {
    this.#agent = agent;
    this.#traffic = around.traffic ?? { requests: 0, failed: 0 };
    this.#stopsAt = around.stopsAt;
  }

  open(url: string): Promise<Arrival> {
    return this.#go({ method: 'GET', url: new URL(url) });
  }

  /** Fills and sends the form of a page. */
  submit(page: Arrival, fields: Readonly<Record<string, string>>): Promise<Arrival> {
    const form = formIn(page.html);
    if (!form) throw new Error(`no form on ${page.url.host}${page.url.pathname}`);
    const body = new URLSearchParams({ ...form.fields, ...fields }).toString();
    return this.#go({ method: 'POST', url: new URL(form.action, page.url), from: page.url, body });
  }

  /** Forgets the cookies of all hosts but those named, as a new day would. */
  keepOnly(...hosts: readonly string[]): void {
    for (const host of this.#cookies.keys()) if (!hosts.includes(host)) this.#cookies.delete(host);
  }

  async #go(first: Step): Promise<Arrival> {
    let next: Step | undefined = first;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const answer = await this.#send(next);
      const arrival = { url: next.url, status: answer.status, html: answer.html };
      next = this.#nextStep(arrival, answer.location);
      if (!next) return arrival;
      if (next.url.hostname === this.#stopsAt) {
        return { url: next.url, status: 0, html: '', ...(next.body !== undefined && { body: next.body }) };
      }
    }
    throw new Error(`still moving after ${MAX_STEPS} steps at ${next.url.host}${next.url.pathname}`);
  }

  #nextStep({ url, status, html }: Arrival, location: string | undefined): Step | undefined {
    if (location !== undefined && status >= 300 && status < 400)
      return { method: 'GET', url: new URL(location, url), from: url };
    if (status !== 200) return undefined;
    const refresh = refreshIn(html);
    if (refresh !== undefined) return { method: 'GET', url: new URL(refresh, url), from: url };
    const form = formIn(html);
    const response = form?.fields['SAMLResponse'];
    if (!form || response === undefined) return undefined;
    const action = new URL(form.action, url);
    if (action.hostname !== this.#stopsAt) this.samlResponse = response;
    return { method: 'POST', url: action, from: url, body: new URLSearchParams(form.fields).toString() };
  }

  async #send(step: Step): Promise<{ status: number; location: string | undefined; html: string }> {
    const { url } = step;
    const answer = await exchange(this.#agent, step, this.#headers(step), this.#traffic);
    this.#keep(url.hostname, answer.headers['set-cookie'] ?? []);
    return { status: answer.status, location: answer.headers.location, html: answer.text };
  }

  #headers({ method, url, from, body }: Step): Record<string, string> {
    const site = from === undefined ? 'none' : from.host === url.host ? 'same-origin' : 'cross-site';
    // SameSite=Lax: a POST from elsewhere comes without cookies.
    const jar = method === 'POST' && site === 'cross-site' ? undefined : this.#cookies.get(url.hostname);
    const cookie = [...(jar ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
    return {
      Host: url.host,
      'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'Sec-Fetch-Site': site,
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
      ...(cookie !== '' && { Cookie: cookie }),
      ...(method === 'POST' && from && { Origin: from.origin }),
      ...(body !== undefined && {
        'Content-Type': 'application/x-www-form-urlencoded',
        'Content-Length': String(Buffer.byteLength(body)),
      }),
    };
  }

  #keep(host: string, headers: readonly string[]): void {
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    for (const header of headers) {
      const pair = header.split(';', 1)[0] ?? '';
      const at = pair.indexOf('=');
      const isGone = /;\s*(max-age=0|expires=Thu, 01 Jan 1970)/i.test(header);
      if (isGone) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
}

type Sent = { readonly method: 'GET' | 'POST'; readonly url: URL; readonly body?: string };
type Answered = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string };

/** One request. All hosts of the demo world are this machine; the Host header tells them apart. */
export async function exchange(
  agent: Agent,
  sent: Sent,
  headers: Record<string, string>,
  traffic: Traffic,
): Promise<Answered> {
  traffic.requests += 1;
  try {
    const answer = await send(agent, sent, headers);
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    const status = answer.statusCode ?? 0;
    if (status >= 400) traffic.failed += 1;
    return { status, headers: answer.headers, text: Buffer.concat(parts).toString('utf8') };
  } catch (error) {
    traffic.failed += 1;
    throw error;
  }
}

function send(
  agent: Agent,
  { method, url, body }: Sent,
  headers: Record<string, string>,
): Promise<IncomingMessage> {
  const path = `${url.pathname}${url.search}`;
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sending = request({ agent, method, host: '127.0.0.1', port: url.port, path, headers }, resolve)
      .once('error', (error: NodeJS.ErrnoException) => {
        // An idle connection that the server closed just now: browsers send again on another one, and so do we.
        if (!sending.reusedSocket || error.code !== 'ECONNRESET') return reject(error);
        send(agent, { method, url, ...(body !== undefined && { body }) }, headers).then(resolve, reject);
      })
      .end(body);
  });
}

/** Sends one request and gives the body. @throws for any status but 200. */
export type Fetch = (
  url: string,
  options?: { readonly form?: URLSearchParams; readonly authorization?: string },
) => Promise<string>;

/** How an application asks the broker, server to server. */
export function createFetch(agent: Agent, traffic: Traffic): Fetch {
  return async (address, { form, authorization } = {}) => {
    const url = new URL(address);
    const body = form?.toString();
    const headers: Record<string, string> = {
      Host: url.host,
      Accept: '*/*',
      ...(authorization !== undefined && { Authorization: authorization }),
      ...(body !== undefined && {
        'Content-Type': 'application/x-www-form-urlencoded',
        'Content-Length': String(Buffer.byteLength(body)),
      }),
    };
    const sent = {
      method: body === undefined ? 'GET' : 'POST',
      url,
      ...(body !== undefined && { body }),
    } as const;
    const { status, text } = await exchange(agent, sent, headers, traffic);
    if (status !== 200) throw new Error(`${url.pathname} answered ${status} ${text.slice(0, 200)}`);
    return text;
  };
}
