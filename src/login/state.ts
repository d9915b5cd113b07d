import type { NewAccessEvent } from '../access-log/index.ts';
import type { AccountId, LoginId } from '../base/index.ts';
import type { Answer, LoginRequest, Refusal } from '../issuing/index.ts';
import type { Entitlement, Fact, Identity, IdentityFacts, Person } from '../model/index.ts';
import type { RelyingParty } from '../relying-parties/index.ts';
import type { Session } from '../session/index.ts';
import type { Destination } from './transaction.ts';

/** One run through the pipeline. Its id is the thread in the access log and the reference on every page. */
export type Login = {
  readonly id: LoginId;
  readonly destination: Destination;
  readonly address: string;
  readonly userAgent: string;
  /** The relying party's request that this run answers; `over` when it waited too long or was answered already. */
  readonly request?: LoginRequest | 'over';
};

/** A person with a running session. */
export type SignedIn = {
  readonly session: Session;
  readonly person: Person;
  readonly identity: IdentityFacts;
};

/** What the browser gets in the end. */
export type Exit =
  | Answer
  /** A page of ours. */
  | { readonly kind: 'own-page'; readonly path: string }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly code: string;
      /** Plain words for the person concerned. */
      readonly reason: string;
      readonly next: readonly string[];
      readonly opensAt?: Date;
      /** Trying the same again later makes sense. */
      readonly retry: boolean;
      /** What the relying party hears when the person goes back to it. */
      readonly refusal?: Refusal;
      readonly retryAfterSeconds?: number;
      /** Waiting helps: the page looks again by itself for a while. */
      readonly waits?: true;
    };

/** The session of this run under its new token. */
export type Opened = {
  readonly token: string;
  readonly session: Session;
  /** It was there before, with all that was entered from it. */
  readonly isRenewed: boolean;
};

type Common = {
  readonly login: Login;
  /** Collected on the way, written before the answer leaves. */
  readonly events: readonly NewAccessEvent[];
  /** Set when this run opened or renewed a session: the cookie that the answer carries. */
  readonly opened?: Opened;
};

/** What a sign-in knows at each stage. A stage can only be reached with what the one before it found out. */
export type State =
  | (Common & {
      readonly stage: 'identity';
      readonly identity: Identity;
      readonly formerToken: string | undefined;
      readonly browser?: string | undefined;
    })
  | (Common & { readonly stage: 'decide'; readonly signedIn: SignedIn })
  | (Common & {
      readonly stage: 'provision';
      readonly signedIn: SignedIn;
      readonly relyingParty: RelyingParty;
      readonly entitlement: Entitlement;
      readonly facts: readonly Fact[];
    })
  | (Common & {
      readonly stage: 'issue';
      readonly signedIn: SignedIn;
      readonly relyingParty: RelyingParty;
      readonly entitlement: Entitlement;
      readonly account?: { readonly id: AccountId; readonly externalId: string };
    })
  | (Common & {
      readonly stage: 'record';
      readonly signedIn?: SignedIn;
      readonly relyingParty?: RelyingParty;
      readonly exit: Exit;
    });

export type Stage = State['stage'];
export type StateAt<S extends Stage> = Extract<State, { stage: S }>;
