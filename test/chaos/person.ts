import { setTimeout as wait } from 'node:timers/promises';
import { Browser, type Page } from '../support/browser.ts';
import { NOBODY } from './balancer.ts';

const MAX_TRIES = 160;
const PAUSE_MS = 250;

const SESSION = 'vestibule-session';

/** What somebody saw on the way in, for judging afterwards. */
export type Seen = {
  /** Pages of the broker with a status from 500 on. */
  readonly faults: { readonly status: number; readonly text: string }[];
  /** How often a connection broke or the balancer had nobody. */
  broken: number;
  tries: number;
};

/** Somebody with a browser who tries again when a page does not come, as people do. */
export class Visitor {
  readonly login: string;
  readonly browser = new Browser();
  readonly seen: Seen;
  readonly #origin: string;

  constructor(origin: string, login: string, seen: Seen = { faults: [], broken: 0, tries: 0 }) {
    this.#origin = origin;
    this.login = login;
    this.seen = seen;
  }

  /** The same person at another machine; what was seen is kept together. */
  withNewBrowser(): Visitor {
    return new Visitor(this.#origin, this.login, this.seen);
  }

  /** Opens the page and signs in where asked, until `isDone` likes what comes. @throws Error after too many tries. */
  insist(path: string, isDone: (page: Page) => boolean): Promise<Page> {
    return this.insistOn(() => signIn(this.browser, `${this.#origin}${path}`, this.login), isDone);
  }

  async insistOn(
    attempt: (visitor: Visitor) => Promise<Page>,
    isDone: (page: Page) => boolean,
  ): Promise<Page> {
    let last: Page | undefined;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      this.seen.tries += 1;
      const page = await this.#once(attempt);
      if (page && isDone(page)) return page;
      last = page ?? last;
      await wait(PAUSE_MS);
    }
    throw new Error(`${this.login} gave up: ${last?.status} ${last?.url.href} ${last?.text.slice(0, 400)}`);
  }

  /** The session cookie as a thief or an old tab would hold it. */
  sessionCookie(): string {
    const value = this.browser.cookie(new URL(this.#origin).hostname, SESSION);
    if (value === undefined) throw new Error(`${this.login} holds no session`);
    return `${SESSION}=${value}`;
  }

  /** One request with these cookies and no others; nothing is followed. */
  bearing(cookie: string, path: string): Promise<Page> {
    return new Browser().fetch(`${this.#origin}${path}`, 'GET', { Cookie: cookie });
  }

  /** Undefined when a connection broke. */
  async #once(attempt: (visitor: Visitor) => Promise<Page>): Promise<Page | undefined> {
    try {
      return this.#noted(await attempt(this));
    } catch (error) {
      if (!isBroken(error)) throw error;
      this.seen.broken += 1;
      return undefined;
    }
  }

  #noted(page: Page): Page | undefined {
    if (page.status < 500) return page;
    if (page.html === NOBODY) {
      this.seen.broken += 1;
      return undefined;
    }
    this.seen.faults.push({ status: page.status, text: page.text });
    return page;
  }
}

/** Opens a page and signs in at OTDS where asked. */
export async function signIn(browser: Browser, url: string, login: string): Promise<Page> {
  let page = await browser.open(url);
  if (page.links().some(({ text }) => text.includes('Directory (OTDS)')))
    page = await page.click('Directory (OTDS)');
  if (page.url.hostname !== 'otds.localhost') return page;
  return page.submit({ otds_username: login, otds_password: 'halden-demo' });
}

const BROKEN = /^(ECONNREFUSED|ECONNRESET|EPIPE|ECONNABORTED)\b/;

/** supertest makes a new error of a refused connection and keeps the code in its text only. */
function isBroken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return BROKEN.test('code' in error ? String(error.code) : error.message);
}
