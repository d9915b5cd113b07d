import type { IncomingMessage } from 'node:http';
import { ROUTES } from './configuration.ts';

/** RFC 6749 3.1 and 3.2, RFC 7009 2.1, RFC 7662 2.1, RFC 9126 2.1: what each endpoint takes. OPTIONS is for pages of other origins. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  [ROUTES.authorization]: ['GET', 'HEAD', 'POST'],
  [ROUTES.token]: ['POST', 'OPTIONS'],
  [ROUTES.userinfo]: ['GET', 'HEAD', 'POST', 'OPTIONS'],
  [ROUTES.jwks]: ['GET', 'HEAD', 'OPTIONS'],
  [ROUTES.introspection]: ['POST', 'OPTIONS'],
  [ROUTES.revocation]: ['POST', 'OPTIONS'],
  [ROUTES.pushed_authorization_request]: ['POST', 'OPTIONS'],
};

/** What an endpoint takes, when it does not take this. @param path without query. */
export function allowedInstead(method: string, path: string): readonly string[] | undefined {
  const methods = METHODS[path];
  return methods === undefined || methods.includes(method) ? undefined : methods;
}

/**
 * A look from afar (RFC 9110 9.3.2), as programs take that test links, or a page that a browser fetches before anybody
 * wants it: it begins nothing and uses nothing up (R2.5).
 *
 * @returns the status to answer with; undefined for what a person sees.
 */
export function answerToLook({ method, headers }: IncomingMessage, path: string): 200 | 503 | undefined {
  const isAuthorization = path === ROUTES.authorization || path.startsWith(`${ROUTES.authorization}/`);
  if (!isAuthorization) return undefined;
  if (method === 'HEAD') return 200;
  const purpose = headers['sec-purpose'] ?? headers['purpose'] ?? headers['x-moz'] ?? '';
  return /prefetch|prerender/i.test(String(purpose)) ? 503 : undefined;
}
