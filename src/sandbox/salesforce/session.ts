import type { Request, Response } from 'express';
import { readCookie } from '../cookies.ts';
import { makeId } from './api/ids.ts';
import type { Salesforce } from './server.ts';
import { nextSerial, randomToken, type WebSession } from './store.ts';
import { isFrozen, type User, userById } from './users.ts';

const SESSION = 'sid';
const BROWSER = 'sfdc_lv2_platform';
const OPTIONS = { httpOnly: true, sameSite: 'lax', path: '/' } as const;

export type SignedIn = { readonly session: WebSession; readonly user: User };

export function currentSession(salesforce: Salesforce, req: Request): SignedIn | undefined {
  const session = salesforce.store.sessions.get(readCookie(req, SESSION) ?? '');
  const user = session && userById(salesforce.store, session.userId);
  if (!session || !user || session.ends <= salesforce.needs.clock.now()) return undefined;
  const survives = salesforce.switches.positions.deactivatedUser === 'session-survives';
  return (user.IsActive && !isFrozen(salesforce.store, user.Id)) || survives ? { session, user } : undefined;
}

export function openSession(
  salesforce: Salesforce,
  req: Request,
  res: Response,
  facts: Omit<WebSession, 'id' | 'recordId' | 'created' | 'ends'>,
): void {
  const { needs, store, switches } = salesforce;
  store.sessions.delete(readCookie(req, SESSION) ?? '');
  const created = needs.clock.now();
  const ends = new Date(created.getTime() + switches.positions.sessionHours * 3_600_000);
  const recordId = makeId('AuthSession', nextSerial(store));
  const session = { ...facts, id: randomToken(), recordId, created, ends };
  store.sessions.set(session.id, session);
  res.cookie(SESSION, session.id, OPTIONS);
}

/** Ends the browser's session. @returns what it was. */
export function endSession(salesforce: Salesforce, req: Request, res: Response): WebSession | undefined {
  const id = readCookie(req, SESSION) ?? '';
  const session = salesforce.store.sessions.get(id);
  salesforce.store.sessions.delete(id);
  res.clearCookie(SESSION, OPTIONS);
  return session;
}

/** Ends the sessions that the identity provider names. */
export function endNamedSessions(
  { store }: Salesforce,
  nameId: string,
  sessionIndexes: readonly string[],
): void {
  for (const session of store.sessions.values()) {
    const named = sessionIndexes.length === 0 || sessionIndexes.includes(session.sessionIndex ?? '');
    if (session.nameId === nameId && named) store.sessions.delete(session.id);
  }
}

/** Whether this user has activated this browser before. */
export function isActivated({ store }: Salesforce, req: Request, user: User): boolean {
  return store.activated.get(readCookie(req, BROWSER) ?? '')?.has(user.Id) ?? false;
}

/** The browser is known for a year. */
export function activate({ store }: Salesforce, req: Request, res: Response, userId: string): void {
  const known = readCookie(req, BROWSER) ?? '';
  const id = store.activated.has(known) ? known : randomToken();
  store.activated.set(id, (store.activated.get(id) ?? new Set()).add(userId));
  res.cookie(BROWSER, id, { ...OPTIONS, maxAge: 365 * 86_400_000 });
}
