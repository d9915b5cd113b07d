import { randomBytes } from 'node:crypto';
import type { AclRow, Asset, Collection, Share } from './content.ts';
import type { IdentityProviderRecord } from './identity-provider.ts';
import {
  type App,
  type Group,
  type GroupMapping,
  iconikDate,
  type RoleGroup,
  type Token,
  type User,
} from './model.ts';
import { createIndex, type SearchIndex } from './search-index.ts';
import * as seeds from './seeds.ts';

/** A person in a browser, with what a logout message needs to name them. */
export type WebSession = {
  readonly id: string;
  readonly userId: string;
  readonly identityProviderId: string;
  readonly nameId: string;
  readonly nameIdFormat: string;
  readonly sessionIndex: string | undefined;
  readonly ends: Date;
};

/** One line of the log that `verbose_logging` switches on. */
export type LoginRecord = {
  readonly at: string;
  readonly outcome: 'signed-in' | 'refused';
  readonly email?: string;
  readonly problem?: string;
  readonly groups?: readonly string[];
  readonly created?: boolean;
};

/** Something iconik does later: content of collections gets its access control lists. */
export type Job = { readonly due: number; readonly title: string; readonly run: () => void };

/** One request to the API, as tests look at it. */
export type RecordedCall = {
  readonly at: string;
  readonly method: string;
  /** Below `/API`. */
  readonly path: string;
  readonly query: string;
  user: string | null;
  readonly body: unknown;
  status: number | null;
};

export type IconikStore = {
  readonly systemDomainId: string;
  readonly users: Map<string, User>;
  readonly groups: Map<string, Group>;
  readonly roleGroups: Map<string, RoleGroup>;
  mappings: readonly GroupMapping[];
  readonly apps: Map<string, App>;
  /** By id. */
  readonly tokens: Map<string, Token>;
  readonly identityProviders: Map<string, IdentityProviderRecord>;
  /** Mail domains, and the id of the identity provider where their people sign in. */
  readonly domains: Map<string, string>;
  readonly collections: Map<string, Collection>;
  readonly assets: Map<string, Asset>;
  acl: AclRow[];
  readonly shares: Map<string, Share>;
  /** Addresses of people who have an account in somebody else's system domain. */
  readonly foreign: Set<string>;
  readonly mails: { readonly to: string; readonly what: 'invitation' | 'share' }[];
  readonly index: SearchIndex;
  jobs: Job[];
  readonly scrolls: Map<string, { readonly items: readonly unknown[]; at: number }>;
  /** Times of requests, by application. */
  readonly requestTimes: Map<string, number[]>;
  readonly calls: RecordedCall[];
  readonly sessions: Map<string, WebSession>;
  /** Sign-on requests that wait for their answer, by SAML ID. */
  readonly requests: Set<string>;
  /** Assertions that were used. */
  readonly seen: Set<string>;
  readonly logins: LoginRecord[];
};

const byId = <T extends { readonly id: string }>(things: readonly T[]): Map<string, T> =>
  new Map(things.map((each) => [each.id, each]));

/** The domain as it is at the start: departments with their films, few users, one identity provider. */
export function createIconikStore(now: Date): IconikStore {
  const at = iconikDate(now);
  const store: IconikStore = {
    systemDomainId: seeds.SYSTEM_DOMAIN,
    users: byId(seeds.users(at)),
    groups: byId(seeds.groups(at)),
    roleGroups: byId(seeds.roleGroups(at)),
    mappings: [{ name: 'media@staff', group_id: seeds.GROUP.editors }],
    apps: byId(seeds.apps(at)),
    tokens: byId(seeds.tokens(at)),
    identityProviders: byId([seeds.identityProvider(at)]),
    domains: new Map([['halden.example', seeds.IDENTITY_PROVIDER]]),
    collections: byId(seeds.collections(at)),
    assets: byId(seeds.assets(at)),
    acl: seeds.acl(at),
    shares: byId(seeds.shares(now)),
    foreign: new Set(['kim@brightline.example']),
    mails: [],
    index: createIndex(),
    jobs: [],
    scrolls: new Map(),
    requestTimes: new Map(),
    calls: [],
    sessions: new Map(),
    requests: new Set(),
    seen: new Set(),
    logins: [],
  };
  store.index.fill('users', store.users);
  store.index.fill('groups', store.groups);
  return store;
}

export function randomToken(): string {
  return randomBytes(24).toString('base64url');
}

/** An XML ID as the toolkit makes them. */
export function randomXmlId(): string {
  return `ONELOGIN_${randomBytes(20).toString('hex')}`;
}
