import type { Request, Response } from 'express';
import type { DirectoryPerson } from '../cast.ts';
import { readCookie } from '../cookies.ts';
import type { AccessManager } from './server.ts';
import { type BrowserSession, randomToken } from './store.ts';

const COOKIE = 'nidpsession';

export type SignedIn = { readonly session: BrowserSession; readonly person: DirectoryPerson };

/** The browser's session, unless it has ended or its person is gone, disabled or no user of Access Manager any more. */
export function currentSession(am: AccessManager, req: Request): SignedIn | undefined {
  const session = am.store.sessions.get(readCookie(req, COOKIE) ?? '');
  if (!session || session.ends <= am.needs.clock.now()) return undefined;
  const person = am.needs.people.byUuid(session.uuid);
  return person?.inAccessManager && !person.disabled ? { session, person } : undefined;
}

export function openSession(am: AccessManager, req: Request, res: Response, uuid: string): BrowserSession {
  am.store.sessions.delete(readCookie(req, COOKIE) ?? '');
  const authTime = am.needs.clock.now();
  const ends = new Date(authTime.getTime() + am.switches.positions.sessionSeconds * 1_000);
  const session = { id: randomToken(), uuid, authTime, ends, participants: [] };
  am.store.sessions.set(session.id, session);
  res.cookie(COOKIE, session.id, { httpOnly: true, sameSite: 'lax', path: '/' });
  return session;
}

/** Ends the session. @returns what it was. */
export function endSession(am: AccessManager, req: Request, res: Response): BrowserSession | undefined {
  const id = readCookie(req, COOKIE) ?? '';
  const session = am.store.sessions.get(id);
  am.store.sessions.delete(id);
  res.clearCookie(COOKIE, { httpOnly: true, sameSite: 'lax', path: '/' });
  return session;
}
