import { randomBytes } from 'node:crypto';

/** One grant at the broker: the wiki's own, or that of one store. */
export type TokenSet = {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly scope: string;
  readonly expires: Date;
  /** Payload of an access token that can be read; opaque ones cannot. */
  readonly claims?: Readonly<Record<string, unknown>>;
};

export type WebSession = {
  readonly id: string;
  readonly sub: string;
  readonly sid?: string;
  /** Whether there was an account when the session began. */
  readonly hadAccount: boolean;
  idToken: string;
  claims: Readonly<Record<string, unknown>>;
  /** By resource; the empty one is the wiki itself. */
  readonly tokens: Map<string, TokenSet>;
  userinfo?: Readonly<Record<string, unknown>>;
  /** What the last press of a button led to. */
  note?: { readonly good: boolean; readonly text: string };
};

/** A sign-in on its way. */
export type Attempt = {
  readonly browser: string;
  readonly verifier: string;
  readonly nonce: string;
  /** Empty: the wiki itself. */
  readonly resource: string;
  readonly target: string;
};

export type LogoutRecord = {
  readonly at: string;
  readonly outcome: 'ended' | 'refused';
  readonly sessions?: number;
  readonly problem?: string;
};

export type WikiStore = {
  readonly sessions: Map<string, WebSession>;
  /** By `state`. */
  readonly attempts: Map<string, Attempt>;
  /** `jti` of logout tokens that were used. */
  readonly seen: Set<string>;
  readonly logouts: LogoutRecord[];
  readonly refusals: { readonly at: string; readonly what: string; readonly problem: string }[];
};

export function createWikiStore(): WikiStore {
  return { sessions: new Map(), attempts: new Map(), seen: new Set(), logouts: [], refusals: [] };
}

export function randomToken(): string {
  return randomBytes(24).toString('base64url');
}
