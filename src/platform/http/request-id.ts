import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestHandler } from 'express';
import { newId } from '../../base/index.ts';

const current = new AsyncLocalStorage<string>();

/** Reference id of the request being served: shown on error pages, found in the log. Always our own, never a header's. */
export function requestId(): string | undefined {
  return current.getStore();
}

export const assignRequestId: RequestHandler = (_req, res, next) => {
  const id = newId('ref');
  res.setHeader('X-Request-Id', id);
  current.run(id, next);
};
