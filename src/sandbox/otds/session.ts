import type { Request, Response } from 'express';
import type { DirectoryPerson } from '../cast.ts';
import { readCookie } from '../cookies.ts';
import type { Otds } from './server.ts';
import { type BrowserSession, randomToken } from './store.ts';

const COOKIE = 'OTDSSession';

export type SignedIn = { readonly session: BrowserSession; readonly person: DirectoryPerson };

/** The browser's session, unless it has ended or its person is gone or disabled. */
export function currentSession(otds: Otds, req: Request): SignedIn | undefined {
  const session = otds.store.sessions.get(readCookie(req, COOKIE) ?? '');
  if (!session || session.ends <= otds.needs.clock.now()) return undefined;
  const person = otds.needs.people.byUuid(session.uuid);
  return person && !person.disabled ? { session, person } : undefined;
}

/** Opens a new session with a new id; the browser's former one ends. */
export function openSession(otds: Otds, req: Request, res: Response, uuid: string): BrowserSession {
  otds.store.sessions.delete(readCookie(req, COOKIE) ?? '');
  const authTime = otds.needs.clock.now();
  const ends = new Date(authTime.getTime() + otds.switches.positions.sessionSeconds * 1_000);
  const session = {
    id: randomToken(),
    sid: randomToken(),
    uuid,
    authTime,
    ends,
    answered: new Set<string>(),
  };
  otds.store.sessions.set(session.id, session);
  res.cookie(COOKIE, session.id, { httpOnly: true, sameSite: 'lax', path: '/' });
  return session;
}

/** Ends the browser's session. @returns what it was. */
export function endSession(otds: Otds, req: Request, res: Response): BrowserSession | undefined {
  const id = readCookie(req, COOKIE) ?? '';
  const session = otds.store.sessions.get(id);
  otds.store.sessions.delete(id);
  res.clearCookie(COOKIE, { httpOnly: true, sameSite: 'lax', path: '/' });
  return session;
}
