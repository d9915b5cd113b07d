import { randomBytes, randomUUID } from 'node:crypto';
import { type Group, type GroupMapping, iconikDate, type User } from './model.ts';

/** A person in a browser, with what a logout message needs to name them. */
export type WebSession = {
  readonly id: string;
  readonly userId: string;
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

export type IconikStore = {
  readonly identityProviderId: string;
  /** Names the identity provider in addresses. */
  readonly publicId: string;
  readonly users: Map<string, User>;
  readonly groups: Map<string, Group>;
  mappings: readonly GroupMapping[];
  /** Mail domains whose people sign in at the identity provider. */
  readonly domains: Set<string>;
  readonly sessions: Map<string, WebSession>;
  /** Sign-on requests that wait for their answer, by SAML ID. */
  readonly requests: Set<string>;
  /** Assertions that were used. */
  readonly seen: Set<string>;
  readonly logins: LoginRecord[];
};

const group = (serial: number, fields: Omit<Group, 'id' | 'external_id' | 'is_saml_group'>): Group => ({
  id: `7c0e5b1a-40d2-11f0-8f6e-0000000000${serial}`,
  external_id: null,
  is_saml_group: false,
  ...fields,
});

const GROUPS: readonly Group[] = [
  group(11, { name: 'Producers', default_user_type: 'POWER', saml_primary_group_priority: 30 }),
  group(12, { name: 'Editors', default_user_type: 'STANDARD', saml_primary_group_priority: 20 }),
  group(13, { name: 'Reviewers', default_user_type: 'BROWSE_ONLY', saml_primary_group_priority: 10 }),
  group(14, { name: 'Summer campaign', default_user_type: null, saml_primary_group_priority: 0 }),
];

/** The domain as it is before anybody signed in: groups, one mapping, one mail domain, no users. */
export function createIconikStore(): IconikStore {
  return {
    identityProviderId: '2f6d1c84-40d2-11f0-9b1d-0242ac120002',
    publicId: '9e1b7c52-40d2-11f0-a0c3-0242ac120002',
    users: new Map(),
    groups: new Map(GROUPS.map((each) => [each.id, { ...each }])),
    mappings: [{ name: 'media@staff', group_id: GROUPS[1]?.id ?? '' }],
    domains: new Set(['halden.example']),
    sessions: new Map(),
    requests: new Set(),
    seen: new Set(),
    logins: [],
  };
}

export function userByEmail(store: IconikStore, email: string): User | undefined {
  const wanted = email.toLowerCase();
  return [...store.users.values()].find((user) => user.email.toLowerCase() === wanted);
}

export type NewUser = Pick<User, 'email' | 'first_name' | 'last_name' | 'type'> &
  Partial<Pick<User, 'groups' | 'primary_group' | 'identity_provider_id'>> & { readonly bySaml: boolean };

export function addUser(store: IconikStore, { bySaml, ...fields }: NewUser, now: Date): User {
  const user: User = {
    id: randomUUID(),
    status: 'ACTIVE',
    groups: [],
    primary_group: null,
    identity_provider_id: null,
    ...fields,
    system_metadata: { saml_created: bySaml },
    date_created: iconikDate(now),
    date_modified: iconikDate(now),
    last_web_login: null,
  };
  store.users.set(user.id, user);
  return user;
}

export function randomToken(): string {
  return randomBytes(24).toString('base64url');
}

/** An XML ID as the toolkit makes them. */
export function randomXmlId(): string {
  return `ONELOGIN_${randomBytes(20).toString('hex')}`;
}
