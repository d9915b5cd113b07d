import type { Request, Response } from 'express';
import { isObject } from './read.ts';
import type { Scim } from './scim.ts';

const KEPT = 1_000;

/** Remembers what was asked and how it ended: names of what a PATCH touches, never values. */
export function recordRequest(scim: Scim, req: Request, res: Response): void {
  const at = scim.clock.now().toISOString();
  const { method, path } = req;
  const query = req.originalUrl.split('?')[1] ?? '';
  const ifMatch = req.get('if-match');
  const operations = operationsOf(req.body);
  const { requests } = scim.directory();
  res.once('finish', () => {
    requests.push({
      ...{ at, method, path, query, status: res.statusCode },
      ...(ifMatch !== undefined && { ifMatch }),
      ...(operations && { operations }),
    });
    if (requests.length > KEPT) requests.shift();
  });
}

function operationsOf(body: unknown): readonly string[] | undefined {
  const given: unknown = isObject(body) ? (body['Operations'] ?? body['operations']) : undefined;
  if (!Array.isArray(given)) return undefined;
  return given.map((each: unknown) => {
    if (!isObject(each)) return '?';
    const value = each['value'];
    return `${String(each['op'])} ${String(each['path'] ?? (isObject(value) ? Object.keys(value).join(',') : ''))}`;
  });
}
