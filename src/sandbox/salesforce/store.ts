import { randomBytes, randomInt } from 'node:crypto';
import { createRecords, type Records } from './api/records.ts';

/** A row of Login History, with a note that the product keeps to itself. */
export type LoginRow = {
  readonly Id: string;
  readonly LoginTime: string;
  readonly UserId: string | null;
  readonly LoginType:
    | 'SAML Sfdc Initiated SSO'
    | 'SAML Idp Initiated SSO'
    | 'Remote Access 2.0'
    | 'Application';
  readonly Status: string;
  readonly SourceIp: string;
  readonly Application: string;
  readonly AuthenticationServiceId: string | null;
  readonly AuthMethodReference: string | null;
  readonly AuthContextClassRef: string | null;
  readonly note?: string;
};

export type WebSession = {
  readonly id: string;
  /** Its id as a record; the other one is the secret of the cookie. */
  readonly recordId: string;
  readonly userId: string;
  readonly nameId: string;
  readonly nameIdFormat: string;
  /** Salesforce keeps the first one only. */
  readonly sessionIndex: string | undefined;
  readonly created: Date;
  readonly ends: Date;
};

/** A sign-on that was believed and waits for a code. */
export type Challenge = {
  readonly session: Omit<WebSession, 'id' | 'recordId' | 'created' | 'ends'>;
  readonly row: Pick<
    LoginRow,
    'UserId' | 'LoginType' | 'AuthMethodReference' | 'AuthContextClassRef' | 'note'
  >;
  readonly relayState: string | undefined;
  readonly code: string;
  readonly remembers: boolean;
  tries: number;
};

/** A session of the API: what a bearer token opens. */
export type AccessToken = {
  readonly token: string;
  readonly recordId: string;
  readonly userId: string;
  readonly consumerKey: string;
  readonly created: Date;
  /** Moves with every use. */
  ends: Date;
};

/** An External Client App. */
export type ClientApp = {
  readonly label: string;
  readonly consumerKey: string;
  /** There is one at a time: the old one ends when it is replaced. */
  consumerSecret: string;
  /** Whom client credentials run as. */
  readonly runAs: string;
  /** PEM of the certificate or public key for JWT bearer; null: that of the sandbox's own key. */
  certificatePem: string | null;
};

/** What a query answers page by page. */
export type Cursor = {
  readonly records: readonly unknown[];
  readonly batch: number;
  readonly made: Date;
};

export type SalesforceStore = {
  readonly organizationId: string;
  readonly records: Records;
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

  readonly apps: ClientApp[];
  readonly tokens: Map<string, AccessToken>;
  readonly cursors: Map<string, Cursor>;
  /** When calls were made, oldest first; a day counts. */
  readonly apiCalls: number[];
  /** Why a user cannot be deactivated, in the words of the product. */
  readonly blockers: Map<string, readonly string[]>;
  /** Usernames in lower case that somebody has in another organization. */
  readonly takenElsewhere: Set<string>;
  readonly madeAtSignOn: Set<string>;
  /** Of users who have one; whoever is made over the API has none. */
  readonly passwords: Map<string, string>;
  /** E-mail addresses that wait for a click. */
  readonly unconfirmedMails: Map<string, string>;
  /** Writes that meet a locked row before one goes through. */
  locks: { next: number; seen: number };
  serial: number;
};

/** A store with nothing in it. @param now the organization's clock */
export function createEmptyStore(now: () => Date): SalesforceStore {
  return {
    organizationId: '00DHa000000HALDMA4',
    records: createRecords(now),
    history: [],
    sessions: new Map(),
    challenges: new Map(),
    activated: new Map(),
    mails: [],
    requests: new Map(),
    logoutRequests: new Set(),
    seen: new Set(),
    apps: [],
    tokens: new Map(),
    cursors: new Map(),
    apiCalls: [],
    blockers: new Map(),
    takenElsewhere: new Set(),
    madeAtSignOn: new Set(),
    passwords: new Map(),
    unconfirmedMails: new Map(),
    locks: { next: 0, seen: 0 },
    serial: 0,
  };
}

/** Numbers records that are not kept with the others. */
export function nextSerial(store: SalesforceStore): number {
  store.serial += 1;
  return store.serial;
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
