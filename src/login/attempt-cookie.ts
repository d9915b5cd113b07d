import type { Request, Response } from 'express';
import { addMs, type Clock } from '../base/index.ts';
import type { Cookies } from '../platform/http/index.ts';
import { Destination, hash, TRANSACTION_MS } from './transaction.ts';

/** What the browser itself keeps of one attempt. */
export type Attempt = {
  /** Binds the attempt to the browser that started it (R2.2). */
  readonly secret: string;
  /** Where it led, should we have forgotten it. From the browser: check it like any link. */
  readonly destination: Destination;
};

const PREFIX = 'login-';
/** Attempts that nobody finished must not fill the request's headers: any page can make a browser begin one. */
const MAX_ATTEMPTS = 12;
/** Of all attempts together; proxies take 8 KB of one header. */
const MAX_LENGTH = 6_000;
/** Longer than the attempt: whoever comes back too late is told so, and can start the same again. */
const LIFETIME_MS = 4 * TRANSACTION_MS;

/** Each attempt has a cookie of its own, so that two tabs do not clobber each other (R2.2). */
export interface AttemptCookies {
  read(req: Request, correlation: string): Attempt | undefined;
  write(req: Request, res: Response, correlation: string, attempt: Attempt): void;
  clear(res: Response, correlation: string): void;
}

export function createAttemptCookies(cookies: Cookies, clock: Clock): AttemptCookies {
  return {
    read: (req, correlation) => parse(cookies.read(req, nameFor(correlation))),
    write(req, res, correlation, { secret, destination }) {
      const value = `${secret}.${Buffer.from(JSON.stringify(destination)).toString('base64url')}`;
      let room = MAX_LENGTH - value.length;
      // Browsers send the oldest first: the newest stay.
      for (const [count, name] of cookies.names(req, PREFIX).toReversed().entries()) {
        room -= name.length + (cookies.read(req, name)?.length ?? 0);
        if (room < 0 || count + 1 >= MAX_ATTEMPTS) cookies.clear(res, name);
      }
      cookies.write(res, nameFor(correlation), value, addMs(clock.now(), LIFETIME_MS));
    },
    clear: (res, correlation) => cookies.clear(res, nameFor(correlation)),
  };
}

function nameFor(correlation: string): string {
  return `${PREFIX}${hash(correlation).slice(0, 16)}`;
}

function parse(value: string | undefined): Attempt | undefined {
  const [secret, packed, ...more] = value?.split('.') ?? [];
  if (!secret || packed === undefined || more.length > 0) return undefined;
  try {
    const destination = Destination.parse(JSON.parse(Buffer.from(packed, 'base64url').toString('utf8')));
    return { secret, destination };
  } catch {
    return undefined;
  }
}
