import type { Json, Problem } from '../base/index.ts';
import type { Identity } from '../model/index.ts';
import type { RefusalCode } from './errors.ts';
import type { BrowserStep, UpstreamLogout } from './logout.ts';

/** What a browser brought back: the query of a GET, or the fields of a form POST (the body must be bounded by the caller). */
export type UpstreamAnswer =
  | { readonly kind: 'query'; readonly params: URLSearchParams }
  | { readonly kind: 'form'; readonly fields: Readonly<Record<string, string>> };

/**
 * An answer that named its transaction. JSON, so that it can be parked between a cross-site POST and the
 * same-origin GET (R2.2). It holds codes or personal data: park it only where sessions live.
 */
export type Received = {
  readonly correlation: string;
  readonly facts: Json;
};

export type BeginOptions = {
  /** Default: 256 random bits. Only for callers that must know it before. */
  readonly correlation?: string;
  /** The person must prove who they are now, even with a session upstream. */
  readonly forceLogin?: boolean;
  /** The upstream must not show anything; without a session there the result is `federation.login_required`. */
  readonly passive?: boolean;
  readonly loginHint?: string;
  /** The proof may be at most so old. */
  readonly maxAgeSeconds?: number;
  /** How the person should prove who they are, by the upstream's own names; it may refuse (`federation.context_refused`). */
  readonly context?: {
    readonly comparison: 'exact' | 'minimum' | 'maximum' | 'better';
    readonly classes: readonly string[];
  };
};

export type Begun = {
  /** OIDC `state` or SAML request id: the answer is found again by it. */
  readonly correlation: string;
  /** Needed by `finish`; keep it with the transaction for at most 15 minutes. Holds secrets of the transaction. */
  readonly pending: Json;
  readonly go: BrowserStep;
};

export type UpstreamResult =
  | { readonly outcome: 'identity'; readonly identity: Identity }
  | {
      readonly outcome: 'refused';
      readonly code: RefusalCode;
      readonly publicMessage: string;
      /** For the operator: the upstream's own error code, or which rule refused. No personal data. */
      readonly detail: string;
    };

export type UpstreamHealth = {
  /** `stale`: works with metadata older than it should be. */
  readonly state: 'ok' | 'stale' | 'unavailable';
  readonly detail?: string;
  readonly checkedAt?: Date;
};

export type UpstreamCertificate = {
  /** SHA-256, as `XX:XX:…`. */
  readonly fingerprint: string;
  readonly notAfter: Date;
};

/** One connection, ready for sign-ins. All methods may run concurrently; nothing of a transaction is kept inside. */
export interface Upstream {
  readonly id: string;
  readonly title: string;
  readonly protocol: 'oidc' | 'saml';
  /** Mail domains, lower case, whose people are sent here when they type their mail address. */
  readonly mailDomains: readonly string[];
  /** Ways of signing in that it can be asked for; empty when nobody said. */
  readonly authnContexts: readonly string[];
  /**
   * What the browser must do next.
   *
   * @throws Unavailable `federation.upstream_unavailable` while the upstream's metadata was never read.
   */
  begin(options: BeginOptions): Promise<Begun>;
  /**
   * Finds which transaction an answer claims to belong to, without trusting it otherwise. OIDC: `state`. SAML:
   * InResponseTo of the signed confirmation data, after every check that needs no transaction; this also spends
   * the assertion's one-time id, so an answer is received at most once, over all processes.
   *
   * @throws FederationError, or Unavailable when the one-time id could not be written.
   */
  receive(answer: UpstreamAnswer): Promise<Received>;
  /**
   * Completes the sign-in. The caller has taken the transaction of `received.correlation` atomically, so that
   * `pending` is used once, and has made sure that it belongs to this browser (R2.2).
   *
   * @throws FederationError when the answer is not what was asked for; Unavailable when the upstream is down.
   */
  finish(received: Received, pending: Json): Promise<UpstreamResult>;
  /** How the upstream's own session ends with ours, and ours with it. */
  readonly logout?: UpstreamLogout;
  /** SAML service provider metadata of this connection. Absent for OIDC. */
  metadataXml?(): Promise<string>;
  /** What the upstream signs with; none while its metadata cannot be read. Absent for OIDC, whose keys do not end. */
  certificates?(): Promise<readonly UpstreamCertificate[]>;
  health(): UpstreamHealth;
  /** Talks to the upstream and says what would keep people from signing in. */
  check(): Promise<readonly Problem[]>;
}

export interface Upstreams extends AsyncDisposable {
  get(id: string): Upstream | undefined;
  list(): readonly Upstream[];
  /** Starts reading metadata in the background; an upstream that is down delays nothing. */
  start(): Promise<void>;
}

/** The keys of our service provider role; `platform/keys` has them. */
export interface ServiceProviderKeys {
  /** The first one signs. All of them stand in our metadata and decrypt: upstreams learn a new one when they like. */
  samlServiceProviderKeys(): Promise<
    readonly { readonly privateKeyPem: string; readonly certificatePem: string }[]
  >;
}
