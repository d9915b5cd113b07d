import { type AccessLog, accessEvents } from '../access-log/index.ts';
import { type LoginId, newId } from '../base/index.ts';
import type { SignedIn } from '../login/index.ts';
import type { Registry } from '../relying-parties/index.ts';
import type { Sessions } from '../session/index.ts';

/** What became of one relying party's own session. Nothing is called ended unless confirmed (R3.4). */
export type PartyResult = {
  readonly title: string;
  readonly state: 'confirmed' | 'sent' | 'no-answer' | 'not-supported' | 'still-open';
  readonly text: string;
  readonly href: string | null;
};

export type SignOutDeps = {
  readonly sessions: Sessions;
  readonly registry: Registry;
  readonly accessLog: AccessLog;
  /** Where the person can end a relying party's own session by hand, if there is such a place. */
  readonly signOutUrlOf: (relyingParty: string) => URL | undefined;
};

/**
 * Ends the session and says per relying party what that did to it. The session is over first; then it is recorded;
 * then the answer leaves.
 */
export async function signOut(
  signedIn: SignedIn,
  origin: { address: string; userAgent: string },
  deps: SignOutDeps,
): Promise<readonly PartyResult[]> {
  const { session, person } = signedIn;
  const thread: LoginId = newId('lgn');
  const ended = await deps.sessions.end(person.id, session.id, 'signed-out');
  const entered = ended?.entered ?? [];
  const about = { thread, personId: person.id, session: session.id };
  await Promise.all([
    deps.accessLog.append(
      accessEvents.logoutStarted({ ...about, facts: { by: 'person' }, personal: origin }),
    ),
    // Whoever ended it a moment ago has recorded that.
    ...(ended
      ? [
          deps.accessLog.append(
            accessEvents.sessionEnded({
              ...about,
              facts: { reason: 'logout', by: 'person', relyingParties: entered },
            }),
          ),
        ]
      : []),
    deps.accessLog.append(
      accessEvents.logoutFinished({ ...about, facts: { confirmed: [], unconfirmed: entered } }),
    ),
  ]);
  return entered.map((id) => resultFor(id, deps));
}

function resultFor(id: string, deps: SignOutDeps): PartyResult {
  const title = deps.registry.relyingParty(id)?.title ?? id;
  const url = deps.signOutUrlOf(id);
  if (!url) {
    return {
      title,
      state: 'not-supported',
      text: 'It cannot be signed out from here. Close its tabs, or sign out there.',
      href: null,
    };
  }
  return {
    title,
    state: 'still-open',
    text: 'Its own sign-in may still be open in this browser. The store cannot be told from here, but this link signs you out there.',
    href: url.href,
  };
}
