import { type Reply, type RequestInit, send } from './request.ts';

export type Page = Reply & { readonly url: string };

/** A browser in miniature: a cookie jar per host and redirects by GET, as long as they stay on hosts it may visit. */
export class Browser {
  readonly #jar = new Map<string, Map<string, string>>();

  /** One exchange with cookies, no redirect followed. */
  async visit(url: string, init: RequestInit = {}): Promise<Page> {
    const host = new URL(url).hostname;
    const jar = this.#jar.get(host) ?? new Map<string, string>();
    this.#jar.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await send(url, { ...init, headers: { ...(cookie && { cookie }), ...init.headers } });
    for (const line of reply.headers['set-cookie'] ?? []) keepCookie(jar, line);
    return { ...reply, url };
  }

  /** Follows redirects until a page rests or a redirect leaves for `stopAt`. */
  async open(url: string, stopAt = 'http://sso.localhost'): Promise<Page> {
    let page = await this.visit(url);
    for (let hops = 0; hops < 10 && page.headers.location !== undefined; hops += 1) {
      const next = new URL(page.headers.location, page.url).href;
      if (next.startsWith(stopAt)) return page;
      page = await this.visit(next);
    }
    return page;
  }

  /** Sends the page's first form with its hidden fields and what was typed, then follows redirects. */
  async submit(page: Page, typed: Readonly<Record<string, string>>, stopAt?: string): Promise<Page> {
    const form = readForm(page);
    const answer = await this.visit(form.action, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...form.fields, ...typed }).toString(),
    });
    if (answer.headers.location === undefined) return answer;
    const next = new URL(answer.headers.location, answer.url).href;
    if (next.startsWith(stopAt ?? 'http://sso.localhost')) return answer;
    return this.open(next, stopAt);
  }

  cookies(host: string): ReadonlyMap<string, string> {
    return this.#jar.get(host) ?? new Map();
  }

  setCookie(host: string, name: string, value: string): void {
    const jar = this.#jar.get(host) ?? new Map<string, string>();
    this.#jar.set(host, jar);
    jar.set(name, value);
  }
}

/** Action and named fields of the first form on a page. */
export function readForm(page: Page): { readonly action: string; readonly fields: Record<string, string> } {
  const form = /<form[^>]*>[\s\S]*?<\/form>/.exec(page.body)?.[0];
  if (form === undefined)
    throw new Error(`no form at ${page.url} (${page.status}): ${page.body.slice(0, 500)}`);
  const action = attribute(/<form[^>]*>/.exec(form)?.[0] ?? '', 'action') ?? page.url;
  const fields: Record<string, string> = {};
  for (const [input] of form.matchAll(/<input[^>]*>/g)) {
    const name = attribute(input, 'name');
    if (name !== undefined && !/\bdisabled\b/.test(input)) fields[name] = attribute(input, 'value') ?? '';
  }
  return { action: new URL(action, page.url).href, fields };
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return value
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function keepCookie(jar: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';');
  const [name = '', value = ''] = pair.split('=', 2);
  if (/;\s*max-age=0/i.test(line) || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
  else jar.set(name, value);
}
