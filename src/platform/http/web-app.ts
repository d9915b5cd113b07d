import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import express, { type Express, type RequestHandler, type Router } from 'express';
import type { Clock } from '../../base/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { crossSiteCheck } from './cross-site.ts';
import { errorPages, notFound } from './error-pages.ts';
import { tidyForwardedFor } from './forwarded-for.ts';
import { assignRequestId } from './request-id.ts';
import { requestLog } from './request-log.ts';
import { securityHeaders } from './security-headers.ts';
import type { Views } from './views.ts';

export type WebAppOptions = {
  readonly publicUrl: URL;
  readonly log: Log;
  readonly clock: Clock;
  readonly views: Views;
  readonly viewsFolder: string;
  readonly metrics: Metrics;
  /** Addresses or subnets whose X-Forwarded-For counts (R2.7). */
  readonly trustedProxies: readonly string[];
  /** Paths that other sites may post to (R2.2). */
  readonly isCrossSiteEndpoint: (path: string) => boolean;
  /** Mounted at the root, in this order. */
  readonly routers: readonly Router[];
  /** Handlers of everything below their path, in this order and before any router; bodies are unread. */
  readonly mounts?: Readonly<Record<string, RequestListener | RequestHandler>>;
};

/** The broker's Express application: the same frame of checks and headers around every room's routes. */
export function createWebApp(options: WebAppOptions): Express {
  const { publicUrl, log, clock, views, metrics } = options;
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  // NOTE: only the client's address is ever taken from a forwarded header; hosts and schemes come from publicUrl.
  app.set('trust proxy', options.trustedProxies.length > 0 ? [...options.trustedProxies] : false);

  app.use(tidyForwardedFor);
  app.use(assignRequestId, requestLog(log, clock, metrics), ...securityHeaders(publicUrl));
  app.use('/assets', assets(join(options.viewsFolder, 'assets')));
  app.use(crossSiteCheck(publicUrl, options.isCrossSiteEndpoint));
  for (const [path, handler] of Object.entries(options.mounts ?? {})) app.use(path, handler);
  for (const router of options.routers) app.use(router);
  app.use(notFound, errorPages(views, log));
  return app;
}

function assets(folder: string): ReturnType<typeof express.static> {
  return express.static(folder, {
    index: false,
    redirect: false,
    setHeaders: (res) => res.setHeader('Cache-Control', 'public, max-age=31536000, immutable'),
  });
}
