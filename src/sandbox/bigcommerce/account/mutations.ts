import { Refused } from '../graphql/index.ts';
import {
  type Account,
  inviteUser,
  joinStore,
  leaveAccount,
  leaveStore,
  type PanelUser,
  userByEmail,
} from './account.ts';
import { accountView, freshPermissions, globalId, localId, userView } from './views.ts';

type Args = Readonly<Record<string, unknown>>;
type Input = Readonly<Record<string, unknown>>;

/** BigCommerce docs, Account API: adds by mail address, with a mail that invites. */
export function addUserToAccount(account: Account, args: Args): object {
  const email = emailOf(account, inputOf(args)['email']);
  const isThere = userByEmail(account, email) !== undefined;
  if (isThere && account.turned().accountAddAgain === 'refused') {
    throw refuse(account, 'ALREADY_EXISTS', `The user ${email} is already part of the account.`);
  }
  if (!isThere) inviteUser(account, email);
  return { account: accountView(account) };
}

export function removeUserFromAccount(account: Account, args: Args): object {
  const email = emailOf(account, inputOf(args)['email']);
  const user = userByEmail(account, email);
  if (!user) throw refuse(account, 'NOT_FOUND', `The user ${email} was not found in the account.`);
  keepOwner(account, user);
  if (user.stores.size > 0 && account.turned().accountRemovalWithStores === 'refused') {
    throw refuse(account, 'INVALID', `The user ${email} still has access to stores.`);
  }
  leaveAccount(account, user);
  return { accountId: globalId('account', account.uuid), userId: globalId('user', user.id) };
}

/** The user is named by id, who must be part of the account, or by mail address. New users have no rights. */
export function addUserToStore(account: Account, args: Args): object {
  const input = inputOf(args);
  const { hash } = storeOf(account, input['storeId']);
  const user = referencedUser(account, input['user'] as Input);
  if (user.stores.has(hash) && account.turned().accountAddAgain === 'refused') {
    throw refuse(account, 'ALREADY_EXISTS', `The user ${user.email} already has access to the store.`);
  }
  joinStore(account, user, hash, freshPermissions(account));
  return { storeId: globalId('store', hash) };
}

export function removeUserFromStore(account: Account, args: Args): object {
  const input = inputOf(args);
  const { hash } = storeOf(account, input['storeId']);
  const user = userById(account, input['userId']);
  const membership = user.stores.get(hash);
  if (!membership && account.turned().accountRemoveAgain === 'refused') {
    throw refuse(account, 'NOT_FOUND', `The user ${user.email} has no access to the store.`);
  }
  if (membership?.isOwner) keepOwner(account, user);
  leaveStore(account, user, hash);
  const view = userView(user);
  const isHomeless = membership !== undefined && user.stores.size === 0;
  if (isHomeless && account.turned().accountLastStore === 'leaves-account') leaveAccount(account, user);
  return { storeId: globalId('store', hash), user: view };
}

function referencedUser(account: Account, reference: Input): PanelUser {
  const { id, email } = reference;
  if ((id === undefined || id === null) === (email === undefined || email === null)) {
    throw refuse(account, 'INVALID', 'A user is referenced by id or by email.');
  }
  if (typeof id === 'string') return userById(account, id);
  const address = emailOf(account, email);
  const user = userByEmail(account, address);
  if (!user && account.turned().accountAddByEmail === 'refused') {
    throw refuse(account, 'NOT_FOUND', `The user ${address} was not found in the account.`);
  }
  return user ?? inviteUser(account, address);
}

export function userById(account: Account, id: unknown): PanelUser {
  const user = account.users.get(Number(localId('user', id)));
  if (!user) throw refuse(account, 'NOT_FOUND', `No user was found with the id ${String(id)}.`);
  return user;
}

function storeOf(account: Account, id: unknown): Account['stores'][number] {
  const store = account.stores.find(({ hash }) => hash === localId('store', id));
  if (!store) throw refuse(account, 'NOT_FOUND', `No store was found with the id ${String(id)}.`);
  return store;
}

function keepOwner(account: Account, user: PanelUser): void {
  if (user.email !== account.owner) return;
  throw refuse(account, 'FORBIDDEN', 'The owner of a store cannot be removed.');
}

function emailOf(account: Account, email: unknown): string {
  const address = String(email);
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(address) && address.length <= 255) return address;
  throw refuse(account, 'INVALID', `${address} is not a valid email address.`);
}

function inputOf(args: Args): Input {
  return args['input'] as Input;
}

function refuse(account: Account, code: string, message: string): Refused {
  return account.turned().accountErrorCodes === 'present'
    ? new Refused(message, { code })
    : new Refused(message);
}
