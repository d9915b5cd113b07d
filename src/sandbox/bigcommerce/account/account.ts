import { type Clock, randomText } from '../../../base/index.ts';
import { DEMO_PASSWORD } from '../../cast.ts';
import type { AccountSeed } from './seeds.ts';
import type { AccountPositions } from './switches.ts';

/** Somebody's place in the control panel of one store. */
export type Membership = {
  permissions: readonly string[];
  /** The owner of the store: one, and nobody can remove them. */
  readonly isOwner: boolean;
  lastLoginAt: Date | null;
  updatedAt: Date;
};

/** One person with a mail address who may enter control panels of the account. */
export type PanelUser = {
  readonly id: number;
  readonly email: string;
  firstName: string | null;
  lastName: string | null;
  locale: string;
  /** Kept in clear: this is a sandbox. Null until the invitation is accepted. */
  password: string | null;
  /** What the invitation's link carries. */
  readonly invitation: string;
  /** By store hash. */
  readonly stores: Map<string, Membership>;
};

export type AccountToken = AccountSeed['tokens'][number] & { revoked: boolean };

/** A message that the control panel sent. */
export type Mail = {
  readonly at: Date;
  readonly to: string;
  readonly subject: string;
  readonly link: string;
};

export type AccountCall = {
  readonly at: Date;
  readonly token: string | null;
  readonly operation: string | null;
  status: number;
};

/** One customer of BigCommerce with all stores; the Account API and the control panel look at it. */
export type Account = {
  readonly uuid: string;
  readonly name: string;
  readonly owner: string;
  readonly stores: readonly { readonly hash: string; readonly id: string; readonly name: string }[];
  readonly users: Map<number, PanelUser>;
  readonly tokens: AccountToken[];
  readonly mails: Mail[];
  readonly calls: AccountCall[];
  /** Cookie to user, of the control panel. */
  readonly sessions: Map<string, { readonly userId: number; readonly hash: string | null }>;
  window: { endsAt: number; used: number };
  now(): Date;
  turned(): AccountPositions;
  nextId(): number;
  keepIdsAbove(id: number): void;
};

export function createAccount(
  seed: AccountSeed,
  needs: { readonly clock: Clock; turned(): AccountPositions },
): Account {
  let lastId = 41_000;
  const account: Account = {
    uuid: seed.uuid,
    name: seed.name,
    owner: seed.owner,
    stores: seed.stores,
    users: new Map(),
    tokens: seed.tokens.map((token) => ({ ...token, revoked: false })),
    mails: [],
    calls: [],
    sessions: new Map(),
    window: { endsAt: 0, used: 0 },
    now: () => needs.clock.now(),
    turned: needs.turned,
    nextId: () => {
      lastId += 1;
      return lastId;
    },
    keepIdsAbove: (id) => {
      lastId = Math.max(lastId, id);
    },
  };
  for (const user of seed.users) addSeeded(account, user);
  return account;
}

function addSeeded(account: Account, seed: AccountSeed['users'][number]): void {
  const began = new Date('2024-05-14T09:34:00Z');
  const stores = seed.stores.map(({ hash, permissions, lastLoginAt }): [string, Membership] => [
    hash,
    {
      permissions,
      isOwner: seed.email === account.owner,
      lastLoginAt: lastLoginAt === null ? null : new Date(lastLoginAt),
      updatedAt: began,
    },
  ]);
  account.users.set(seed.id, {
    id: seed.id,
    email: seed.email,
    firstName: seed.firstName,
    lastName: seed.lastName,
    locale: 'en-GB',
    password: DEMO_PASSWORD,
    invitation: randomText(),
    stores: new Map(stores),
  });
}

export function userByEmail(account: Account, email: string): PanelUser | undefined {
  const wanted = email.trim().toLowerCase();
  return [...account.users.values()].find((user) => user.email.toLowerCase() === wanted);
}

/** Somebody new, without a store; a mail invites them. */
export function inviteUser(account: Account, email: string): PanelUser {
  const user: PanelUser = {
    id: account.nextId(),
    email,
    firstName: null,
    lastName: null,
    locale: 'en-US',
    password: null,
    invitation: randomText(),
    stores: new Map(),
  };
  account.users.set(user.id, user);
  account.mails.push({
    at: account.now(),
    to: email,
    subject: `You have been invited to ${account.name}`,
    link: `/invitations/${user.invitation}`,
  });
  return user;
}

/** Makes somebody a user of a store, or leaves them as they are. */
export function joinStore(
  account: Account,
  user: PanelUser,
  hash: string,
  permissions: readonly string[],
): void {
  if (user.stores.has(hash)) return;
  user.stores.set(hash, { permissions, isOwner: false, lastLoginAt: null, updatedAt: account.now() });
}

export function leaveStore(account: Account, user: PanelUser, hash: string): void {
  user.stores.delete(hash);
  endSessions(account, user.id, hash);
}

export function leaveAccount(account: Account, user: PanelUser): void {
  account.users.delete(user.id);
  endSessions(account, user.id);
}

/** Sessions of the store, or all of them; without a store the session is that of the sign-in page. */
function endSessions(account: Account, userId: number, hash?: string): void {
  for (const [cookie, session] of account.sessions) {
    if (session.userId === userId && (hash === undefined || session.hash === hash)) {
      account.sessions.delete(cookie);
    }
  }
}

/** Whether the invitation was accepted. */
export function isActive(user: PanelUser): boolean {
  return user.password !== null;
}
