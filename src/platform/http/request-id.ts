import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestHandler, Response } from 'express';
import { newId } from '../../base/index.ts';

const current = new AsyncLocalStorage<{ id: string }>();

/** Reference id of the request being served: shown on error pages, found in the log. Always our own, never a header's. */
export function requestId(): string | undefined {
  return current.getStore()?.id;
}

/** From here on the request goes by the id of the thread it belongs to, so that page, log and access log agree. */
export function adoptRequestId(res: Response, id: string): void {
  const store = current.getStore();
  if (store) store.id = id;
  if (!res.headersSent) res.setHeader('X-Request-Id', id);
}

export const assignRequestId: RequestHandler = (_req, res, next) => {
  const id = newId('ref');
  res.setHeader('X-Request-Id', id);
  current.run({ id }, next);
};
