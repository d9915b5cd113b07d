import { randomBytes } from 'node:crypto';
import type { AuthnRequest } from './authn-request.ts';

/** What a session tells to a service provider about a login, kept so that logout can name it. */
export type Participant = {
  readonly entityId: string;
  readonly nameId: string;
  readonly nameIdFormat: string;
  readonly sessionIndex: string;
};

export type BrowserSession = {
  readonly id: string;
  readonly uuid: string;
  readonly authTime: Date;
  readonly ends: Date;
  readonly participants: Participant[];
};

/** A request that waits for its person: parked, so that a cross-site POST needs no cookie. */
export type Pending = {
  readonly entityId: string;
  readonly acsUrl: string;
  readonly relayState?: string;
  /** Absent for a login that starts here. */
  readonly request?: AuthnRequest;
};

export type AccessManagerStore = {
  readonly sessions: Map<string, BrowserSession>;
  readonly pending: Map<string, Pending>;
  clear(): void;
};

export function createAccessManagerStore(): AccessManagerStore {
  const sessions = new Map<string, BrowserSession>();
  const pending = new Map<string, Pending>();
  return {
    sessions,
    pending,
    clear: () => {
      sessions.clear();
      pending.clear();
    },
  };
}

export function randomToken(): string {
  return randomBytes(24).toString('base64url');
}

/** An XML ID: it must not start with a digit (SAML Core 1.3.4). */
export function randomXmlId(): string {
  return `id${randomBytes(20).toString('hex')}`;
}
