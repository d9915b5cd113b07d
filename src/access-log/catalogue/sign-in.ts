import type { Fact } from '../../model/index.ts';
import { failed, refused, success } from './define.ts';

/** Where a request came from. */
export type Origin = { readonly address?: string; readonly userAgent?: string };

/** A role or scope as it was given: with its end and the rules or access grants behind it. ISO 8601. */
export type GivenAccess = {
  readonly id: string;
  readonly ends?: string;
  readonly because: readonly string[];
};

export type LoginStage = 'begin' | 'callback' | 'continue' | 'identity' | 'decide' | 'provision' | 'issue';

/** From the request at the door to the artefact that leaves, all under one `lgn_` thread. */
export const signInEvents = {
  /** A valid request of a relying party, or a click on the launchpad. */
  loginStarted: success<
    {
      readonly protocol: 'oidc' | 'saml' | 'launch' | 'launchpad';
      /** The session that was there already: a store switch needs no new login. */
      readonly continues?: string;
      readonly scopes?: readonly string[];
      /** Id of the relying party's own request (SAML ID). */
      readonly request?: string;
    },
    Origin
  >('login.started'),

  /** The browser was sent to the identity provider. */
  loginSentUpstream: success<{
    readonly protocol: 'oidc' | 'saml';
    readonly because: 'no session' | 'too old' | 'asked for' | 'chosen';
  }>('login.sent_upstream'),

  /** Upstream vouched for somebody, every check passed, and a person of ours was found or made. */
  loginIdentified: success<
    {
      readonly issuer: string;
      /** Id of the assertion or `jti` of the id token that was consumed. */
      readonly artefact?: string;
      readonly authTime: string;
      readonly amr?: readonly string[];
      readonly authnContext?: string;
      readonly person: 'known' | 'created' | 'joined';
      readonly identity: string;
    },
    Origin & {
      readonly subject: string;
      readonly login?: string;
      readonly mail?: string;
      readonly displayName?: string;
      readonly groups?: readonly string[];
    }
  >('login.identified'),

  /** Policy said yes: which rules and grants gave what, until when, on facts of what age. */
  decisionAllowed: success<{
    readonly roles: readonly GivenAccess[];
    readonly scopes: readonly GivenAccess[];
    readonly ends?: string;
    readonly facts: readonly Fact[];
    /** Last positive confirmation of what the decision leans on (R4.6). */
    readonly confirmedAt?: string;
    /** What asked: a login, a refresh, a timer's edge, a changed person. */
    readonly asked?: 'login' | 'refresh' | 'edge' | 'change' | 'sweep';
  }>('decision.allowed'),

  /** Policy said no, and this is the fact that decided. */
  decisionDenied: refused<{
    readonly reason: Fact;
    readonly facts: readonly Fact[];
    readonly opensAt?: string;
    readonly confirmedAt?: string;
    readonly asked?: 'login' | 'refresh' | 'edge' | 'change' | 'sweep';
  }>('decision.denied'),

  /** The artefact that leaves: the last event before the answer. */
  loginIssued: success<
    {
      readonly artefact: 'code' | 'saml response' | 'login jwt' | 'link';
      /** `jti`, assertion id or a hash of the code: what the other side's own log shows. */
      readonly artefactId: string;
      readonly subject?: string;
      readonly expires: string;
      readonly accessEnds?: string;
      readonly roles: readonly string[];
      readonly scopes?: readonly string[];
      /** Rules and access grants behind it. */
      readonly because: readonly string[];
      /** The account in the target that the artefact names. */
      readonly account?: string;
      /** Id of the relying party's own request (SAML ID, OIDC interaction). */
      readonly request?: string;
    },
    Origin & {
      readonly mail?: string;
      /** Where in the relying party: a link may carry anything, also somebody's name. */
      readonly to?: string;
    }
  >('login.issued'),

  /** Turned away by a rule; the page shows the same code and thread. */
  loginRefused: refused<{ readonly stage: LoginStage; readonly reason?: string }, Origin>('login.refused'),

  /** Something broke on the way: theirs or ours, as the code says. */
  loginFailed: failed<
    { readonly stage: LoginStage; readonly system?: string; readonly retryable?: boolean },
    Origin
  >('login.failed'),

  sessionOpened: success<
    { readonly authTime: string; readonly ends: string; readonly amr?: readonly string[] },
    Origin
  >('session.opened'),

  /** The same person proved again who they are: the session goes on under a new token. */
  sessionRenewed: success<
    { readonly authTime: string; readonly ends: string; readonly amr?: readonly string[] },
    Origin
  >('session.renewed'),

  sessionEnded: success<{
    readonly reason: 'logout' | 'limit' | 'upstream' | 'directory' | 'kill' | 'other person' | 'idle';
    readonly by: string;
    /** Relying parties that were entered from this session. */
    readonly relyingParties?: readonly string[];
  }>('session.ended'),

  tokenIssued: success<{
    readonly grantType: string;
    /** `jti`s, or hashes of opaque tokens. */
    readonly artefacts: readonly string[];
    readonly resource?: string;
    readonly scopes: readonly string[];
    readonly expires: string;
    readonly because?: readonly string[];
  }>('token.issued'),

  tokenRefused: refused<{ readonly grantType: string; readonly reason?: string }, Origin>('token.refused'),

  tokenRevoked: success<{ readonly artefacts: readonly string[]; readonly reason: string }>('token.revoked'),

  logoutStarted: success<
    { readonly by: 'person' | 'relying party' | 'upstream' | 'admin' | 'end'; readonly reason?: string },
    Origin
  >('logout.started'),

  /** A logout message left for a relying party or for upstream. */
  logoutSent: success<{
    readonly to: 'relying party' | 'upstream';
    readonly binding: string;
    readonly message?: string;
  }>('logout.sent'),

  /** The other side said that its session is over. Nothing else may be called ended (R3.4). */
  logoutConfirmed: success<{ readonly by: string; readonly partial?: boolean }>('logout.confirmed'),

  /** No confirmation; what may still work, and for how long. */
  logoutFailed: failed<{ readonly to: string; readonly residual?: string }>('logout.failed'),

  /** A logout message from outside that did not pass its checks (R8.2). */
  logoutRefused: refused<{ readonly from: string; readonly reason?: string }, Origin>('logout.refused'),

  /** The whole logout is over: what ended, what could not be confirmed. */
  logoutFinished: success<{
    readonly confirmed: readonly string[];
    readonly unconfirmed: readonly string[];
    /** What may still work at those that did not confirm, and for how long (R3.4). */
    readonly residuals?: Readonly<Record<string, string>>;
  }>('logout.finished'),
};
