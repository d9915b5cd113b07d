import type { Request, Response } from 'express';
import { readCookie } from '../cookies.ts';
import type { SystemNeeds } from '../frame/system.ts';
import { isOver } from './account.ts';
import type { Directory } from './scim/index.ts';
import { randomToken, type WebSession, type WikiStore } from './store.ts';
import type { WikiSwitches } from './switches.ts';

/** What every part of the application works with. Store and directory are replaced by a reset. */
export type Wiki = {
  readonly needs: SystemNeeds;
  readonly switches: WikiSwitches;
  store: WikiStore;
  directory: Directory;
};

export const HOST = 'wiki';
const SESSION = 'wiki_session';
const BROWSER = 'wiki_browser';
const OPTIONS = { httpOnly: true, sameSite: 'lax', path: '/' } as const;

export const CALLBACK = '/callback';
export const SIGNED_OUT = '/signed-out';

export function currentSession(wiki: Wiki, req: Request): WebSession | undefined {
  const session = wiki.store.sessions.get(readCookie(req, SESSION) ?? '');
  if (!session || !isOver(wiki, session)) return session;
  wiki.store.sessions.delete(session.id);
  return undefined;
}

export function openSession(
  { store }: Wiki,
  req: Request,
  res: Response,
  facts: Omit<WebSession, 'id'>,
): void {
  store.sessions.delete(readCookie(req, SESSION) ?? '');
  const session = { ...facts, id: randomToken() };
  store.sessions.set(session.id, session);
  res.cookie(SESSION, session.id, OPTIONS);
}

export function endSession({ store }: Wiki, req: Request, res: Response): WebSession | undefined {
  const id = readCookie(req, SESSION) ?? '';
  const session = store.sessions.get(id);
  store.sessions.delete(id);
  res.clearCookie(SESSION, OPTIONS);
  return session;
}

/** Names the browser, so that only the one that began a sign-in can finish it. */
export function browserOf(req: Request, res: Response): string {
  const known = readCookie(req, BROWSER);
  if (known !== undefined) return known;
  const id = randomToken();
  res.cookie(BROWSER, id, OPTIONS);
  return id;
}

export function isSameBrowser(req: Request, id: string): boolean {
  return readCookie(req, BROWSER) === id;
}

/** Texts of a switch with commas, or what the wiki does by itself. */
export function storesOf({ switches }: Wiki): readonly string[] {
  const { stores } = switches.positions;
  return (stores ?? 'store-emea, store-na')
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
}

/** The broker's name for a store as audience of tokens (RFC 8707). */
export const resourceOf = (store: string): string => (store.includes(':') ? store : `urn:vestibule:${store}`);
