import { randomText } from '../../../base/index.ts';
import type { Account, Membership, PanelUser } from '../account/account.ts';
import { userByEmail } from '../account/account.ts';
import { noteEntry } from '../account/by-hand.ts';

export const LOGIN_HOST = 'login.bigcommerce.localhost';
export const LOGIN_COOKIE = 'BC_LOGIN';
export const PANEL_COOKIE = 'BC_PANEL';

export const panelHost = (hash: string): string => `store-${hash}.mybigcommerce.localhost`;

/** Who is signed in at the sign-in page. */
export function signedIn(account: Account, cookie: string | undefined): PanelUser | undefined {
  const session = account.sessions.get(cookie ?? '');
  return session?.hash === null ? account.users.get(session.userId) : undefined;
}

/** @returns the cookie, or undefined for a wrong address or password; an invitation must have been accepted. */
export function signIn(account: Account, email: string, password: string): string | undefined {
  const user = userByEmail(account, email);
  // Before the invitation is accepted there is no password that fits.
  if (!user || user.password !== password) return undefined;
  const cookie = randomText();
  account.sessions.set(cookie, { userId: user.id, hash: null });
  return cookie;
}

export type PanelVisit = {
  readonly account: Account;
  readonly store: Account['stores'][number];
  readonly user: PanelUser;
  readonly membership: Membership;
};

/** Opens the control panel of a store for somebody: this is the sign-in that the API tells. */
export function enterPanel(account: Account, user: PanelUser, hash: string): string | undefined {
  const membership = user.stores.get(hash);
  if (!membership) return undefined;
  noteEntry(account, membership);
  const cookie = randomText();
  account.sessions.set(cookie, { userId: user.id, hash });
  return cookie;
}

/** Who is in the control panel of this store; nobody any more once they were removed from it. */
export function visitOf(account: Account, hash: string, cookie: string | undefined): PanelVisit | undefined {
  const session = account.sessions.get(cookie ?? '');
  const user = session?.hash === hash ? account.users.get(session.userId) : undefined;
  const membership = user?.stores.get(hash);
  const store = account.stores.find((each) => each.hash === hash);
  return user && membership && store ? { account, store, user, membership } : undefined;
}
