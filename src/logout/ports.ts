import type { KeyObject } from 'node:crypto';
import type { PersonId } from '../base/index.ts';
import type { Answer } from '../issuing/index.ts';
import type { PartySession } from '../model/index.ts';
import type { Decryption } from '../saml/index.ts';
import type { SessionRef } from '../session/index.ts';

/** Told server to server, without the browser: OIDC back-channel logout, SAML by SOAP. */
export type BackChannelLogout = {
  readonly kind: 'back-channel';
  /**
   * Says that this session is over. May be called again after no answer.
   *
   * @returns whether the relying party confirmed it or refused.
   * @throws when there was no answer; it is told again later.
   */
  tell(party: PartySession): Promise<'confirmed' | 'refused'>;
  readonly residual?: string;
};

/** Asked through the browser, one after the other: SAML single logout. Where no browser follows, told if it can be. */
export type FrontChannelLogout = {
  readonly kind: 'front-channel';
  readonly binding: 'redirect' | 'post';
  /** @returns the signed message for the browser to carry, and its id, which the answer must name. */
  ask(party: PartySession): Promise<{ readonly messageId: string; readonly answer: Answer }>;
  /** Server to server; as of `BackChannelLogout`. */
  readonly tell?: BackChannelLogout['tell'];
  readonly residual?: string;
};

/** Cannot be told, but the person can sign out there by hand. */
export type LogoutByHand = { readonly kind: 'by-hand'; readonly url: URL; readonly residual?: string };

export type NoLogout = { readonly kind: 'none'; readonly residual?: string };

/**
 * How one relying party learns that a session is over. `residual` says in a sentence what may still work there, and
 * for how long, while it has not confirmed (R3.4): "Access tokens that it holds work for up to 5 minutes."
 */
export type PartyLogout = BackChannelLogout | FrontChannelLogout | LogoutByHand | NoLogout;

/** Server to server, whether or not a browser could carry it. */
export function canBeTold(how: PartyLogout): how is PartyLogout & { tell: BackChannelLogout['tell'] } {
  return 'tell' in how && how.tell !== undefined;
}

export type PartyLogouts = (relyingParty: string) => PartyLogout;

/** What else gives access and must end with a session or with a person's access. All methods are idempotent. */
/** Accounts in targets, where access lasts longer than any session of ours. */
export interface AccountEnds {
  /** Begins the ladder of every account of the person; durable when it returns, done by the queue. */
  endAll(person: PersonId, why: { readonly because: string; readonly thread: string }): Promise<unknown>;
}

export interface AccessEnds {
  /** R3.5: from now on code exchange, refresh, userinfo and introspection refuse what was issued before `at`. */
  nothingBefore(personId: PersonId, at: Date): Promise<void>;
  /** Grants and tokens that hang on one session. */
  revokeOfSession(session: SessionRef): Promise<void>;
  /** Every grant and token of a person, with a session or without. */
  revokeOfPerson(personId: PersonId): Promise<void>;
}

/** What the OIDC issuer knows about its own tokens and clients. */
export interface OidcLogouts {
  /**
   * An ID token of ours as `id_token_hint`: signature by any of our published keys, issuer and audience are checked,
   * the end is not (OpenID Connect RP-Initiated Logout 1.0, 2 and 4). `aud` is the relying party.
   */
  verifyIdTokenHint(
    hint: string,
  ): Promise<{ readonly sub: string; readonly sid: string; readonly aud: string } | undefined>;
  /** Compared exactly, as texts. False for what is no OIDC relying party. */
  isPostLogoutRedirect(relyingParty: string, uri: string): boolean;
}

/** One SAML relying party, as its metadata says now. */
export type SamlPeer = {
  readonly relyingParty: string;
  readonly entityId: string;
  /** Of this peer alone; any of them may have signed. Empty: nothing it says is believed. */
  readonly keys: readonly KeyObject[];
};

/** What the SAML identity provider does for single logout: whose message it is, and signed messages of ours. */
export interface SamlLogouts {
  /** Nothing is believed yet. */
  peerOf(claimedIssuer: string): Promise<SamlPeer | undefined>;
  /** For names of people that come encrypted. */
  decryption(): Promise<Decryption>;
  /** Without waiting; undefined when it takes no logout messages in the browser, as far as is known. */
  bindingOf(relyingParty: string): 'redirect' | 'post' | undefined;
  /** Without waiting: does it take logout requests server to server, as far as is known? */
  takesSoap(relyingParty: string): boolean;
  /** As of `BackChannelLogout`. */
  tell(relyingParty: string, session: PartySession): Promise<'confirmed' | 'refused'>;
  /** A LogoutRequest for one session. */
  ask(
    relyingParty: string,
    session: PartySession,
  ): Promise<{ readonly messageId: string; readonly answer: Answer }>;
  /** A LogoutResponse to a request of this relying party. @throws when it takes none. */
  answer(
    relyingParty: string,
    to: {
      readonly requestId: string;
      readonly status: 'success' | 'partial';
      readonly relayState?: string;
    },
  ): Promise<Answer>;
}
