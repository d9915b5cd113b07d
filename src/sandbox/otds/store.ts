import { randomBytes } from 'node:crypto';

export type BrowserSession = {
  readonly id: string;
  /** Public name of the session in tokens. */
  readonly sid: string;
  readonly uuid: string;
  readonly authTime: Date;
  readonly ends: Date;
  /** Login forms that this session answered, so that `prompt=login` is satisfied once. */
  readonly answered: Set<string>;
};

export type Grant = {
  readonly clientId: string;
  /** The person's uuid; absent for client_credentials. */
  readonly uuid?: string;
  readonly scopes: readonly string[];
  readonly authTime?: Date;
  readonly sid?: string;
  readonly nonce?: string;
};

export type Code = Grant & {
  readonly redirectUri: string;
  readonly ends: Date;
  readonly challenge?: { readonly value: string; readonly method: 'S256' | 'plain' };
  /** Tokens issued for this code, to be revoked when it comes a second time (RFC 6749 4.1.2). */
  readonly issued: string[];
  used: boolean;
};

export type Token = Grant & { readonly kind: 'access' | 'refresh'; readonly ends: Date };

/** What the server remembers. Everything is in memory and gone with the sandbox. */
export type OtdsStore = {
  readonly sessions: Map<string, BrowserSession>;
  readonly codes: Map<string, Code>;
  readonly tokens: Map<string, Token>;
  /** REST tickets: who they stand for. */
  readonly tickets: Map<string, { readonly userId: string; readonly ends: Date }>;
  /** Wrong passwords in a row, by uuid. */
  readonly failures: Map<string, number>;
  /** Status of each answer to a back-channel logout; `null` for none. */
  readonly logoutReplies: (number | null)[];
  /** Key of the forms' CSRF values. */
  readonly csrfKey: Buffer;
  clear(): void;
};

export function createOtdsStore(): OtdsStore {
  const sessions = new Map<string, BrowserSession>();
  const codes = new Map<string, Code>();
  const tokens = new Map<string, Token>();
  const tickets = new Map<string, { userId: string; ends: Date }>();
  const failures = new Map<string, number>();
  const logoutReplies: (number | null)[] = [];
  return {
    sessions,
    codes,
    tokens,
    tickets,
    failures,
    logoutReplies,
    csrfKey: randomBytes(32),
    clear: () => {
      for (const map of [sessions, codes, tokens, tickets, failures]) map.clear();
      logoutReplies.length = 0;
    },
  };
}

export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}
