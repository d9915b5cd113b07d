import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Clock, type Json, type Problem, VestibuleError } from '../../base/index.ts';
import type { Identity } from '../../model/index.ts';
import type { Database } from '../../platform/database/index.ts';
import type { HttpClient } from '../../platform/http/index.ts';
import type { Log } from '../../platform/log/index.ts';
import { PERSISTENT, TRANSIENT } from '../../saml/index.ts';
import { FederationError, type RefusalCode } from '../errors.ts';
import type { UpstreamLogout } from '../logout.ts';
import { isPartitionAllowed, mapValues, subjectFrom } from '../mapping.ts';
import { spendOnce } from '../one-time-ids.ts';
import { refused } from '../refused.ts';
import type {
  BeginOptions,
  Begun,
  Received,
  ServiceProviderKeys,
  Upstream,
  UpstreamAnswer,
  UpstreamCertificate,
  UpstreamHealth,
  UpstreamResult,
} from '../upstream.ts';
import { sendAuthnRequest, writeAuthnRequest } from './authn-request.ts';
import { createSamlLogout } from './logout.ts';
import type { SamlSettings, UpstreamTrust } from './settings.ts';
import { writeServiceProviderMetadata } from './sp-metadata.ts';
import { createTrustStore, type TrustStore } from './trust-store.ts';
import { type FailedResponse, type VerifiedAssertion, verifyResponse } from './verify-response.ts';

type Needs = {
  readonly http: HttpClient;
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly keys: ServiceProviderKeys;
};

/** What finish() needs again; the transaction fixes connection and issuer (R2.4). */
const Pending = z.strictObject({
  connection: z.string(),
  requestId: z.string(),
  issuer: z.string(),
  startedAt: z.coerce.date(),
  /** Oldest acceptable proof, in seconds before `startedAt`; 0 for a forced sign-in. */
  maxAgeSeconds: z.number().optional(),
});
type Pending = z.output<typeof Pending>;

const NameIdFacts = z.strictObject({
  value: z.string(),
  format: z.string().optional(),
  nameQualifier: z.string().optional(),
  spNameQualifier: z.string().optional(),
});

/** A verified assertion on its way through the parking place (R2.2); it never comes from a browser. */
const Facts = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('assertion'),
    connection: z.string(),
    issuer: z.string(),
    nameId: NameIdFacts.optional(),
    attributes: z.array(z.tuple([z.string(), z.array(z.string())])),
    authnInstant: z.coerce.date(),
    sessionIndex: z.string().optional(),
    contextClass: z.string().optional(),
    sessionEnd: z.coerce.date().optional(),
    verifiedAt: z.coerce.date(),
  }),
  z.strictObject({ kind: z.literal('failed'), connection: z.string(), status: z.array(z.string()) }),
]);
type AssertionFacts = Extract<z.output<typeof Facts>, { kind: 'assertion' }>;

/** One SAML identity provider upstream; we are its service provider. */
export class SamlUpstream implements Upstream, Disposable {
  readonly protocol = 'saml';
  readonly id: string;
  readonly title: string;
  readonly mailDomains: readonly string[];
  readonly authnContexts: readonly string[];
  readonly logout: UpstreamLogout;
  readonly #settings: SamlSettings;
  readonly #needs: Needs;
  readonly #trust: TrustStore;
  #imported: { readonly pem: string; readonly key: KeyObject } | undefined;

