import type { Clock } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { HttpClient } from '../platform/http/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { ConnectionConfig } from './config.ts';
import { OidcUpstream } from './oidc/oidc-upstream.ts';
import { accessManager } from './presets/access-manager.ts';
import { genericOidc } from './presets/oidc.ts';
import { otds } from './presets/otds.ts';
import { genericSaml } from './presets/saml.ts';
import { SamlUpstream } from './saml/saml-upstream.ts';
import type { ServiceProviderKeys, Upstream, Upstreams } from './upstream.ts';

export type UpstreamsNeeds = {
  readonly connections: readonly ConnectionConfig[];
  readonly publicUrl: URL;
  readonly allowInsecureLoopback: boolean;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly db: Database;
  readonly keys: ServiceProviderKeys;
};

type Running = Upstream & Disposable & { start(): void };

/** Builds every configured connection; talks to none of them before `start` or the first sign-in. */
export function createUpstreams(needs: UpstreamsNeeds): Upstreams {
  const upstreams = new Map(needs.connections.map((config) => [config.id, open(config, needs)]));
  return {
    get: (id) => upstreams.get(id),
    list: () => [...upstreams.values()],
    async start() {
      for (const upstream of upstreams.values()) upstream.start();
    },
    async [Symbol.asyncDispose]() {
      for (const upstream of upstreams.values()) upstream[Symbol.dispose]();
    },
  };
}

function open(config: ConnectionConfig, needs: UpstreamsNeeds): Running {
  switch (config.preset) {
    case 'oidc':
      return new OidcUpstream(genericOidc(config, needs), needs);
    case 'otds':
      return new OidcUpstream(otds(config, needs), needs);
    case 'saml':
      return new SamlUpstream(genericSaml(config, needs), needs);
    case 'access-manager':
      return new SamlUpstream(accessManager(config, needs), needs);
  }
}
