import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** A browser as far as sign-ins notice one: cookies by host, SameSite, redirects, refreshes, forms, fetch metadata. No script. */
export class Browser {
  readonly userAgent: string;
  /** Everything that was requested, in order, without queries. */
  readonly visited: string[] = [];
  readonly #cookies = new Map<string, Map<string, Cookie>>();
  #pause: ((url: URL) => boolean) | undefined;
  #pausedAt: string | undefined;

  constructor(userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0') {
    this.userAgent = userAgent;
  }

  /** Types an address. */
  open(url: string, options: { readonly headers?: Record<string, string> } = {}): Promise<Page> {
    return this.#go({ method: 'GET', url: new URL(url), initiator: undefined, ...options });
  }

  /** Follows a link or a redirect of a page. */
  follow(from: URL, url: string): Promise<Page> {
    return this.#go({ method: 'GET', url: new URL(url, from), initiator: from });
  }

  submit(from: URL, action: string, method: 'GET' | 'POST', fields: Record<string, string>): Promise<Page> {
    const url = new URL(action, from);
    if (method === 'POST')
      return this.#go({ method, url, initiator: from, body: new URLSearchParams(fields).toString() });
    for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
    return this.#go({ method, url, initiator: from });
  }

  /** One request, nothing followed: for looking at a redirect itself. */
  async fetch(
    url: string,
    method: 'GET' | 'POST' | 'HEAD' = 'GET',
    headers: Record<string, string> = {},
  ): Promise<Page> {
    return this.#send({ method, url: new URL(url), initiator: undefined, headers });
  }

  cookie(host: string, name: string): string | undefined {
    return [...(this.#cookies.get(host)?.values() ?? [])].find((cookie) => cookie.name === name)?.value;
  }

  cookieNames(host: string): string[] {
    return [...(this.#cookies.get(host)?.values() ?? [])].map(({ name }) => name);
  }

  /** The next time a redirect leads to such a place, the browser stops before it. @returns the way to ask where. */
  pauseAt(isPlace: (url: URL) => boolean): () => string {
    this.#pause = isPlace;
    this.#pausedAt = undefined;
    return () => {
      if (this.#pausedAt === undefined) throw new Error('the browser was never led there');
      return this.#pausedAt;
    };
  }

  /** Loses cookies, as after "delete site data". */
  forget(host: string, pattern = /./): void {
    for (const [key, { name }] of this.#cookies.get(host) ?? []) {
      if (pattern.test(name)) this.#cookies.get(host)?.delete(key);
    }
  }

  async #go(wanted: Wanted): Promise<Page> {
    let next: Wanted | undefined = wanted;
    for (let steps = 0; steps < 25; steps += 1) {
      const page: Page = await this.#send(next);
      next = nextStep(page, next);
      if (!next) return page;
      if (this.#pause?.(next.url)) {
        this.#pause = undefined;
        this.#pausedAt = next.url.href;
        return page;
      }
    }
    throw new Error(`still redirecting after 25 steps: ${this.visited.slice(-5).join(' → ')}`);
  }

  async #send(wanted: Wanted): Promise<Page> {
    const { method, url, initiator } = wanted;
    this.visited.push(`${method} ${url.host}${url.pathname}`);
    const site =
      initiator === undefined ? 'none' : initiator.host === url.host ? 'same-origin' : 'cross-site';
    // Lax: top-level GET navigations carry cookies from anywhere, POSTs only from the same site.
    const cookies = method === 'POST' && site === 'cross-site' ? '' : this.#header(url);
    const answer = await send(
      url,
      {
        method,
        headers: {
          Host: url.host,
          'User-Agent': this.userAgent,
          Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
          'Sec-Fetch-Site': site,
          'Sec-Fetch-Mode': 'navigate',
          'Sec-Fetch-Dest': 'document',
          ...(cookies && { Cookie: cookies }),
          ...(method === 'POST' && initiator && { Origin: initiator.origin }),
          ...(wanted.body !== undefined && { 'Content-Type': 'application/x-www-form-urlencoded' }),
          ...wanted.headers,
        },
      },
      wanted.body,
    );
    this.#keep(url, answer.headers['set-cookie']);
    return new Page(
      this,
      url,
      answer.statusCode ?? 0,
      answer.headers as Record<string, string>,
      await text(answer),
    );
  }

  #header({ hostname, pathname }: URL): string {
    const cookies = [...(this.#cookies.get(hostname)?.values() ?? [])].filter(({ path }) => {
      // RFC 6265 5.1.4
      return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
    });
    return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  #keep({ hostname, pathname }: URL, headers: readonly string[] | undefined): void {
    const jar = this.#cookies.get(hostname) ?? new Map<string, Cookie>();
    this.#cookies.set(hostname, jar);
    for (const header of headers ?? []) {
      const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
      const at = pair.indexOf('=');
      const path =
        attributes.map((text) => /^path=(\/.*)$/i.exec(text)?.[1]).find((found) => found !== undefined) ??
        pathname.slice(0, Math.max(1, pathname.lastIndexOf('/')));
      const cookie = { name: pair.slice(0, at), value: pair.slice(at + 1), path };
      const key = `${cookie.name};${path}`;
      const gone = attributes.some(
        (text) => /^max-age=0$/i.test(text) || /^expires=Thu, 01 Jan 1970/i.test(text),
      );
      if (gone) jar.delete(key);
      else jar.set(key, cookie);
    }
  }
}

type Cookie = { readonly name: string; readonly value: string; readonly path: string };
type Wanted = {
  readonly method: 'GET' | 'POST' | 'HEAD';
  readonly url: URL;
  readonly initiator: URL | undefined;
  readonly body?: string;
  readonly headers?: Record<string, string>;
};

export type Form = {
  readonly action: string;
  readonly method: 'GET' | 'POST';
  readonly fields: Readonly<Record<string, string>>;
  /** Text between the form's tags. */
  readonly html: string;
};

/** Every name leads to this machine; a connection for each request, so that none outlives its server. */
function send(url: URL, options: RequestOptions, body: string | undefined): Promise<IncomingMessage> {
  const path = `${url.pathname}${url.search}`;
  return new Promise((resolve, reject) => {
    request({ ...options, host: '127.0.0.1', port: url.port, path, agent: false }, resolve)
      .once('error', reject)
      .end(body);
  });
}

/** What the browser shows after everything that follows by itself has followed. */
export class Page {
  readonly #browser: Browser;
  readonly url: URL;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;

  constructor(browser: Browser, url: URL, status: number, headers: Record<string, string>, html: string) {
    this.#browser = browser;
    this.url = url;
    this.status = status;
    this.headers = headers;
    this.html = html;
  }

  /** Readable text, entities decoded, white space folded. */
  get text(): string {
    const body = this.html.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]+>/g, ' ');
    return decode(body).replace(/\s+/g, ' ').trim();
  }

