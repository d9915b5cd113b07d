import { addMs, type Clock } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import { type HttpClient, Refreshed, type RefreshedState } from '../../platform/http/index.ts';
import type { Log } from '../../platform/log/index.ts';
import { bareCertificate, publicKeyOf } from '../../saml/index.ts';
import { FederationError, unavailable } from '../errors.ts';
import type { FederationTables } from '../tables.ts';
import { certificateEnds } from './certificate-ends.ts';
import { readMetadata } from './metadata.ts';
import type { SamlSettings, UpstreamTrust } from './settings.ts';

type Needs = { readonly http: HttpClient; readonly db: Database; readonly clock: Clock; readonly log: Log };

/** Trust in one upstream, whatever its source. */
export interface TrustStore extends Disposable {
  /** @throws Unavailable while there is nothing that may be trusted. */
  get(): Promise<UpstreamTrust>;
  /** Reads the source now. @throws Unavailable or FederationError */
  reload(): Promise<UpstreamTrust>;
  state(): RefreshedState;
  start(): void;
}

export function createTrustStore(settings: SamlSettings, needs: Needs): TrustStore {
  const { trust } = settings;
  if (trust.kind === 'url') return new PolledTrust(settings, trust, needs);
  return fixedTrust(needs.clock, settings.id, () => {
    if (trust.kind === 'metadata') return readMetadata(trust.xml, settings, needs.clock.now());
    const keys = trust.certificates.flatMap((certificate) => publicKeyOf(certificate) ?? []);
    const { entityId, ssoUrl, sloUrl } = trust;
    const slo = sloUrl && ({ binding: 'redirect', url: sloUrl } as const);
    const certificates = certificateEnds(trust.certificates);
    const encryption = trust.certificates.find((each) => publicKeyOf(each)?.asymmetricKeyType === 'rsa');
    return {
      ...{ entityId, keys, certificates, ssoUrls: { redirect: ssoUrl, post: ssoUrl } },
      ...(slo && { slo }),
      ...(encryption !== undefined && { encryptionCertificate: bareCertificate(encryption) }),
    };
  });
}

/** Read once; metadata in a file may still end. */
function fixedTrust(clock: Clock, connection: string, read: () => UpstreamTrust): TrustStore {
  let held: UpstreamTrust | undefined;
  const get = (): UpstreamTrust => {
    held ??= read();
    if (!held.validUntil || clock.now() < held.validUntil) return held;
    throw new FederationError('federation.upstream_misbehaved', `${connection}: metadata is no longer valid`);
  };
  const isUsable = (): boolean => {
    try {
      return get().keys.length > 0;
    } catch {
      return false;
    }
  };
  return {
    get: async () => get(),
    reload: async () => get(),
    state: () => ({ usable: isUsable(), failing: !isUsable() }),
    start: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
}

type Loaded = {
  readonly xml: string;
  readonly etag: string | undefined;
  readonly trust: UpstreamTrust;
  /** When a copy of it was written last. */
  readonly keptAt: Date;
};

/** Metadata behind a URL: polled, and the last good one kept in the database over restarts. */
class PolledTrust implements TrustStore {
  readonly #settings: SamlSettings;
  readonly #url: URL;
  readonly #intervalMs: number;
  readonly #needs: Needs;
  readonly #value: Refreshed<Loaded>;
  #seeding: Promise<void> | undefined;

  constructor(
    settings: SamlSettings,
    source: { url: URL; intervalMs: number; maxAgeMs: number },
    needs: Needs,
  ) {
    this.#settings = settings;
    this.#url = source.url;
    this.#intervalMs = source.intervalMs;
    this.#needs = needs;
    this.#value = new Refreshed({
      load: (known) => this.#load(known),
      clock: needs.clock,
      refreshMs: source.intervalMs,
      maxAgeMs: source.maxAgeMs,
      keepMs: ({ trust }) => trust.cacheMs,
      validUntil: ({ trust }) => trust.validUntil,
      onFailure: (error) =>
        needs.log.warn('upstream metadata cannot be read', { connection: settings.id, error }),
    });
  }

  async get(): Promise<UpstreamTrust> {
    this.#seeding ??= this.#seed();
    await this.#seeding;
    return (await this.#value.get()).trust;
  }

  async reload(): Promise<UpstreamTrust> {
    return (await this.#value.load()).trust;
  }

  state(): RefreshedState {
    return this.#value.state();
  }

  start(): void {
    this.#seeding ??= this.#seed();
    this.#value.start();
  }

  [Symbol.dispose](): void {
    this.#value[Symbol.dispose]();
  }

  async #load(known: Loaded | undefined): Promise<Loaded> {
    const answer = await this.#fetch(known?.etag);
    const now = this.#needs.clock.now();
    const read = answer === 'unchanged' ? known : answer;
    if (!read) throw this.#unavailable('metadata was not sent');
    const { xml, etag } = read;
    // Unchanged is not valid: its validUntil may have passed since.
    const trust = readMetadata(xml, this.#settings, now);
    // How often it is read is theirs to say, how often it is written is not.
    const isKept = known?.xml === xml && now < addMs(known.keptAt, this.#intervalMs);
    if (!isKept) await this.#keep(xml, etag, now);
    return { xml, etag, trust, keptAt: isKept ? known.keptAt : now };
  }

  async #fetch(etag: string | undefined): Promise<'unchanged' | { xml: string; etag: string | undefined }> {
    const request = {
      method: 'GET' as const,
      url: this.#url,
      system: this.#settings.id,
      headers: {
        accept: 'application/samlmetadata+xml, application/xml',
        ...(etag && { 'if-none-match': etag }),
      },
    };
    let answer: Awaited<ReturnType<HttpClient['request']>>;
    try {
      answer = await this.#needs.http.request(request);
    } catch (error) {
      throw this.#unavailable('metadata did not answer', error);
    }
    if (answer.status === 304) return 'unchanged';
    if (answer.status !== 200) throw this.#unavailable(`metadata answered with status ${answer.status}`);
    return { xml: answer.body, etag: answer.headers['etag'] };
  }

  async #keep(xml: string, etag: string | undefined, now: Date): Promise<void> {
    const row = { url: this.#url.href, xml, etag: etag ?? null, loaded_at: now };
    try {
      await this.#needs.db
        .withTables<FederationTables>()
        .insertInto('federation_metadata')
        .values({ connection: this.#settings.id, ...row })
        .onConflict((conflict) => conflict.column('connection').doUpdateSet(row))
        .execute();
    } catch (error) {
      // The copy only helps a later restart; this process goes on with what it read.
      this.#needs.log.warn('upstream metadata cannot be kept', { connection: this.#settings.id, error });
    }
  }

  /** The copy of an earlier process, held to the same checks as when it was read. */
  async #seed(): Promise<void> {
    try {
      const row = await this.#needs.db
        .withTables<FederationTables>()
        .selectFrom('federation_metadata')
        .selectAll()
        .where('connection', '=', this.#settings.id)
        .where('url', '=', this.#url.href)
        .executeTakeFirst();
      if (!row) return;
      const trust = readMetadata(row.xml, this.#settings, this.#needs.clock.now());
      const { xml, etag, loaded_at: keptAt } = row;
      this.#value.seed({ xml, etag: etag ?? undefined, trust, keptAt }, keptAt);
    } catch (error) {
      if (error instanceof FederationError) return;
      this.#needs.log.warn('kept upstream metadata cannot be read', { connection: this.#settings.id, error });
    }
  }

  #unavailable(why: string, cause?: unknown): Error {
    return unavailable('federation.upstream_unavailable', this.#settings.id, why, cause);
  }
}
