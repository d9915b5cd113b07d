import { timestamp } from '../api/answers.ts';
import { type Account, isActive, type Membership, type PanelUser } from './account.ts';
import { NO_PERMISSION } from './permissions.ts';

/** Ids of the Account API name what they are the id of. */
export const globalId = (kind: 'account' | 'user' | 'store' | 'app', id: string | number): string =>
  `bc/account/${kind}/${id}`;

/** The part after the kind; undefined when it is an id of something else. */
export function localId(kind: 'user' | 'store', id: unknown): string | undefined {
  const prefix = globalId(kind, '');
  return typeof id === 'string' && id.startsWith(prefix) ? id.slice(prefix.length) : undefined;
}

const NO_APPS = { edges: [] };

export type UserView = ReturnType<typeof userView>;

export function userView(user: PanelUser) {
  return {
    __typename: 'User',
    id: globalId('user', user.id),
    email: user.email,
    firstName: user.firstName,
    lastName: user.lastName,
    locale: user.locale,
  } as const;
}

export function storeUserView(account: Account, user: PanelUser, membership: Membership) {
  return {
    ...userView(user),
    __typename: 'StoreUser',
    lastLoginAt: membership.lastLoginAt && timestamp(membership.lastLoginAt),
    permissions: membership.permissions,
    status: isActive(user) ? 'ACTIVE' : account.turned().accountInvitedStatus,
    updatedAt: timestamp(membership.updatedAt),
    apps: NO_APPS,
  } as const;
}

export function storeView(store: Account['stores'][number]) {
  return {
    __typename: 'Store',
    id: globalId('store', store.hash),
    name: store.name,
    storeHash: store.hash,
    apps: NO_APPS,
  } as const;
}

export function accountView(account: Account) {
  return {
    __typename: 'Account',
    id: globalId('account', account.uuid),
    accountInfo: { name: account.name },
    apps: NO_APPS,
  } as const;
}

/** What somebody may do who was added and not given anything yet. */
export function freshPermissions(account: Account): readonly string[] {
  const { accountFreshPermissions: shown } = account.turned();
  if (shown === 'none') return [];
  return shown === 'once' ? [NO_PERMISSION] : [NO_PERMISSION, NO_PERMISSION];
}
