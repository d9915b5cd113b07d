import type { RequestHandler, Response } from 'express';
import helmet from 'helmet';

const CONTENT_SECURITY_POLICY: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'manifest-src': ["'self'"],
  'form-action': ["'self'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/**
 * Headers of every answer. Referrer-Policy is `same-origin`, because `no-referrer` would turn the Origin of our
 * own form posts into `null` (R2.6). Pages are personal, so nothing is stored unless a route says otherwise.
 */
export function securityHeaders(publicUrl: URL): readonly RequestHandler[] {
  const https = publicUrl.protocol === 'https:';
  return [
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY_POLICY as never },
      referrerPolicy: { policy: 'same-origin' },
      strictTransportSecurity: https ? { maxAge: 31_536_000, includeSubDomains: false } : false,
      crossOriginOpenerPolicy: { policy: 'same-origin' },
      xFrameOptions: { action: 'deny' },
    }),
    (_req, res, next) => {
      res.setHeader('Cache-Control', 'no-store');
      res.setHeader('Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()');
      next();
    },
  ];
}

/**
 * Lets the form on this one page post to another origin: SAML and `form_post` pages only, and only to the exact
 * origin (R2.6).
 */
export function allowFormTarget(res: Response, target: URL): void {
  const directives = { ...CONTENT_SECURITY_POLICY, 'form-action': ["'self'", target.origin] };
  const text = Object.entries(directives)
    .map(([name, values]) => `${name} ${values.join(' ')}`)
    .join(';');
  res.setHeader('Content-Security-Policy', text);
}
