import { addMs, type Clock } from '../../base/index.ts';
import { type HttpClient, Refreshed } from '../../platform/http/index.ts';
import type { Log } from '../../platform/log/index.ts';
import { SamlError } from '../../saml/index.ts';
import type { SamlSettings } from './config.ts';
import { metadataUnavailable } from './errors.ts';
import type { MetadataCopies, MetadataCopy } from './metadata-copies.ts';
import { configuredServiceProvider, type ServiceProvider, serviceProviderIn } from './service-provider.ts';

export type TrustNeeds = {
  readonly http: HttpClient;
  readonly copies: MetadataCopies;
  readonly clock: Clock;
  readonly log: Log;
  readonly allowInsecureLoopback: boolean;
};

/** What is believed about one service provider, whatever its source. */
export interface Trust extends Disposable {
  /** @throws Unavailable `issuing.saml_metadata_unavailable` while nothing may be believed. */
  get(): Promise<ServiceProvider>;
  /** Without waiting: what was read last. */
  known(): ServiceProvider | undefined;
  /** Keeps it fresh in the background. */
  start(): void;
}

export function createTrust(relyingParty: string, settings: SamlSettings, needs: TrustNeeds): Trust {
  if (settings.metadataUrl) return polled(relyingParty, settings.metadataUrl, settings, needs);
  const { metadata } = settings;
  const read = (): ServiceProvider => {
    if (metadata === undefined) return configuredServiceProvider(settings);
    return serviceProviderIn(metadata, settings, { ...needs, now: needs.clock.now() });
  };
  return fixed(relyingParty, needs.clock, read);
}

/** Read once; metadata in a file may still end. */
function fixed(relyingParty: string, clock: Clock, read: () => ServiceProvider): Trust {
  let held: ServiceProvider | undefined;
  const get = (): ServiceProvider => {
    try {
      held ??= read();
    } catch (error) {
      throw metadataUnavailable(relyingParty, reasonOf(error), error);
    }
    if (!held.validUntil || clock.now() < held.validUntil) return held;
    throw metadataUnavailable(relyingParty, 'metadata is no longer valid');
  };
  return {
    get: async () => get(),
    known: () => {
      try {
        return get();
      } catch {
        return undefined;
      }
    },
    start: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
}

type Loaded = {
  readonly xml: string;
  readonly etag: string | undefined;
  readonly provider: ServiceProvider;
  /** When a copy of it was written last. */
  readonly keptAt: Date;
};

/** Metadata behind a URL: polled; the last good one is kept, sealed, for processes that start while it is away. */
function polled(relyingParty: string, url: URL, settings: SamlSettings, needs: TrustNeeds): Trust {
  const { clock, log } = needs;
  const parse = (xml: string): ServiceProvider =>
    serviceProviderIn(xml, settings, { ...needs, now: clock.now() });
  const copy = keptCopy(relyingParty, url, needs);
  let last: ServiceProvider | undefined;

  const value = new Refreshed<Loaded>({
    clock,
    refreshMs: settings.refreshInterval,
    maxAgeMs: settings.metadataMaxAge,
    keepMs: ({ provider }) => provider.cacheMs,
    validUntil: ({ provider }) => provider.validUntil,
    onFailure: (error) => log.warn('metadata of an application cannot be read', { relyingParty, error }),
    async load(known) {
      const answer = await fetchMetadata(relyingParty, url, known?.etag, needs);
      // Unchanged is not valid: its validUntil may have passed since.
      const xml = answer === 'unchanged' ? (known?.xml ?? '') : answer.xml;
      const provider = readOrUnavailable(relyingParty, () => parse(xml));
      last = provider;
      const now = clock.now();
      // How often it is read is theirs to say, how often it is written is not.
      const isKept = known?.xml === xml && now < addMs(known.keptAt, settings.refreshInterval);
      if (!isKept) await copy.keep(xml);
      const etag = answer === 'unchanged' ? known?.etag : answer.etag;
      return { xml, etag, provider, keptAt: isKept ? known.keptAt : now };
    },
  });
  let seeding: Promise<void> | undefined;
  const seed = async (): Promise<void> => {
    const found = await copy.read();
    if (!found) return;
    try {
      const provider = parse(found.xml);
      last ??= provider;
      value.seed({ xml: found.xml, etag: undefined, provider, keptAt: found.at }, found.at);
    } catch {
      // A copy that is not valid any more helps nobody; the next load says what is wrong.
    }
  };
  return {
    async get() {
      seeding ??= seed();
      await seeding;
      return (await value.get()).provider;
    },
    known: () => (value.state().usable ? last : undefined),
    start() {
      seeding ??= seed();
      value.start();
    },
    [Symbol.dispose]: () => value[Symbol.dispose](),
  };
}

async function fetchMetadata(
  relyingParty: string,
  url: URL,
  etag: string | undefined,
  { http }: TrustNeeds,
): Promise<'unchanged' | { readonly xml: string; readonly etag: string | undefined }> {
  const accept = 'application/samlmetadata+xml, application/xml, text/xml';
  const headers = { accept, ...(etag !== undefined && { 'if-none-match': etag }) };
  const answer = await http
    .request({ method: 'GET', url, system: relyingParty, headers })
    .catch((error: unknown) => {
      throw metadataUnavailable(relyingParty, 'metadata did not answer', error);
    });
  if (answer.status === 304 && etag !== undefined) return 'unchanged';
  if (answer.status !== 200) {
    throw metadataUnavailable(relyingParty, `metadata answered with status ${answer.status}`);
  }
  return { xml: answer.body, etag: answer.headers['etag'] };
}

function keptCopy(relyingParty: string, url: URL, { copies, clock, log }: TrustNeeds) {
  return {
    async keep(xml: string): Promise<void> {
      try {
        await copies.keep(relyingParty, url, { xml, at: clock.now() });
      } catch (error) {
        // This process goes on with what it read.
        log.warn('metadata of an application cannot be kept', { relyingParty, error });
      }
    },
    async read(): Promise<MetadataCopy | undefined> {
      try {
        return await copies.read(relyingParty, url);
      } catch (error) {
        log.warn('kept metadata of an application cannot be read', { relyingParty, error });
        return undefined;
      }
    },
  };
}

function readOrUnavailable<T>(relyingParty: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw metadataUnavailable(relyingParty, reasonOf(error), error);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof SamlError ? (error.detail ?? error.code) : 'metadata cannot be read';
}
