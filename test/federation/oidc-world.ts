import type { Kysely } from 'kysely';
import {
  type Begun,
  ConnectionConfig,
  createUpstreams,
  type Upstream,
  type UpstreamResult,
  type Upstreams,
} from '../../src/federation/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { OpenIdProvider } from '../support/openid-provider.ts';

export const PERSON = { sub: 'b1c2-uuid', preferred_username: 'mira@staff', grp: ['merchandising@staff'] };

/** A provider, a clock and the connections made for it, closed together. */
export type OidcWorld = AsyncDisposable & {
  readonly clock: ManualClock;
  readonly provider: OpenIdProvider;
  readonly upstreams: Upstreams;
  upstream(id?: string): Upstream;
};

export async function openOidcWorld(
  configure: (issuer: string) => object[] = (issuer) => [otdsConfig(issuer)],
): Promise<OidcWorld> {
  const clock = new ManualClock();
  await using opened = new AsyncDisposableStack();
  const provider = opened.use(await OpenIdProvider.start(clock));
  provider.behaviour.claims = { ...PERSON };
  const http = opened.use(createHttpClient({ allowInsecureLoopback: true }));
  const upstreams = opened.use(
    createUpstreams({
      connections: configure(provider.issuer).map((config) => ConnectionConfig.parse(config)),
      publicUrl: new URL('http://sso.localhost:8080'),
      allowInsecureLoopback: true,
      http,
      clock,
      log: silentLog,
      // OIDC connections touch neither the database nor our SAML key.
      db: undefined as unknown as Kysely<object>,
      keys: { samlServiceProviderKeys: () => Promise.reject(new Error('not used by OIDC')) },
    }),
  );
  const closing = opened.move();
  return {
    clock,
    provider,
    upstreams,
    upstream: (id = 'otds') => {
      const upstream = upstreams.get(id);
      if (!upstream) throw new Error(`no connection ${id}`);
      return upstream;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

export function otdsConfig(issuer: string, more: object = {}): object {
  return {
    id: 'otds',
    preset: 'otds',
    baseUrl: issuer,
    clientId: 'vestibule',
    clientSecret: 'top-secret',
    userinfo: 'never',
    ...more,
  };
}

export function redirectOf(begun: Begun): URL {
  if (begun.go.kind !== 'redirect') throw new Error('expected a redirect');
  return begun.go.url;
}

/** One whole sign-in: begin, the provider's page, receive, finish. */
export async function signIn(
  world: OidcWorld,
  options: {
    id?: string;
    begin?: Parameters<Upstream['begin']>[0];
    change?: (answer: URLSearchParams) => void;
  } = {},
): Promise<UpstreamResult> {
  const upstream = world.upstream(options.id);
  const begun = await upstream.begin(options.begin ?? {});
  const params = world.provider.authorize(redirectOf(begun));
  options.change?.(params);
  const received = await upstream.receive({ kind: 'query', params });
  return await upstream.finish(received, begun.pending);
}
