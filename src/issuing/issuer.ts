import type { AccountId, LoginId, SessionId } from '../base/index.ts';
import type { Entitlement, IdentityFacts, PartySession, Person } from '../model/index.ts';
import type { RelyingParty } from '../relying-parties/index.ts';
import type { RequestedContext } from './authn-context.ts';

/** What a relying party asked for: checked by its protocol, and kept until it is answered once. */
export type LoginRequest = {
  /** Unguessable; names the stored request in our own URLs. */
  readonly handle: string;
  readonly protocol: 'oidc' | 'saml';
  readonly relyingParty: string;
  /** The relying party's own id of it (SAML ID, OIDC interaction), for the access log. */
  readonly requestId: string;
  readonly receivedAt: Date;
  /** The person must prove who they are after `receivedAt` (ForceAuthn, `prompt=login`). */
  readonly force: boolean;
  /** Nothing may be shown; without a session the answer is the protocol's own refusal (IsPassive, `prompt=none`). */
  readonly passive: boolean;
  /** The proof may be at most so old (`max_age`). */
  readonly maxAgeSeconds?: number;
  readonly loginHint?: string;
  /**
   * How the person should have signed in. Essential: without it there is no artefact, but the protocol's own refusal.
   * Otherwise it is tried for, and the artefact says truly what came of it.
   */
  readonly context?: RequestedContext & { readonly essential: boolean };
  /** Relying parties whose scopes are asked for in addition (RFC 8707). */
  readonly resources?: readonly string[];
};

/** A request that was answered already, or that nobody answered in time: it still says where it led. */
export type GoneRequest = { readonly gone: true; readonly relyingParty: string };

/** Why a request gets no artefact, in words that both protocols can translate into their own. */
export type Refusal =
  /** The relying party forbade a sign-in page, and one is needed. */
  | 'login-required'
  /** Policy said no, or the account could not be made right. */
  | 'denied'
  /** The way in which the person signed in is not the one that was asked for. */
  | 'authn-context'
  | 'cancelled'
  | 'unavailable';

/** How the browser goes back to the relying party. */
export type Answer =
  | {
      readonly kind: 'redirect';
      readonly location: URL;
      /** The URL itself is a credential: no referrer, never cached (R2.6). */
      readonly carriesCredential: boolean;
    }
  /** A form that posts itself; the fields hold the credential. */
  | { readonly kind: 'form'; readonly action: URL; readonly fields: Readonly<Record<string, string>> };

/** Requests of one protocol that wait for a sign-in. */
export interface LoginRequests {
  /** Reads without using up, so that a reload or a second tab finds it again. */
  find(handle: string): Promise<LoginRequest | GoneRequest | undefined>;
  /** Uses the request up and answers it with the protocol's own error. */
  refuse(request: LoginRequest, why: Refusal): Promise<Answer>;
}

/** The session that vouches for an artefact. */
export type VouchingSession = {
  readonly id: SessionId;
  readonly ends: Date;
  readonly authTime: Date;
  readonly authnContext?: string;
  readonly amr: readonly string[];
};

/** Everything that an artefact may be made of, after policy said yes and the account is right. */
export type SignOn = {
  readonly relyingParty: RelyingParty;
  readonly person: Person;
  readonly identity: IdentityFacts;
  readonly session: VouchingSession;
  readonly entitlement: Entitlement;
  readonly account?: { readonly id: AccountId; readonly externalId: string };
  /** Where to land in the relying party, already accepted by `accepts`. */
  readonly to?: string;
  /** The request that is answered; absent when the person came from a link or tile of ours. */
  readonly request?: LoginRequest;
  readonly thread: LoginId;
  readonly now: Date;
};

export type Issued = {
  readonly artefact: 'login jwt' | 'saml response' | 'code' | 'link';
  /** What the other side's own log shows: `jti`, assertion id, interaction. */
  readonly artefactId: string;
  readonly answer: Answer;
  readonly expires: Date;
  /** Present when the relying party can be told later that this session is over. */
  readonly party?: PartySession;
};

/** How one kind of relying party is entered. */
export interface Issuer {
  /** May a link lead to this place in the relying party (R2.5)? */
  accepts(to: string, relyingParty: RelyingParty): boolean;
  /**
   * Makes the artefact, last of all. Uses `request` up: of two parallel calls for one request, one throws.
   *
   * @throws Unavailable when something about the relying party is not known yet; VestibuleError
   *   `issuing.request_gone` when the request was answered already or waited too long.
   */
  issue(signOn: SignOn): Promise<Issued>;
}
