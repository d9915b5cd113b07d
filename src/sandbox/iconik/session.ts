import type { Request, Response } from 'express';
import { readCookie } from '../cookies.ts';
import type { Assertion } from '../saml/assertion.ts';
import type { Trust } from './identity-providers.ts';
import { iconikDate, type User } from './model.ts';
import type { Iconik } from './server.ts';
import { randomToken, type WebSession } from './store.ts';
import { putIntoIndex } from './users.ts';

const COOKIE = 'iconik_session';
const COOKIE_OPTIONS = { httpOnly: true, sameSite: 'lax', path: '/' } as const;

export type SignedIn = { readonly session: WebSession; readonly user: User };

export function currentSession(iconik: Iconik, req: Request): SignedIn | undefined {
  const session = iconik.store.sessions.get(readCookie(req, COOKIE) ?? '');
  const user = session && iconik.store.users.get(session.userId);
  if (!session || !user || session.ends <= iconik.needs.clock.now()) return undefined;
  const survives = iconik.switches.positions.deactivatedUser === 'session-survives';
  return user.status === 'ACTIVE' || survives ? { session, user } : undefined;
}

type Visit = {
  readonly iconik: Iconik;
  readonly trust: Trust;
  readonly req: Request;
  readonly res: Response;
};

export function openSession({ iconik, trust, req, res }: Visit, user: User, assertion: Assertion): void {
  const { needs, store, switches } = iconik;
  store.sessions.delete(readCookie(req, COOKIE) ?? '');
  const now = needs.clock.now();
  const own = now.getTime() + switches.positions.sessionHours * 3_600_000;
  const theirs = assertion.authn?.sessionNotOnOrAfter?.getTime();
  const honoured = switches.positions.sessionNotOnOrAfter === 'honoured' && theirs !== undefined;
  const session: WebSession = {
    id: randomToken(),
    userId: user.id,
    identityProviderId: trust.record.id,
    nameId: assertion.nameId?.value ?? '',
    nameIdFormat: assertion.nameId?.format ?? '',
    sessionIndex: assertion.authn?.sessionIndex,
    ends: new Date(honoured ? Math.min(own, theirs) : own),
  };
  store.sessions.set(session.id, session);
  user.last_web_login = iconikDate(now);
  user.last_successful_auth = iconikDate(now);
  putIntoIndex(iconik, 'users', user);
  res.cookie(COOKIE, session.id, COOKIE_OPTIONS);
}

/** Ends the browser's session. @returns what it was. */
export function endSession(iconik: Iconik, req: Request, res: Response): WebSession | undefined {
  const id = readCookie(req, COOKIE) ?? '';
  const session = iconik.store.sessions.get(id);
  iconik.store.sessions.delete(id);
  res.clearCookie(COOKIE, COOKIE_OPTIONS);
  return session;
}

/** Ends the sessions that the identity provider names. @returns how many there were. */
export function endNamedSessions(
  { store }: Iconik,
  nameId: string,
  sessionIndexes: readonly string[],
): number {
  const meant = [...store.sessions.values()].filter(
    (session) =>
      session.nameId === nameId &&
      (sessionIndexes.length === 0 || sessionIndexes.includes(session.sessionIndex ?? '')),
  );
  for (const { id } of meant) store.sessions.delete(id);
  return meant.length;
}
