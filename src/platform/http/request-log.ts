import type { Request, RequestHandler } from 'express';
import type { Clock } from '../../base/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';

/**
 * One log line and one metric for each answer. Only the route's pattern is written: paths hold one-time handles,
 * queries hold codes, states and assertions.
 */
export function requestLog(log: Log, clock: Clock, metrics: Metrics): RequestHandler {
  const observe = metrics.histogram(
    'http_request_seconds',
    'Time from request to answer, by route and status.',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    ['method', 'route', 'status'],
  );
  return (req, res, next) => {
    const started = clock.now().getTime();
    res.once('finish', () => {
      const ms = clock.now().getTime() - started;
      const route = routeOf(req);
      observe(ms / 1000, { method: req.method, route, status: res.statusCode });
      log.info('request answered', {
        id: res.getHeader('X-Request-Id'),
        method: req.method,
        route,
        status: res.statusCode,
        ms,
      });
    });
    next();
  };
}

function routeOf(req: Request): string {
  const route = req.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? `${req.baseUrl}${route.path}` : '(none)';
}
