import { join } from 'node:path';
import { type Clock, HOUR } from '../base/index.ts';
import { createDirectory } from '../directory/index.ts';
import { createUpstreams, type Upstreams } from '../federation/index.ts';
import { launchpadRoutes } from '../launchpad/index.ts';
import {
  createCurrentSession,
  createTransactions,
  isCrossSiteEndpoint,
  type LoginDeps,
  loginRoutes,
} from '../login/index.ts';
import { createCookies, createHttpClient, createViews, createWebApp } from '../platform/http/index.ts';
import { createJobs, type Jobs } from '../platform/jobs/index.ts';
import type { Log } from '../platform/log/index.ts';
import { createPolicy } from '../policy/index.ts';
import { createProvisioning, type Provisioning } from '../provisioning/index.ts';
import { createReconcile } from '../reconcile/index.ts';
import { createRegistry } from '../relying-parties/index.ts';
import { createSessions } from '../session/index.ts';
import { type Configuration, policyView } from './config.ts';
import { directoryEvents } from './directory-events.ts';
import { historyReader } from './history.ts';
import { jobMetrics } from './metrics.ts';
import { connectStorefronts } from './storefronts.ts';
import type { Stores } from './stores.ts';

export type BrokerOptions = {
  readonly config: Configuration;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly log: Log;
  /** Tests stop or kill the process between two durable steps of provisioning. */
  readonly onProvisioningStep?: (step: string) => void | Promise<void>;
};

/** Every room, built and connected; nothing listens or works in the background yet. */
export type Broker = AsyncDisposable & {
  readonly web: ReturnType<typeof createWebApp>;
  readonly jobs: Jobs;
  readonly provisioning: Provisioning;
  readonly upstreams: Upstreams;
};

const VIEWS = join(import.meta.dirname, '..', '..', 'views');

/** Builds the rooms from the configuration and connects the ports that they declare. Holds no rules. */
export function createBroker(options: BrokerOptions): Broker {
  const { config, stores, clock, log } = options;
  const { database, keyValue, keys, accessLog, metrics } = stores;
  const { db } = database;
  const closing = new AsyncDisposableStack();
  const registry = createRegistry(config);
  const connection = new Map(config.connections.map((each) => [each.id, each]));

  const http = closing.use(
    createHttpClient({
      allowInsecureLoopback: config.allowInsecureLoopback,
      allowedHosts: config.outbound.allow,
    }),
  );
  const jobs = createJobs({
    db,
    clock,
    log,
    listen: (...args) => database.listen(...args),
    sealer: (owner) => keys.sealer(owner),
    onRun: jobMetrics(metrics),
  });
  const upstreams = closing.use(
    createUpstreams({
      connections: config.connections,
      publicUrl: config.publicUrl,
      allowInsecureLoopback: config.allowInsecureLoopback,
      ...{ http, clock, log, db, keys },
    }),
  );
  const provisioning = closing.use(
    createProvisioning({
      ...{ db, keys, clock, log, http, jobs, accessLog },
      targets: config.targets.map((target) => ({
        ...target,
        relyingParties: registry.enteringBy(target.id),
      })),
      ...(options.onProvisioningStep && { onStep: options.onProvisioningStep }),
    }),
  );
  const reconcile = createReconcile({
    policy: createPolicy({ ...config, relyingParties: config.relyingParties.map(policyView) }),
    accounts: provisioning,
    registry,
    trustedMailDomainsOf: (id) => connection.get(id)?.trustedMailDomains ?? [],
  });
  const directory = createDirectory({
    ...{ db, keys, clock },
    events: directoryEvents(accessLog),
    attributes: config.attributes,
    rulesOf: (id) => ({
      // One that is not configured any more has no plain names, even if a single other one is left.
      primary:
        connection.has(id) && (config.connections.length === 1 || connection.get(id)?.primary === true),
      others: config.connections.flatMap((other) => (other.id === id ? [] : [other.id])),
      onNoMatch: connection.get(id)?.onNoMatch ?? 'refuse',
    }),
  });
  const sessions = createSessions({ db, keyValue, keys, clock });
  const storefronts = connectStorefronts(registry, provisioning);

  const cookies = createCookies(config.publicUrl);
  const views = createViews(VIEWS, { productName: 'Vestibule', organisation: config.organisation ?? null });
  const current = createCurrentSession({ cookies, sessions, directory, upstreams });
  const titleOfConnection = (id: string): string => upstreams.get(id)?.title ?? id;
  const deps: LoginDeps = {
    ...{ clock, log, cookies, keyValue, upstreams, directory, sessions, reconcile, registry, accessLog },
    transactions: createTransactions(keyValue, keys),
    issuerOf: (kind) => (kind === 'bigcommerce-storefront' ? storefronts.issuer : undefined),
    requestsOf: () => undefined,
    settings: {
      sessionLifetimeMs: config.session.lifetime,
      claimsMaxAgeMs: (id) => connection.get(id)?.claimsMaxAge ?? HOUR,
      entriesPerMinute: config.limits.entriesPerMinute,
    },
  };
  const web = createWebApp({
    ...{ publicUrl: config.publicUrl, log, clock, views, viewsFolder: VIEWS, metrics },
    trustedProxies: config.trustedProxies,
    isCrossSiteEndpoint,
    routers: [
      loginRoutes({ deps, current, views, beginsPerMinute: config.limits.beginsPerMinute }),
      launchpadRoutes({
        ...{ clock, views, cookies, current, reconcile, accessLog, sessions, registry, titleOfConnection },
        signOutUrlOf: storefronts.signOutUrlOf,
        upstreamNote: (id) =>
          `You may still be signed in at ${titleOfConnection(id)}: whoever uses this browser next could come back without a password.`,
        historyOf: historyReader(accessLog),
      }),
    ],
  });
  return { web, jobs, provisioning, upstreams, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
