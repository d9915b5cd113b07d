import type { Request } from 'express';
import type { SessionId } from '../base/index.ts';
import type { Directory } from '../directory/index.ts';
import type { Upstreams } from '../federation/index.ts';
import type { Cookies } from '../platform/http/index.ts';
import type { Session, Sessions } from '../session/index.ts';
import { signedInBy } from './signed-in.ts';
import type { SignedIn } from './state.ts';

export const SESSION_COOKIE = 'session';

/** Finds out who is behind a request. Used by every room that has pages for people. */
export interface CurrentSession {
  token(req: Pick<Request, 'headers'>): string | undefined;
  /** Undefined when nobody is signed in, the session is over, or person or connection were switched off. */
  of(req: Pick<Request, 'headers'>): Promise<SignedIn | undefined>;
  /**
   * Which session this browser holds. It runs and its connection is there, but nobody asked about the person: for
   * comparing it to a session whose person is decided about anyhow.
   */
  idOf(req: Pick<Request, 'headers'>): Promise<SessionId | undefined>;
}

export function createCurrentSession(deps: {
  readonly cookies: Cookies;
  readonly sessions: Sessions;
  readonly directory: Directory;
  readonly upstreams: Pick<Upstreams, 'get'>;
}): CurrentSession {
  const token = (req: Pick<Request, 'headers'>): string | undefined => deps.cookies.read(req, SESSION_COOKIE);
  const running = async (req: Pick<Request, 'headers'>): Promise<Session | undefined> => {
    const held = token(req);
    const session = held === undefined ? undefined : await deps.sessions.find(held);
    // Whoever removes a connection does not trust it any more, nor what it vouched for.
    return session && deps.upstreams.get(session.connection) ? session : undefined;
  };
  return {
    token,
    idOf: async (req) => (await running(req))?.id,
    async of(req) {
      const session = await running(req);
      return session && (await signedInBy(session, deps.directory));
    },
  };
}
