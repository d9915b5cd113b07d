import type { z } from 'zod';
import type { Permission } from './config.ts';
import * as schema from './schema.ts';

/** Objects that permissions are given on. The second is about what is inside a collection, now and later. */
export const ACL_TYPES = ['collections', '_propagating_collections'] as const;
export type AclType = (typeof ACL_TYPES)[number];

/** The kinds of lists that memberships come from. */
export type GroupKind = 'groups' | 'teams' | 'role_groups';

/** What may be written of a user: never a right to administer, never DELETED. */
export type UserChange = {
  readonly email?: string;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly type?: string;
  readonly status?: 'ACTIVE' | 'INACTIVE';
  readonly groups?: readonly string[];
  readonly primary_group?: string;
  readonly teams?: readonly string[];
  readonly primary_team?: string;
  readonly role_groups?: readonly string[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly password?: string;
};
export type NewUser = UserChange & {
  readonly email: string;
  readonly first_name: string;
  readonly type: string;
};

export type ProviderBody = {
  readonly type: 'GENERIC';
  readonly settings: Readonly<Record<string, unknown>>;
  readonly verbose_logging: boolean;
};

declare const made: unique symbol;
/** One request, made only by the functions below, with the shape of its answer. */
export type IconikCall<T> = {
  readonly [made]: T;
  readonly verb: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/API`; always ends in a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object | string;
  readonly answer: z.ZodType<T>;
  /** A POST that only asks. */
  readonly reads?: true;
};

type Parts<T> = Omit<IconikCall<T>, typeof made>;
const call = <T>(parts: Parts<T>): IconikCall<T> => parts as IconikCall<T>;
const get = <T>(
  path: string,
  answer: z.ZodType<T>,
  query?: Readonly<Record<string, string>>,
): IconikCall<T> => call({ verb: 'GET', path, answer, ...(query && { query }) });

/** Ids go into paths, and an empty or strange one would name something else. */
function id(value: string): string {
  if (/^[A-Za-z0-9-]{1,64}$/.test(value)) return value;
  throw new TypeError('not an id of iconik');
}

const page = (number: number, size: number): Readonly<Record<string, string>> => ({
  page: String(number),
  per_page: String(size),
});
/** Entries with long lists of roles must fit into one answer. */
export const GROUPS_PER_PAGE = 100;
export const ENTRIES_PER_PAGE = 200;

const users = '/users/v1/users/';
const user = (userId: string): string => `${users}${id(userId)}/`;

/** Everything about users and who is where. There is no way to delete a user or a group. */
export const userCalls = {
  read: (userId: string) => get(user(userId), schema.User),
  /** From the search index, which may be behind the records. */
  withMail: (mail: string) => get(users, schema.pageOf(schema.User), { email: mail, ...page(1, 50) }),
  deletedWithMail: (mail: string) =>
    get(users, schema.pageOf(schema.User), { email: mail, status: 'DELETED', ...page(1, 50) }),
  list: (number: number) =>
    get(users, schema.pageOf(schema.User), { sort: 'date_created,asc', ...page(number, ENTRIES_PER_PAGE) }),
  create: (body: NewUser) => call({ verb: 'POST', path: users, body, answer: schema.User }),
  change: (userId: string, body: UserChange) =>
    call({ verb: 'PATCH', path: user(userId), body, answer: schema.User }),
  bind: (userId: string, body: { readonly email: string; readonly identity_provider_id: string }) =>
    call({ verb: 'PUT', path: `${user(userId)}saml/`, body, answer: schema.User }),
  current: () => get('/users/v1/users/current/', schema.User),
  currentRoles: () => get('/users/v1/users/current/roles/', schema.Roles),
} as const;

const member = (groupId: string, userId: string): string =>
  `/users/v1/groups/${id(groupId)}/users/${id(userId)}/`;

export const groupCalls = {
  list: (kind: GroupKind, number: number) =>
    get(`/users/v1/${kind}/`, schema.pageOf(schema.Group), page(number, GROUPS_PER_PAGE)),
  named: (name: string) =>
    get('/users/v1/groups/', schema.pageOf(schema.Group), { name, ...page(1, GROUPS_PER_PAGE) }),
  read: (kind: GroupKind, groupId: string) => get(`/users/v1/${kind}/${id(groupId)}/`, schema.Group),
  create: (body: { readonly name: string; readonly external_id: string; readonly description: string }) =>
    call({ verb: 'POST', path: '/users/v1/groups/', body, answer: schema.Group }),
  addMember: (groupId: string, userId: string) =>
    call({ verb: 'POST', path: member(groupId, userId), answer: schema.User }),
  removeMember: (groupId: string, userId: string) =>
    call({ verb: 'DELETE', path: member(groupId, userId), answer: schema.User }),
} as const;

const row = (of: 'users' | 'groups', who: string, type: AclType, key: string): string =>
  `/acls/v1/${of}/${id(who)}/acl/${type}/${id(key)}/`;

/** Permissions of one person or group on one object. Calls for many objects, which overwrite, do not exist here. */
export const aclCalls = {
  read: (of: 'users' | 'groups', who: string, type: AclType, key: string) =>
    get(row(of, who, type, key), schema.Acl),
  put: (
    of: 'users' | 'groups',
    who: string,
    type: AclType,
    key: string,
    permissions: readonly Permission[],
  ) => {
    if (permissions.length === 0) throw new RangeError('a list without permissions is removed, not written');
    return call({ verb: 'PUT', path: row(of, who, type, key), body: { permissions }, answer: schema.Acl });
  },
  /** Of a person only: what groups may do is never taken away here. */
  remove: (userId: string, type: AclType, key: string) =>
    call({ verb: 'DELETE', path: row('users', userId, type, key), answer: schema.Nothing }),
} as const;

export const contentCalls = {
  collections: (number: number) =>
    get('/assets/v1/collections/', schema.pageOf(schema.Collection), page(number, ENTRIES_PER_PAGE)),
  collection: (collectionId: string) => get(`/assets/v1/collections/${id(collectionId)}/`, schema.Collection),
  shares: (number: number) =>
    get('/assets/v1/shares/all/', schema.pageOf(schema.Share), page(number, ENTRIES_PER_PAGE)),
} as const;

const after = (last: string | undefined): Readonly<Record<string, string>> => ({
  per_page: String(ENTRIES_PER_PAGE),
  ...(last !== undefined && { last_id: last }),
});
const providers = '/auth/v1/auth/saml/idp/';

export const trustCalls = {
  token: () => get('/auth/v1/auth/token/', schema.Token),
  tokens: (last?: string) => get('/auth/v1/auth/tokens/', schema.pageOf(schema.Token), after(last)),
  list: (last?: string) => get(providers, schema.pageOf(schema.IdentityProvider), after(last)),
  convert: (metadata: string) =>
    call({
      verb: 'POST',
      path: `${providers}convert/`,
      body: metadata,
      answer: schema.ConvertedMetadata,
      reads: true,
    }),
  create: (body: ProviderBody) =>
    call({ verb: 'POST', path: providers, body, answer: schema.IdentityProvider }),
  change: (providerId: string, body: ProviderBody) =>
    call({ verb: 'PATCH', path: `${providers}${id(providerId)}/`, body, answer: schema.IdentityProvider }),
  bindDomain: (body: {
    readonly domain: string;
    readonly identity_provider_id: string;
    readonly system_domain_id: string;
  }) => call({ verb: 'POST', path: '/auth/v1/auth/saml/domains/', body, answer: schema.Nothing }),
  /** Where iconik would send somebody with this address to sign in. */
  signInUrl: (email: string) =>
    call({
      verb: 'POST',
      path: '/auth/v1/auth/saml/login/',
      body: { email },
      answer: schema.SignInUrl,
      reads: true,
    }),
  mappings: (last?: string) => get('/users/v1/groups/mappings/', schema.pageOf(schema.Mapping), after(last)),
  createMapping: (body: { readonly name: string; readonly group_id: string }) =>
    call({ verb: 'POST', path: '/users/v1/groups/mappings/', body, answer: schema.Mapping }),
  /** A name that is mapped already has to be removed before it can mean another group. */
  removeMapping: (name: string) => {
    if (/^\.{0,2}$/.test(name)) throw new TypeError('a mapping has a name');
    const path = `/users/v1/groups/mappings/${encodeURIComponent(name)}/`;
    return call({ verb: 'DELETE', path, answer: schema.Nothing });
  },
} as const;
