import { timestamp } from '../api/answers.ts';
import type { FieldDefinition, Schema } from '../graphql/index.ts';
import type { Account, AccountToken } from './account.ts';
import { addUserToAccount, addUserToStore, removeUserFromAccount, removeUserFromStore } from './mutations.ts';
import { connection, PAGE_ARGUMENTS } from './paging.ts';
import { accountView, localId, storeUserView, storeView, userView } from './views.ts';

export type AccountContext = { readonly account: Account; readonly token: AccountToken };
type Field = FieldDefinition<AccountContext>;
type Objects = Schema<AccountContext>['objects'];

const ACCOUNT = ['account_read'];
const STORES = ['account_stores_read'];
const APPS = ['account_apps_read'];
const USERS = ['account_users_read'];
const WRITE = ['account_users_write'];
const DELETE = ['account_users_delete'];

const USER: Readonly<Record<string, Field>> = {
  id: { type: 'ID!' },
  email: { type: 'String!' },
  firstName: { type: 'String' },
  lastName: { type: 'String' },
  locale: { type: 'String' },
};

const queries: Objects = {
  Query: {
    account: { type: 'Account!', scopes: ACCOUNT, resolve: (_, __, { account }) => accountView(account) },
    node: { type: 'Node', args: { id: 'ID!' }, resolve: (_, { id }, { account }) => node(account, id) },
    nodes: {
      type: '[Node]!',
      args: { ids: '[ID!]!' },
      resolve: (_, { ids }, { account }) => [ids].flat().map((id) => node(account, id)),
    },
    system: { type: 'System!', resolve: (_, __, { account }) => ({ time: timestamp(account.now()) }) },
  },
  System: { time: { type: 'DateTime' } },
  Account: {
    id: { type: 'ID!' },
    accountInfo: { type: 'AccountInfo!' },
    users: {
      type: 'UserConnection!',
      args: PAGE_ARGUMENTS,
      scopes: USERS,
      resolve: (_, args, { account }) =>
        connection([...account.users.values()].map(userView), args, account.turned()),
    },
    stores: {
      type: 'StoreConnection!',
      args: PAGE_ARGUMENTS,
      scopes: STORES,
      resolve: (_, args, { account }) => connection(account.stores.map(storeView), args, account.turned()),
    },
    apps: { type: 'AppsConnection!', scopes: APPS },
  },
  AccountInfo: { name: { type: 'String' } },
  User: USER,
  Store: {
    id: { type: 'ID!' },
    name: { type: 'String' },
    storeHash: { type: 'String' },
    users: {
      type: 'StoreUserConnection!',
      args: PAGE_ARGUMENTS,
      scopes: USERS,
      resolve: (store: { readonly storeHash: string }, args, { account }) =>
        connection(storeUsers(account, store.storeHash), args, account.turned()),
    },
    apps: { type: 'AppsConnection!', scopes: APPS },
  },
  StoreUser: {
    ...USER,
    lastLoginAt: { type: 'DateTime' },
    permissions: { type: '[String!]!' },
    status: { type: 'String' },
    updatedAt: { type: 'DateTime' },
    apps: { type: 'AppsConnection' },
  },
  App: { id: { type: 'ID!' }, name: { type: 'String' } },
  PageInfo: {
    hasNextPage: { type: 'Boolean!' },
    hasPreviousPage: { type: 'Boolean!' },
    startCursor: { type: 'String' },
    endCursor: { type: 'String' },
  },
  CollectionInfo: { totalItems: { type: 'Int' } },
  ...connectionTypes('UserConnection', 'UserEdge', 'User'),
  ...connectionTypes('StoreConnection', 'StoreEdge', 'Store'),
  ...connectionTypes('StoreUserConnection', 'StoreUserEdge', 'StoreUser'),
  ...connectionTypes('AppsConnection', 'AppEdge', 'App'),
};

const input = (type: string) => ({ input: `${type}!` });

/** There is no mutation for permissions, roles, names or status: that is done by hand. */
const mutations: Objects = {
  Mutation: {
    account: { type: 'AccountMutations!', resolve: () => ({}) },
    user: { type: 'UserMutations!', resolve: () => ({}) },
  },
  AccountMutations: {
    addUserToAccount: {
      type: 'AddUserToAccountResult',
      args: input('AddUserToAccountInput'),
      scopes: WRITE,
      resolve: (_, args, { account }) => addUserToAccount(account, args),
    },
    removeUserFromAccount: {
      type: 'RemoveUserFromAccountResult',
      args: input('RemoveUserFromAccountInput'),
      scopes: DELETE,
      resolve: (_, args, { account }) => removeUserFromAccount(account, args),
    },
  },
  UserMutations: {
    addUserToStore: {
      type: 'AddUserToStoreResult',
      args: input('AddUserToStoreInput'),
      scopes: WRITE,
      resolve: (_, args, { account }) => addUserToStore(account, args),
    },
    removeUserFromStore: {
      type: 'RemoveUserFromStoreResult',
      args: input('RemoveUserFromStoreInput'),
      scopes: DELETE,
      resolve: (_, args, { account }) => removeUserFromStore(account, args),
    },
  },
  AddUserToAccountResult: { account: { type: 'Account' } },
  RemoveUserFromAccountResult: { accountId: { type: 'ID!' }, userId: { type: 'ID!' } },
  AddUserToStoreResult: { storeId: { type: 'ID!' } },
  RemoveUserFromStoreResult: { storeId: { type: 'ID!' }, user: { type: 'User' } },
};

export const accountSchema: Schema<AccountContext> = {
  query: 'Query',
  mutation: 'Mutation',
  objects: { ...queries, ...mutations },
  interfaces: { Node: { id: 'ID!' } },
  inputs: {
    AddUserToAccountInput: { email: 'String!' },
    RemoveUserFromAccountInput: { email: 'String!' },
    UserReferenceInput: { id: 'ID', email: 'String' },
    AddUserToStoreInput: { user: 'UserReferenceInput!', storeId: 'ID!' },
    RemoveUserFromStoreInput: { userId: 'ID!', storeId: 'ID!' },
  },
  mayRead: ({ token }, scopes) => scopes.some((scope) => token.scopes.includes(scope)),
};

function connectionTypes(name: string, edge: string, of: string): Objects {
  return {
    [name]: {
      edges: { type: `[${edge}!]` },
      pageInfo: { type: 'PageInfo' },
      collectionInfo: { type: 'CollectionInfo' },
    },
    [edge]: { node: { type: `${of}!` }, cursor: { type: 'String' } },
  };
}

function storeUsers(account: Account, hash: string) {
  return [...account.users.values()].flatMap((user) => {
    const membership = user.stores.get(hash);
    return membership ? [storeUserView(account, user, membership)] : [];
  });
}

/** Whatever has this id; null for an id of nothing. */
function node(account: Account, id: unknown): object | null {
  const user = account.users.get(Number(localId('user', id)));
  if (user) return userView(user);
  const store = account.stores.find(({ hash }) => hash === localId('store', id));
  if (store) return storeView(store);
  return accountView(account).id === id ? accountView(account) : null;
}
