import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';
import { VestibuleError } from '../../base/index.ts';

/** What a limit counts with; the key-value store fits. */
export interface Counter {
  increment(key: string, ttlMs: number): Promise<number>;
  delete(...keys: readonly string[]): Promise<void>;
}

export type RateLimitOptions = {
  /** Names the limit in the counter's keys: `login`. */
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly counter: Counter;
  /** Default: the client's address, IPv6 by its /56. */
  readonly keyOf?: (req: Request) => string;
  /** Requests that do not count. */
  readonly skip?: (req: Request) => boolean;
};

/** Refuses with 429 above `limit` requests in a window. Counts across all processes that share the counter. */
export function limitRate(options: RateLimitOptions): RequestHandler {
  const { name, limit, windowMs, counter } = options;
  return rateLimit({
    limit,
    windowMs,
    standardHeaders: false,
    legacyHeaders: false,
    store: counterStore(name, windowMs, counter),
    keyGenerator: options.keyOf ?? ((req) => ipKeyGenerator(req.ip ?? 'unknown', 56)),
    ...(options.skip && { skip: options.skip }),
    handler: (_req, _res, next) => {
      next(
        new VestibuleError({
          code: 'http.too_many_requests',
          status: 429,
          publicMessage:
            'Too many attempts from your network in a short time. Wait a little, then try again.',
          retryAfterSeconds: Math.ceil(windowMs / 1000),
        }),
      );
    },
  });
}

function counterStore(name: string, windowMs: number, counter: Counter): Store {
  const keyFor = (key: string): string => `rate:${name}:${key}`;
  return {
    localKeys: false,
    increment: async (key) => ({
      // Counting must never be the reason that nobody can sign in; what follows fails closed, and says so, by itself.
      totalHits: await counter.increment(keyFor(key), windowMs).catch(() => 1),
      resetTime: undefined,
    }),
    decrement: () => undefined,
    resetKey: (key) => counter.delete(keyFor(key)),
  };
}