  get heading(): string {
    return decode((/<h1\b[^>]*>([\s\S]*?)<\/h1>/i.exec(this.html)?.[1] ?? '').replace(/<[^>]+>/g, ' '))
      .replace(/\s+/g, ' ')
      .trim();
  }

  get forms(): Form[] {
    return [...this.html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(
      ([, attributes = '', html = '']) => ({
        action: attribute(attributes, 'action') ?? this.url.href,
        method: attribute(attributes, 'method')?.toUpperCase() === 'POST' ? 'POST' : 'GET',
        fields: fieldsOf(html),
        html,
      }),
    );
  }

  links(): { href: string; text: string }[] {
    return [...this.html.matchAll(/<a\b([^>]*)>([\s\S]*?)<\/a>/gi)].map(([, attributes = '', html = '']) => ({
      href: attribute(attributes, 'href') ?? '',
      text: decode(html.replace(/<[^>]+>/g, ' '))
        .replace(/\s+/g, ' ')
        .trim(),
    }));
  }

  click(text: string): Promise<Page> {
    const link = this.links().find((each) => each.text.includes(text));
    if (!link) throw new Error(`no link "${text}" on ${this.url.pathname}: ${this.text.slice(0, 300)}`);
    return this.#browser.follow(this.url, link.href);
  }

  /** Fills and sends the form whose action or content matches; the only form by default. */
  submit(fields: Record<string, string> = {}, which: RegExp = /(?:)/): Promise<Page> {
    const form = this.forms.find((each) => which.test(each.action) || which.test(each.html));
    if (!form) throw new Error(`no form ${which} on ${this.url.pathname}: ${this.text.slice(0, 300)}`);
    return this.#browser.submit(this.url, form.action, form.method, { ...form.fields, ...fields });
  }
}

/** Redirects, meta refresh at once, and forms that a page's script would send. */
function nextStep(page: Page, sent: Wanted): Wanted | undefined {
  const location = page.headers['location'];
  if (page.status >= 300 && page.status < 400 && location !== undefined) {
    const keepsMethod = page.status === 307 || page.status === 308;
    // The whole chain counts as cross-site once a cross-site hop is in it; our checks look at the first initiator.
    const initiator = sent.initiator ?? undefined;
    const url = new URL(location, page.url);
    return keepsMethod ? { ...sent, url } : { method: 'GET', url, initiator };
  }
  if (page.status !== 200) return undefined;
  const refresh = /<meta\b[^>]*http-equiv="refresh"[^>]*content="0;\s*url=([^"]+)"/i.exec(page.html)?.[1];
  if (refresh !== undefined)
    return { method: 'GET', url: new URL(decode(refresh), page.url), initiator: page.url };
  const message = page.forms.find(({ fields }) => 'SAMLResponse' in fields || 'SAMLRequest' in fields);
  if (message?.method !== 'POST') return undefined;
  const body = new URLSearchParams(message.fields).toString();
  return { method: 'POST', url: new URL(message.action, page.url), initiator: page.url, body };
}

function fieldsOf(html: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [, attributes = ''] of html.matchAll(/<input\b([^>]*?)\/?>/gi)) {
    const name = attribute(attributes, 'name');
    const type = attribute(attributes, 'type');
    if (name === undefined || type === 'submit' || / disabled\b/.test(attributes)) continue;
    if ((type === 'checkbox' || type === 'radio') && !/ checked\b/.test(attributes)) continue;
    fields[name] = attribute(attributes, 'value') ?? '';
  }
  return fields;
}

function attribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'i').exec(attributes);
  return value ? decode(value[1] ?? value[2] ?? '') : undefined;
}

function decode(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, decimal: string) => String.fromCodePoint(Number(decimal)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;|&apos;/g, "'")
    .replace(/&nbsp;/g, ' ')
    .replace(/&amp;/g, '&');
}
