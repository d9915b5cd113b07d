import type { LogoutRun, Progress } from './run.ts';
import { type LogoutRuns, randomText } from './run-store.ts';

/** Reads and writes the two cookies that a logout is about, for one request. */
export interface BrowserCookies {
  /** Hash of the session token that the browser holds. */
  sessionTokenHash(): string | undefined;
  endSession(): void;
  logoutSecret(): string | undefined;
  setLogoutSecret(secret: string): void;
}

/**
 * Joins a run with the browser that follows it. The first browser to open it becomes the one; if it held one of the
 * ended sessions, relying parties may be asked through it: in another one, the question could sign out somebody
 * else there.
 *
 * @returns undefined for any other browser.
 */
export async function follow(
  run: LogoutRun,
  cookies: BrowserCookies,
  runs: LogoutRuns,
): Promise<Progress | undefined> {
  const held = cookies.sessionTokenHash();
  const isHeld = held !== undefined && run.tokens.includes(held);
  const secret = cookies.logoutSecret() ?? randomText();
  const bound = await runs.bind(run.handle, secret, isHeld);
  if (!bound) return undefined;
  cookies.setLogoutSecret(secret);
  if (isHeld) cookies.endSession();
  // Somebody signed in here since: relying parties may know this browser as theirs by now.
  const holdsAnother = held !== undefined && !isHeld;
  return runs.progress(run, bound.isHeld && !holdsAnother);
}
