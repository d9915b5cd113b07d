import type { IncomingMessage, ServerResponse } from 'node:http';
import { keepAddress } from './client-address.ts';
import { ROUTES } from './configuration.ts';
import type { Callback } from './engine.ts';
import { allowedInstead, answerToLook } from './methods.ts';
import { sendOn } from './posted-request.ts';

export const MOUNT_PATH = '/oidc';
const DISCOVERY = '/.well-known/openid-configuration';

/** Express adds these when it mounts a handler below a path. */
type Mounted = IncomingMessage & { originalUrl?: string; baseUrl?: string };

/** Express's own: what goes wrong before the library has the request is answered by whoever mounts us. */
export type Mountable = (req: IncomingMessage, res: ServerResponse, next: (error: unknown) => void) => void;

/**
 * Hands a request to the library under our own name, whatever the sender claims: it builds every URL of an answer,
 * discovery too, from Host, X-Forwarded-* and the request line (R2.7).
 */
export function underOurName(publicUrl: URL, callback: Callback): Mountable {
  return (req: Mounted, res, next) => {
    const path = originForm(req.url ?? '/');
    if (path === undefined || !isSpelt(path) || path.startsWith(ROUTES.end_session)) return refuse(res);
    const [name = ''] = path.split('?', 1);
    const { method = 'GET' } = req;
    const allowed = allowedInstead(method, name);
    if (allowed) return refuseMethod(res, allowed);
    const look = answerToLook(req, name);
    if (look) return void res.writeHead(look).end();
    if (method === 'POST' && name === ROUTES.authorization) {
      void sendOn(req, res, `${MOUNT_PATH}${ROUTES.authorization}`).catch(() => res.destroy());
      return;
    }
    rename(req, publicUrl, path);
    void callback(req, res).catch(next);
  };
}

/** RFC 8414 3.1: the metadata of an issuer with a path is asked for at the root, before the path. */
export function rootMetadata(publicUrl: URL, callback: Callback): Mountable {
  return (req: Mounted, res, next) => {
    rename(req, publicUrl, DISCOVERY);
    void callback(req, res).catch(next);
  };
}

/**
 * Who says to be whom by proxies nobody knows, or by attestation, which is not offered: the library looks at its headers
 * all the same, and refuses as if the application had shown who it is.
 */
const UNHEARD = /^(?:forwarded|x-forwarded-.*|oauth-client-attestation(?:-pop)?)$/;

function rename(req: Mounted, publicUrl: URL, path: string): void {
  keepAddress(req);
  for (const name of Object.keys(req.headers)) if (UNHEARD.test(name)) delete req.headers[name];
  req.headers.host = publicUrl.host;
  req.headers['x-forwarded-proto'] = publicUrl.protocol.replace(':', '');
  req.url = path;
  req.originalUrl = `${MOUNT_PATH}${path}`;
}

/** `GET https://elsewhere/oidc/auth` is a valid request line (RFC 9112 3.2.2), and no host of its counts. */
function originForm(url: string): string | undefined {
  if (url.startsWith('/')) return url;
  const parsed = URL.parse(url);
  return parsed ? `${parsed.pathname}${parsed.search}` : undefined;
}

/**
 * The library also answers `/AUTH` and `/auth/`. What is checked before it, by path, must not be passed by with another
 * spelling; names of requests, behind the first segment, may have capitals.
 */
function isSpelt(path: string): boolean {
  const [name = ''] = path.split('?', 1);
  return !/^\/[^/]*[A-Z]/.test(name) && !(name.length > 1 && name.endsWith('/'));
}

function refuseMethod(res: ServerResponse, allowed: readonly string[]): void {
  res.statusCode = 405;
  res.setHeader('Allow', allowed.join(', '));
  res.end();
}

function refuse(res: ServerResponse): void {
  res.statusCode = 404;
  res.end();
}

/** Paths that other sites and programs post to; none of them reads a cookie (R2.2). */
const FOR_PROGRAMS: ReadonlySet<string> = new Set(
  [
    ROUTES.authorization,
    ROUTES.token,
    ROUTES.userinfo,
    ROUTES.introspection,
    ROUTES.revocation,
    ROUTES.pushed_authorization_request,
  ].map((route) => `${MOUNT_PATH}${route}`),
);

export function isOidcProgramPath(path: string): boolean {
  return FOR_PROGRAMS.has(path);
}
