import type { RequestHandler } from 'express';
import { VestibuleError } from '../../base/index.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses state-changing requests that another site started: Sec-Fetch-Site must be `same-origin`, or `none` (the
 * person acted by hand); browsers without it must send our exact Origin (OWASP CSRF prevention, fetch metadata).
 *
 * @param isExempt paths that exist to be posted to from other sites (SAML and form_post answers); those routes read
 *   no cookie and set no session (R2.2).
 */
export function crossSiteCheck(publicUrl: URL, isExempt: (path: string) => boolean): RequestHandler {
  return (req, _res, next) => {
    if (SAFE_METHODS.has(req.method) || isExempt(req.path)) return next();
    const site = req.get('sec-fetch-site');
    const allowed =
      site === undefined ? req.get('origin') === publicUrl.origin : site === 'same-origin' || site === 'none';
    if (allowed) return next();
    next(
      new VestibuleError({
        code: 'http.cross_site',
        status: 403,
        publicMessage:
          'This request came from another site, so nothing was changed. Open the page here and try again.',
      }),
    );
  };
}
