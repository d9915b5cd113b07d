import type { CookieOptions, Request, Response } from 'express';

/** Reads and writes our cookies in one form: host-only, HttpOnly, SameSite=Lax, whole site (R2.7). */
export interface Cookies {
  read(req: Request, name: string): string | undefined;
  /** Names of ours that start with `prefix`, as sent by the browser. */
  names(req: Request, prefix: string): readonly string[];
  /** Without `expires` the cookie lives as long as the browser. */
  write(res: Response, name: string, value: string, expires?: Date): void;
  clear(res: Response, name: string): void;
}

/**
 * `__Host-` makes the browser itself refuse a cookie that another host or plain http set. Plain http exists only
 * for loopback hosts (R2.7), where the prefix would keep other clients than browsers out.
 */
export function createCookies(publicUrl: URL): Cookies {
  const secure = publicUrl.protocol === 'https:';
  const prefix = secure ? '__Host-vestibule-' : 'vestibule-';
  const options: CookieOptions = { path: '/', httpOnly: true, sameSite: 'lax', secure };
  return {
    read: (req, name) => parse(req.headers.cookie).get(`${prefix}${name}`),
    names: (req, start) =>
      [...parse(req.headers.cookie).keys()]
        .filter((name) => name.startsWith(`${prefix}${start}`))
        .map((name) => name.slice(prefix.length)),
    write: (res, name, value, expires) => {
      res.cookie(`${prefix}${name}`, value, { ...options, ...(expires && { expires }) });
    },
    clear: (res, name) => {
      res.clearCookie(`${prefix}${name}`, options);
    },
  };
}

function parse(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    const name = part.slice(0, at).trim();
    // Browsers send the most specific cookie first; a later one of the same name is somebody else's.
    if (!cookies.has(name)) cookies.set(name, part.slice(at + 1).trim());
  }
  return cookies;
}
