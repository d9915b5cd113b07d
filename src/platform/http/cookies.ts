import type { CookieOptions, Request, Response } from 'express';

/** Reads and writes our cookies in one form: host-only, HttpOnly, SameSite=Lax, whole site (R2.7). */
export interface Cookies {
  read(req: Pick<Request, 'headers'>, name: string): string | undefined;
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

/**
 * Only the white space of HTTP is trimmed: a name that begins with another kind escapes the browser's rule for
 * `__Host-`, and must not become ours here. Two values of one name are no value: one of them is somebody else's.
 */
function parse(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  const disputed = new Set<string>();
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    const name = trimmed(part.slice(0, at));
    const value = trimmed(part.slice(at + 1));
    if ((cookies.get(name) ?? value) !== value) disputed.add(name);
    cookies.set(name, value);
  }
  for (const name of disputed) cookies.delete(name);
  return cookies;
}

/** Without space and tab at both ends (RFC 9110 5.6.3). A loop: on spaces in the middle, `/[ \t]+$/` is quadratic. */
function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
