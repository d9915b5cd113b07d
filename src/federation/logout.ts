import type { Incoming } from '../saml/index.ts';

/** What the browser does next. */
export type BrowserStep =
  | { readonly kind: 'redirect'; readonly url: URL }
  | { readonly kind: 'post'; readonly url: URL; readonly fields: Readonly<Record<string, string>> };

export type BegunLogout = {
  readonly go: BrowserStep;
  readonly binding: string;
  /** SAML: the id that the answer must name. Without one, coming back with `state` is the answer. */
  readonly messageId?: string;
};

/** A verified wish of the upstream (R8.2): end the sessions of this connection with this name. */
export type UpstreamLogoutRequest = {
  readonly kind: 'request';
  readonly id: string;
  readonly subject: string;
  /** Empty: all sessions of this name. */
  readonly sessions: readonly string[];
  readonly relayState?: string;
};

export type UpstreamLogoutResponse = {
  readonly kind: 'response';
  readonly inResponseTo: string;
  readonly status: 'success' | 'partial' | 'failed';
};

/** A verified OIDC logout token: who, or which session, or both. */
export type UpstreamLogoutToken = { readonly subject?: string; readonly session?: string };

/** One upstream's side of signing out. Believes nothing unsigned, and nothing twice. */
export interface UpstreamLogout {
  /**
   * Sends the browser to end the upstream's own session.
   *
   * @param session as the sign-in gave it (`Identity.upstreamSession`).
   * @param back where an OIDC upstream sends the browser afterwards.
   * @returns undefined when the upstream offers no way. @throws Unavailable while nothing is known of it.
   */
  begin(
    session: Readonly<Record<string, string>>,
    back: { readonly url: URL; readonly state: string },
  ): Promise<BegunLogout | undefined>;
  /**
   * SAML: a message at `/login/:connection/slo`. Spends a request's id, and closes the request that a response names.
   *
   * @throws SamlError, or Unavailable when the one-time id could not be written.
   */
  receive?(
    incoming: Incoming,
    closeRequest: (id: string) => Promise<boolean>,
  ): Promise<UpstreamLogoutRequest | UpstreamLogoutResponse>;
  /** SAML: the answer to a request. @returns undefined when the upstream takes none. */
  answer?(answered: {
    readonly inResponseTo: string;
    readonly isPartial: boolean;
    readonly relayState?: string | undefined;
  }): Promise<BrowserStep | undefined>;
  /** OIDC: a token at `/login/:connection/backchannel-logout`. @throws FederationError, or Unavailable. */
  receiveToken?(token: string): Promise<UpstreamLogoutToken>;
}
