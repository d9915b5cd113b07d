import { randomBytes, randomInt } from 'node:crypto';

/** A user record with the API's field names, as far as sign-on reads and writes them. */
export type User = {
  readonly Id: string;
  Username: string;
  FederationIdentifier: string | null;
  FirstName: string;
  LastName: string;
  Email: string;
  ProfileId: string;
  UserRoleId: string | null;
  IsActive: boolean;
  /** Kept at UserLogin in the product. */
  IsFrozen: boolean;
  /** Everything else that provisioning set. */
  more: Record<string, string>;
};

export type Profile = {
  readonly Id: string;
  readonly Name: string;
  /** Has one of the permissions that need phishing-resistant proof. */
  readonly privileged: boolean;
};
export type Role = { readonly Id: string; readonly Name: string };

/** A row of Login History, with a note that the product keeps to itself. */
export type LoginRow = {
  readonly LoginTime: string;
  readonly UserId: string | null;
  readonly LoginType: 'SAML Sfdc Initiated SSO' | 'SAML Idp Initiated SSO';
  readonly Status: string;
  readonly AuthMethodReference: string | null;
  readonly AuthContextClassRef: string | null;
  readonly note?: string;
};

export type WebSession = {
  readonly id: string;
  readonly userId: string;
  readonly nameId: string;
  readonly nameIdFormat: string;
  /** Salesforce keeps the first one only. */
  readonly sessionIndex: string | undefined;
  readonly ends: Date;
};

/** A sign-on that was believed and waits for a code. */
export type Challenge = {
  readonly session: Omit<WebSession, 'id' | 'ends'>;
  readonly row: Omit<LoginRow, 'LoginTime' | 'Status'>;
  readonly relayState: string | undefined;
  readonly code: string;
  readonly remembers: boolean;
  tries: number;
};

export type SalesforceStore = {
  readonly organizationId: string;
  readonly users: Map<string, User>;
  readonly profiles: readonly Profile[];
  readonly roles: readonly Role[];
  readonly history: LoginRow[];
  readonly sessions: Map<string, WebSession>;
  readonly challenges: Map<string, Challenge>;
  /** Browsers by cookie value, with the users who activated them. */
  readonly activated: Map<string, Set<string>>;
  readonly mails: { readonly to: string; readonly subject: string; readonly code: string }[];
  /** Open AuthnRequests, with the RelayState that should come back. */
  readonly requests: Map<string, string>;
  readonly logoutRequests: Set<string>;
  /** Assertions that were used. */
  readonly seen: Set<string>;
};

const PROFILES: readonly Profile[] = [
  { Id: '00eHa000000ZAdmIAG', Name: 'System Administrator', privileged: true },
  { Id: '00eHa000000ZStdIAG', Name: 'Standard User', privileged: false },
  { Id: '00eHa000000ZMinIAG', Name: 'Minimum Access - Salesforce', privileged: false },
  { Id: '00eHa000000ZSalIAG', Name: 'Halden Sales', privileged: false },
];
const ROLES: readonly Role[] = [
  { Id: '00EHa000000RSalMAG', Name: 'Sales North America' },
  { Id: '00EHa000000RSupMAG', Name: 'Support' },
];

/** The organization before anybody came by single sign-on: one administrator without a Federation ID. */
export function createSalesforceStore(): SalesforceStore {
  const store: SalesforceStore = {
    organizationId: '00DHa000000HALDMA4',
    users: new Map(),
    profiles: PROFILES,
    roles: ROLES,
    history: [],
    sessions: new Map(),
    challenges: new Map(),
    activated: new Map(),
    mails: [],
    requests: new Map(),
    logoutRequests: new Set(),
    seen: new Set(),
  };
  addUser(store, {
    Username: 'setup@halden.example.org62',
    FederationIdentifier: null,
    FirstName: 'Setup',
    LastName: 'Administrator',
    Email: 'it@halden.example',
    ProfileId: PROFILES[0]?.Id ?? '',
    UserRoleId: null,
    IsActive: true,
    IsFrozen: false,
    more: {},
  });
  return store;
}

export function addUser(store: SalesforceStore, fields: Omit<User, 'Id'>): User {
  const serial = String(store.users.size + 1).padStart(4, '0');
  const user = { Id: `005Ha000000${serial}IAQ`, ...fields };
  store.users.set(user.Id, user);
  return user;
}

export function profileOf(store: SalesforceStore, user: User): Profile | undefined {
  return store.profiles.find(({ Id }) => Id === user.ProfileId);
}

export function randomToken(): string {
  return randomBytes(24).toString('base64url');
}

export function randomCode(): string {
  return String(randomInt(100_000, 1_000_000));
}

/** An XML ID in Salesforce's manner. */
export function randomXmlId(): string {
  return `_2CAAAAZ${randomBytes(20).toString('hex')}`;
}