  constructor(settings: SamlSettings, needs: Needs) {
    this.id = settings.id;
    this.title = settings.title;
    this.mailDomains = settings.mailDomains;
    this.authnContexts = settings.authnContexts;
    this.#settings = settings;
    this.#needs = needs;
    this.#trust = createTrustStore(settings, needs);
    this.logout = createSamlLogout({ ...needs, settings, trust: () => this.#trust.get() });
  }

  start(): void {
    this.#trust.start();
  }

  [Symbol.dispose](): void {
    this.#trust[Symbol.dispose]();
  }

  async begin(options: BeginOptions): Promise<Begun> {
    const trust = await this.#trust.get();
    const destination = this.#destination(trust);
    const maxAgeSeconds = options.forceLogin ? 0 : options.maxAgeSeconds;
    const pending: Pending = {
      connection: this.id,
      requestId: requestId(options.correlation),
      issuer: trust.entityId,
      startedAt: this.#needs.clock.now(),
      ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
    };
    const request = {
      id: pending.requestId,
      issuedAt: pending.startedAt,
      destination: destination.url,
      forceAuthn: options.forceLogin === true,
      isPassive: options.passive === true,
      ...(options.context && { context: options.context }),
    };
    const privateKey = await this.#signingKey();
    const message = writeAuthnRequest(request, this.#settings);
    return {
      correlation: pending.requestId,
      pending: { ...pending, startedAt: pending.startedAt.toISOString() },
      go: await sendAuthnRequest(message, destination, privateKey),
    };
  }

  /** Imported once for each key: from its text, each signature would cost as much again (DESIGN §13). */
  async #signingKey(): Promise<KeyObject> {
    const [active] = await this.#needs.keys.samlServiceProviderKeys();
    if (!active) throw new TypeError('there is no service provider key');
    if (this.#imported?.pem !== active.privateKeyPem) {
      this.#imported = { pem: active.privateKeyPem, key: createPrivateKey(active.privateKeyPem) };
    }
    return this.#imported.key;
  }

  /** The configured binding if the upstream has it, else the other one. */
  #destination({ ssoUrls }: UpstreamTrust): { binding: 'redirect' | 'post'; url: URL } {
    const other = this.#settings.binding === 'redirect' ? 'post' : 'redirect';
    for (const binding of [this.#settings.binding, other] as const) {
      const url = ssoUrls[binding];
      if (url) return { binding, url };
    }
    throw new FederationError('federation.upstream_misbehaved', `${this.id}: no single sign-on URL`);
  }

  async receive(answer: UpstreamAnswer): Promise<Received> {
    const samlResponse = answer.kind === 'form' ? answer.fields['SAMLResponse'] : undefined;
    if (samlResponse === undefined) {
      throw new FederationError('federation.answer_malformed', `${this.id}: no SAMLResponse in a form`);
    }
    const trust = await this.#trust.get();
    const ours = await this.#needs.keys.samlServiceProviderKeys();
    const now = this.#needs.clock.now();
    const verified = await verifyResponse(samlResponse, trust, {
      audience: this.#settings.spEntityId,
      acsUrl: this.#settings.acsUrl.href,
      now,
      toleranceMs: this.#settings.toleranceMs,
      wantEncrypted: this.#settings.wantEncryptedAssertions,
      acceptsCbc: this.#settings.acceptCbc,
      secondVerifier: this.#settings.secondVerifier,
      decryptionKeyPems: ours.map(({ privateKeyPem }) => privateKeyPem),
    });
    if (verified.kind === 'assertion') await this.#spend(verified);
    return { correlation: verified.inResponseTo, facts: factsOf(this.id, verified, now) };
  }

  /** SAML Profiles 4.1.4.5: a bearer assertion is used once, over all processes. */
  async #spend(verified: VerifiedAssertion): Promise<void> {
    if (await spendOnce(this.#needs.db, this.id, verified.id, verified.spentUntil)) return;
    throw new FederationError('federation.replayed', `${this.id}: the assertion was used before`);
  }

  async finish(received: Received, rawPending: Json): Promise<UpstreamResult> {
    const pending = Pending.parse(rawPending);
    const facts = Facts.parse(received.facts);
    // R2.4. The login room found `pending` by the request id; that it belongs to this connection is ours to check.
    if (
      facts.connection !== this.id ||
      pending.connection !== this.id ||
      pending.requestId !== received.correlation
    ) {
      throw new FederationError(
        'federation.wrong_transaction',
        `${this.id}: the answer belongs to another request`,
      );
    }
    if (facts.kind === 'failed') return refusedByUpstream(facts.status);
    if (facts.issuer !== pending.issuer) {
      throw new FederationError(
        'federation.wrong_issuer',
        `${this.id}: the upstream changed during the sign-in`,
      );
    }
    this.#checkFreshness(facts, pending);
    return this.#identify(facts);
  }

  #checkFreshness(facts: AssertionFacts, { maxAgeSeconds, startedAt }: Pending): void {
    if (maxAgeSeconds === undefined) return;
    const oldest = startedAt.getTime() - maxAgeSeconds * 1000 - this.#settings.toleranceMs;
    if (facts.authnInstant.getTime() >= oldest) return;
    throw new FederationError('federation.not_fresh', `${this.id}: AuthnInstant is older than asked for`);
  }

  #identify(facts: AssertionFacts): UpstreamResult {
    const values = new Map(facts.attributes);
    const subject = this.#subject(facts, values);
    if ('outcome' in subject) return subject;
    if (!isPartitionAllowed(values, this.#settings.partition)) {
      return refused('federation.partition_refused', 'allowedPartitions');
    }
    const identity: Identity = {
      connection: this.id,
      issuer: facts.issuer,
      subject: subject.value,
      ...mapValues(values, this.#settings.mapping),
      authTime: facts.authnInstant,
      verifiedAt: facts.verifiedAt,
      ...(facts.sessionEnd && { sessionEnd: facts.sessionEnd }),
      ...(facts.contextClass !== undefined && { authnContext: facts.contextClass }),
      amr: [],
      upstreamSession: upstreamSession(facts),
    };
    return { outcome: 'identity', identity };
  }

  /** R1.2: a configured attribute, or a persistent NameID; transient is refused. */
  #subject(
    { nameId }: AssertionFacts,
    values: ReadonlyMap<string, readonly string[]>,
  ): { readonly value: string } | Extract<UpstreamResult, { outcome: 'refused' }> {
    const { subject } = this.#settings;
    if (subject.kind === 'attribute') {
      const name = subject.names.find((candidate) => values.has(candidate));
      const value = name === undefined ? undefined : subjectFrom(values.get(name));
      return value === undefined
        ? refused('federation.subject_missing', `no usable ${subject.names[0]}`)
        : { value };
    }
    if (nameId?.format === TRANSIENT)
      return refused('federation.subject_transient', 'the NameID is transient');
    const value = nameId?.format === PERSISTENT ? subjectFrom([nameId.value]) : undefined;
    return value === undefined
      ? refused('federation.subject_missing', 'the NameID is not persistent')
      : { value };
  }

  async metadataXml(): Promise<string> {
    const ours = await this.#needs.keys.samlServiceProviderKeys();
    const certificates = ours.map(({ certificatePem }) => certificatePem);
    return writeServiceProviderMetadata(this.#settings, certificates, this.#needs.clock.now());
  }

  async certificates(): Promise<readonly UpstreamCertificate[]> {
    // health() says what is wrong; here it only means that there is nothing to tell about.
    const trust = await this.#trust.get().catch(() => undefined);
    return trust?.certificates ?? [];
  }

  health(): UpstreamHealth {
    const { usable, failing, checkedAt, loadedAt } = this.#trust.state();
    const age = loadedAt ? ` since ${loadedAt.toISOString()}` : '';
    return {
      state: usable ? (failing ? 'stale' : 'ok') : failing ? 'unavailable' : loadedAt ? 'unavailable' : 'ok',
      ...(failing && { detail: `metadata cannot be read${age}` }),
      ...(checkedAt && { checkedAt }),
    };
  }

  async check(): Promise<readonly Problem[]> {
    try {
      await this.#trust.reload();
      return [];
    } catch (error) {
      const message = error instanceof VestibuleError ? (error.detail ?? error.code) : 'cannot be reached';
      return [{ path: `connections.${this.id}`, message }];
    }
  }
}

/** SAML Core 1.3.4: an NCName that nobody can guess; 256 random bits. */
function requestId(wanted: string | undefined): string {
  if (wanted === undefined) return `_${randomBytes(32).toString('hex')}`;
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(wanted)) throw new TypeError('the correlation is no SAML id');
  return wanted;
}

function factsOf(connection: string, verified: VerifiedAssertion | FailedResponse, now: Date): Json {
  if (verified.kind === 'failed') return { kind: 'failed', connection, status: verified.status };
  const { authn, nameId, sessionEnd } = verified;
  return {
    kind: 'assertion',
    connection,
    issuer: verified.issuer,
    ...(nameId && { nameId: { ...nameId } }),
    attributes: [...verified.attributes].map(([name, values]): Json => [name, values]),
    authnInstant: authn.authnInstant.toISOString(),
    ...(authn.sessionIndex !== undefined && { sessionIndex: authn.sessionIndex }),
    ...(authn.contextClass !== undefined && { contextClass: authn.contextClass }),
    ...(sessionEnd && { sessionEnd: sessionEnd.toISOString() }),
    verifiedAt: now.toISOString(),
  };
}

/** SAML Core 3.2.2.2: second-level codes that mean "no session, and nothing may be shown" or "no". */
const REFUSAL_OF: Readonly<Record<string, RefusalCode>> = {
  NoPassive: 'federation.login_required',
  NoAuthnContext: 'federation.context_refused',
  AuthnFailed: 'federation.upstream_denied',
  RequestDenied: 'federation.upstream_denied',
  UnknownPrincipal: 'federation.upstream_denied',
};

function refusedByUpstream(status: readonly string[]): UpstreamResult {
  const code = status.map((name) => REFUSAL_OF[name]).find((known) => known !== undefined);
  return refused(code ?? 'federation.upstream_failed', status.join(' / '));
}

/** What a later LogoutRequest must name (SAML Core 3.7.1). */
function upstreamSession({ nameId, sessionIndex }: AssertionFacts): Record<string, string> {
  return {
    ...(nameId && { nameId: nameId.value }),
    ...(nameId?.format !== undefined && { nameIdFormat: nameId.format }),
    ...(nameId?.nameQualifier !== undefined && { nameQualifier: nameId.nameQualifier }),
    ...(nameId?.spNameQualifier !== undefined && { spNameQualifier: nameId.spNameQualifier }),
    ...(sessionIndex !== undefined && { sessionIndex }),
  };
}
