import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type Clock, type Json, type Problem, VestibuleError } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import type { HttpClient } from '../../platform/http/index.ts';
import type { Log } from '../../platform/log/index.ts';
import { theirNames } from '../context-names.ts';
import { FederationError } from '../errors.ts';
import type { UpstreamLogout } from '../logout.ts';
import { spendOnce, spendWrappedKey } from '../one-time-ids.ts';
import { toJson } from '../pending.ts';
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
import { identify, refusedByUpstream } from './identify.ts';
import { createSamlLogout } from './logout.ts';
import type { SamlSettings, UpstreamTrust } from './settings.ts';
import { writeServiceProviderMetadata } from './sp-metadata.ts';
import { type AssertionFacts, Facts, factsOf, Pending, requestId } from './transaction.ts';
import { createTrustStore, type TrustStore } from './trust-store.ts';
import { type VerifiedAssertion, verifyResponse } from './verify-response.ts';

type Needs = {
  readonly http: HttpClient;
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly keys: ServiceProviderKeys;
};

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
      ...(options.context && {
        context: {
          ...options.context,
          classes: theirNames(options.context.classes, this.#settings.contextNames),
        },
      }),
    };
    const privateKey = await this.#signingKey();
    const message = writeAuthnRequest(request, this.#settings);
    return {
      correlation: pending.requestId,
      pending: toJson(pending),
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
      ...(this.#settings.acceptCbc && {
        cbcOnce: (wrapped) => spendWrappedKey(this.#needs.db, wrapped, now),
      }),
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
    return identify(facts, this.#settings);
  }

  #checkFreshness(facts: AssertionFacts, { maxAgeSeconds, startedAt }: Pending): void {
    if (maxAgeSeconds === undefined) return;
    const oldest = startedAt.getTime() - maxAgeSeconds * 1000 - this.#settings.toleranceMs;
    if (facts.authnInstant.getTime() >= oldest) return;
    throw new FederationError('federation.not_fresh', `${this.id}: AuthnInstant is older than asked for`);
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
