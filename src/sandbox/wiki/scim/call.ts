import type { Request, Response } from 'express';
import type { Entry } from './directory.ts';
import { bad, ScimProblem } from './problem.ts';
import { isObject } from './read.ts';
import { typeOf } from './resource-type.ts';
import type { Scim } from './scim.ts';
import { fullView, locationOf, readWanted, select, versionOf } from './view.ts';

/** The query of a request, each parameter once. */
export function queryOf(req: Request): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(req.query).map(([name, value]) => [name, typeof value === 'string' ? value : undefined]),
  );
}

/** A search by POST (RFC 7644 3.4.3) says the same as a query. @throws ScimProblem */
export function searchOf(req: Request): Readonly<Record<string, string | undefined>> {
  if (!isObject(req.body)) throw bad('invalidSyntax', 'The body is no JSON object.');
  return Object.fromEntries(
    Object.entries(req.body).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : String(value),
    ]),
  );
}

export function sendJson(res: Response, status: number, body: object): void {
  res.status(status).set('content-type', 'application/scim+json; charset=utf-8').end(JSON.stringify(body));
}

/** One resource with its address and ETag. */
export function sendEntry(scim: Scim, req: Request, res: Response, status: number, entry: Entry): void {
  const body = select(typeOf(entry.kind), fullView(scim, entry), readWanted(queryOf(req)));
  setTag(scim, res, entry);
  res.set(status === 201 ? 'location' : 'content-location', locationOf(scim, entry));
  sendJson(res, status, body);
}

export function setTag(scim: Scim, res: Response, entry: Entry): void {
  if (scim.positions().scimEtags === 'present') res.set('etag', versionOf(entry));
}

/** `If-Match` (RFC 7644 3.14), compared weakly. @throws ScimProblem 412 */
export function checkVersion(scim: Scim, req: Request, entry: Entry): void {
  const wanted = req.get('if-match');
  if (wanted === undefined || scim.positions().scimEtags === 'absent') return;
  if (!isNamed(wanted, entry)) {
    throw new ScimProblem(412, undefined, 'The resource was changed since it was read.');
  }
}

/** Whether the client has this version already (`If-None-Match`). */
export function isUnchanged(scim: Scim, req: Request, entry: Entry): boolean {
  const known = req.get('if-none-match');
  return known !== undefined && scim.positions().scimEtags === 'present' && isNamed(known, entry);
}

function isNamed(header: string, entry: Entry): boolean {
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((tag) => opaque(tag) === opaque(versionOf(entry)));
}
