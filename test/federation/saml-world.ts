import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ConnectionConfig,
  createUpstreams,
  migrations,
  type Received,
  type Upstream,
  type UpstreamResult,
  type Upstreams,
} from '../../src/federation/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeSigningKey, type ResponseOptions, SamlIdp, type SigningKey } from '../support/saml-idp.ts';

export const PUBLIC_URL = 'https://sso.example';
const keys = Promise.all([makeSigningKey(), makeSigningKey()]);

/** A metadata server that counts, and answers as it is told. */
export type MetadataServer = {
  readonly url: string;
  xml: string;
  etag: string | undefined;
  status: number;
  requests: number;
  notModified: number;
};

export type SamlWorld = AsyncDisposable & {
  readonly clock: ManualClock;
  readonly idp: SamlIdp;
  readonly spKey: SigningKey;
  /** What our key ring gives from now on, the active one first. */
  spKeys: readonly SigningKey[];
  readonly db: TestDatabase;
  readonly metadata: MetadataServer;
  /** Connections as another process would open them: same database, nothing else shared. */
  open(configs?: (idp: SamlIdp, metadataUrl: string) => object[]): Upstreams;
};

export async function openSamlWorld(): Promise<SamlWorld> {
  const clock = new ManualClock();
  const [idpKey, spKey] = await keys;
  await using opened = new AsyncDisposableStack();
  const db = opened.use(await createTestDatabase(migrations));
  const http = opened.use(createHttpClient({ allowInsecureLoopback: true }));
  const idp = new SamlIdp(idpKey, clock, {
    entityId: `${PUBLIC_URL}/login/am/metadata`,
    acsUrl: `${PUBLIC_URL}/login/am/acs`,
  });
  const metadata = opened.use(await serveMetadata(idp));
  const closing = opened.move();
  const world: SamlWorld = {
    clock,
    idp,
    spKey,
    spKeys: [spKey],
    db,
    metadata,
    open(configs = (from) => [inlineConfig(from)]) {
      const upstreams = createUpstreams({
        connections: configs(idp, metadata.url).map((config) => ConnectionConfig.parse(config)),
        publicUrl: new URL(PUBLIC_URL),
        allowInsecureLoopback: true,
        http,
        clock,
        log: silentLog,
        db: db.db,
        keys: { samlServiceProviderKeys: () => Promise.resolve(world.spKeys) },
      });
      return closing.use(upstreams);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
  return world;
}

async function serveMetadata(idp: SamlIdp): Promise<MetadataServer & AsyncDisposable> {
  const state = {
    xml: idp.metadata(),
    etag: undefined as string | undefined,
    status: 200,
    requests: 0,
    notModified: 0,
  };
  const server = createServer((request, response) => {
    state.requests += 1;
    if (state.etag !== undefined && request.headers['if-none-match'] === state.etag) {
      state.notModified += 1;
      response.writeHead(304).end();
      return;
    }
    response.writeHead(state.status, state.etag ? { etag: state.etag } : {}).end(state.xml);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://am.localhost:${(server.address() as AddressInfo).port}/metadata`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

export function inlineConfig(idp: SamlIdp, more: object = {}): object {
  return {
    id: 'am',
    preset: 'saml',
    metadata: idp.metadata(),
    subject: { attribute: 'guid' },
    ...more,
  };
}

export function upstreamOf(upstreams: Upstreams, id = 'am'): Upstream {
  const upstream = upstreams.get(id);
  if (!upstream) throw new Error(`no connection ${id}`);
  return upstream;
}

export async function receive(upstream: Upstream, samlResponse: string): Promise<Received> {
  return await upstream.receive({ kind: 'form', fields: { SAMLResponse: samlResponse } });
}

/** One whole sign-in: begin, the upstream's page, receive, finish. */
export async function signIn(
  world: SamlWorld,
  upstream: Upstream,
  options: ResponseOptions = {},
  begin: Parameters<Upstream['begin']>[0] = {},
): Promise<UpstreamResult> {
  const begun = await upstream.begin(begin);
  const answer = await world.idp.response({
    assertionId: `_${begun.correlation}`,
    requestId: begun.correlation,
    ...options,
  });
  return await upstream.finish(await receive(upstream, answer), begun.pending);
}
