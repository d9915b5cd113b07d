import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Cookies } from '../platform/http/index.ts';

const COOKIE = 'browser';

/**
 * Tells one browser from another for as long as it runs, and says nothing about who uses it. Tabs that come back from
 * the upstream at the same instant each open a session; by this mark a sign-out ends all of them.
 */
export interface BrowserMarks {
  read(req: Pick<Request, 'headers'>): string | undefined;
  /** Gives the browser a mark, unless it has one. */
  keep(req: Pick<Request, 'headers'>, res: Response): void;
}

export function createBrowserMarks(cookies: Cookies): BrowserMarks {
  const read = (req: Pick<Request, 'headers'>): string | undefined => {
    const held = cookies.read(req, COOKIE);
    return held !== undefined && /^[\w-]{22}$/.test(held) ? held : undefined;
  };
  return {
    read,
    keep(req, res) {
      if (read(req) === undefined) cookies.write(res, COOKIE, randomBytes(16).toString('base64url'));
    },
  };
}
