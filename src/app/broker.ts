import { join } from 'node:path';
import { adminRoutes, isAdminApiPath } from '../admin/index.ts';
import { type Clock, HOUR, MINUTE } from '../base/index.ts';
import { createDirectory } from '../directory/index.ts';
import { authnContextsOf, createUpstreams, type Upstreams } from '../federation/index.ts';
import {
  createMetadataCopies,
  createNameBearers,
  createSamlNames,
  forgetSamlNames,
  isOidcProgramPath,
  isSamlEndpoint,
  type NameBearers,
  type SamlIdentityProvider,
  samlRoutes,
} from '../issuing/index.ts';
import { launchpadRoutes } from '../launchpad/index.ts';
import {
  createCurrentSession,
  createTransactions,
  isCrossSiteEndpoint,
  type LoginDeps,
  loginRoutes,
  SESSION_COOKIE,
} from '../login/index.ts';
import { createLogout, isLogoutEndpoint, type Logout, logoutPages } from '../logout/index.ts';
import {
  createCookies,
  createHttpClient,
  createViews,
  createWebApp,
  limitRate,
} from '../platform/http/index.ts';
import { createJobs, type Jobs } from '../platform/jobs/index.ts';
import type { Log } from '../platform/log/index.ts';
import { createPolicy } from '../policy/index.ts';
import {
  createProvisioning,
  forgetAccounts,
  isWebhookPath,
  type Provisioning,
  webhookRoutes,
} from '../provisioning/index.ts';
import { createReconcile } from '../reconcile/index.ts';
import { createRegistry, type ObjectStore } from '../relying-parties/index.ts';
import { createSessions, type Sessions } from '../session/index.ts';
import { connectAccess } from './access.ts';
import { type Configuration, policyViews } from './config.ts';
import type { ConfigurationInForce } from './configuration-in-force.ts';
import { directoryEvents } from './directory-events.ts';
import { connectErasure, type ErasePerson } from './erase-person.ts';
import { historyReader } from './history.ts';
import { openIssuers } from './issuers.ts';
import { RelyingPartyConfig } from './kinds.ts';
import { logoutSettings } from './logouts.ts';
import { jobMetrics } from './metrics.ts';
import { onBehalfOf } from './outgoing.ts';
import { connectPeople, type People } from './people.ts';
import { lookAgainAt, reassessPeople } from './reassess.ts';
import { connectStorefronts } from './storefronts.ts';
import type { Stores } from './stores.ts';
import { withParties } from './target-parties.ts';

export type BrokerOptions = {
  readonly config: Configuration;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly log: Log;
  /** What is registered over the API, and how that takes effect; absent, there is no API. */
  readonly registered?: Registered;
  /** Tests stop or kill the process between two durable steps of provisioning. */
  readonly onProvisioningStep?: (step: string) => void | Promise<void>;
};

export type Registered = { readonly inForce: ConfigurationInForce; readonly objects: ObjectStore };

/** Every room, built and connected; nothing listens or works in the background yet. */
export type Broker = AsyncDisposable & {
  readonly web: ReturnType<typeof createWebApp>;
  readonly jobs: Jobs;
  readonly provisioning: Provisioning;
  readonly people: People;
  /** R6.2; see erase-person.ts. */
  readonly erasePerson: (erase: ErasePerson) => Promise<void>;
  /** Who bears names at applications that go by names of people. */
  readonly names: NameBearers;
  readonly upstreams: Upstreams;
  readonly sessions: Pick<Sessions, 'refs'>;
  readonly logout: Logout;
  /** Our SAML identity provider as others are told of it. */
  readonly identityProvider: Pick<SamlIdentityProvider, 'entityId' | 'metadata' | 'check'>;
  /** Begins to read the metadata of relying parties in the background. */
  start(): void;
};

const VIEWS = join(import.meta.dirname, '..', '..', 'views');

/** Of all rooms: paths that other sites post to (R2.2). */
const CROSS_SITE_ENDPOINTS = [
  isCrossSiteEndpoint,
  isLogoutEndpoint,
  isOidcProgramPath,
  isSamlEndpoint,
  isAdminApiPath,
  isWebhookPath,
];

/** Builds the rooms from the configuration and connects the ports that they declare. Holds no rules. */
export async function createBroker(options: BrokerOptions): Promise<Broker> {
  const { config, stores, clock, log } = options;
  const { database, keyValue, keys, accessLog, metrics } = stores;
  const { db } = database;
  await using opening = new AsyncDisposableStack();
  const registry = createRegistry(config);
  const connection = new Map(config.connections.map((each) => [each.id, each]));

  const http = opening.use(
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
  const upstreams = opening.use(
    createUpstreams({
      connections: config.connections,
      publicUrl: config.publicUrl,
      allowInsecureLoopback: config.allowInsecureLoopback,
      ...{ http, clock, log, db, keys },
    }),
  );
  const provisioning = opening.use(
    createProvisioning({
      ...{ db, keys, clock, log, jobs, accessLog },
      http: onBehalfOf(http, (id) => registry.target(id)?.origin === 'api'),
      publicUrl: config.publicUrl,
      targets: config.targets.map((target) => withParties(target, registry)),
      // The queue asks when it works, and by then everything is built.
      wantedOf: (target, person) => people.lookup(target).byId(person),
      ...(options.onProvisioningStep && { onStep: options.onProvisioningStep }),
    }),
  );
  const reconcile = createReconcile({
    policy: createPolicy({ ...config, relyingParties: policyViews(config) }),
    accounts: provisioning,
    registry,
    trustedMailDomainsOf: (id) => connection.get(id)?.trustedMailDomains ?? [],
    // Asked in sign-ins, and by then everything is built.
    othersBeside: ({ person, identity }) => directory.beside(person.id, identity.id),
    lookAgainAt: lookAgainAt(db, jobs),
  });
  const directory = createDirectory({
    ...{ db, keys, clock },
    events: directoryEvents(accessLog, jobs),
    attributes: config.attributes,
    rulesOf: (id) => ({
      // One that is not configured any more has no plain names, even if a single other one is left.
      primary:
        connection.has(id) && (config.connections.length === 1 || connection.get(id)?.primary === true),
      others: config.connections.flatMap((other) => (other.id === id ? [] : [other.id])),
      onNoMatch: connection.get(id)?.onNoMatch ?? 'refuse',
      // Nobody trusts a connection any more that was removed.
      factsMaxAgeMs: connection.get(id)?.claimsMaxAge ?? 0,
    }),
  });
  const people = connectPeople({ directory, reconcile, clock });
  jobs.register(reassessPeople({ directory, reconcile, clock }));
  const sessions = createSessions({ db, keyValue, keys, clock });
  const storefronts = connectStorefronts(registry, provisioning);

  const cookies = createCookies(config.publicUrl);
  const views = createViews(VIEWS, { productName: 'Vestibule', organisation: config.organisation ?? null });
  const current = createCurrentSession({ cookies, sessions, directory, upstreams });
  const namesNeeds: Parameters<typeof createSamlNames>[0] = {
    ...{ db, keys, clock },
    trustedWith: (domain) =>
      config.connections.flatMap((each) => (each.trustedMailDomains.includes(domain) ? [each.id] : [])),
    knownBy: (name) => directory.bearersOf(name),
  };
  const claimsMaxAgeMs = (id: string): number => connection.get(id)?.claimsMaxAge ?? HOUR;
  const issuers = opening.use(
    await openIssuers({
      ...{ publicUrl: config.publicUrl, allowInsecureLoopback: config.allowInsecureLoopback },
      ...{ attributes: config.attributes, tables: config.tables, machines: config.machines },
      ...{ db, keyValue, keys, clock, log, views, registry, accessLog, storefronts },
      http: onBehalfOf(http, (id) => registry.relyingParty(id)?.origin === 'api'),
      access: connectAccess({ sessions, directory, reconcile, upstreams, clock, claimsMaxAgeMs }),
      browserSession: (req) => current.idOf(req),
      authnContexts: config.connections.flatMap(authnContextsOf),
      copies: createMetadataCopies(db, keys),
      names: createSamlNames(namesNeeds),
    }),
  );
  const titleOfConnection = (id: string): string => upstreams.get(id)?.title ?? id;
  const logout = createLogout({
    ...{ clock, log, db, jobs, keyValue, keys, accessLog, registry, sessions, upstreams },
    ...{ partyLogout: issuers.partyLogout, access: issuers.access, accounts: provisioning },
    settings: logoutSettings(config),
  });
  const erasePerson = connectErasure({
    ...{ db, keys, clock, log, jobs, directory, logout, provisioning, accessLog },
    forget: [forgetAccounts, forgetSamlNames],
  });
  const deps: LoginDeps = {
    ...{ clock, log, cookies, keyValue, upstreams, directory, sessions, logout, reconcile },
    ...{ registry, accessLog },
    transactions: createTransactions(keyValue, keys),
    ...{ issuerOf: issuers.issuerOf, requestsOf: issuers.requestsOf },
    settings: {
      sessionLifetimeMs: config.session.lifetime,
      claimsMaxAgeMs,
      entriesPerMinute: config.limits.entriesPerMinute,
    },
  };
  const web = createWebApp({
    ...{ publicUrl: config.publicUrl, log, clock, views, viewsFolder: VIEWS, metrics },
    trustedProxies: config.trustedProxies,
    isCrossSiteEndpoint: (path) => CROSS_SITE_ENDPOINTS.some((isEndpoint) => isEndpoint(path)),
    mounts: {
      // Each request of a stranger is kept for a while; the way back from its sign-in has a path below.
      '/oidc/auth': limitRate({
        ...{ name: 'oidc-request', counter: keyValue, skip: (req) => req.path !== '/' },
        ...{ limit: config.limits.beginsPerMinute, windowMs: MINUTE },
      }),
      // What applications push is kept as well; many people may stand behind one of them.
      '/oidc/par': limitRate({
        ...{ name: 'oidc-pushed', counter: keyValue },
        ...{ limit: config.limits.beginsPerMinute, windowMs: MINUTE },
      }),
      ...issuers.mounts,
    },
    routers: [
      samlRoutes({
        ...{ intake: issuers.saml.intake, metadata: issuers.saml.metadata, views, accessLog, log },
        limit: limitRate({
          ...{ name: 'saml-request', counter: keyValue },
          ...{ limit: config.limits.beginsPerMinute, windowMs: MINUTE },
        }),
      }),
      loginRoutes({ deps, current, views, beginsPerMinute: config.limits.beginsPerMinute }),
      ...logoutPages({
        ...{ logout, keyValue, keys, views, cookies, titleOfConnection },
        ...{ oidc: issuers.oidc, saml: issuers.saml.logout, sessionCookie: SESSION_COOKIE },
        publicUrl: config.publicUrl,
        perMinute: config.limits.beginsPerMinute,
      }),
      webhookRoutes({ webhooks: provisioning.webhooks, accessLog, clock, log }),
      launchpadRoutes({
        ...{ clock, views, current, reconcile, sessions, registry, logout, titleOfConnection },
        historyOf: historyReader(accessLog),
      }),
      ...(options.registered
        ? [
            adminRoutes({
              ...{ ...options.registered, db, clock, log, keys, accessLog, schema: RelyingPartyConfig },
              ...{ machineAccess: issuers.oidc.machineAccess, publicUrl: config.publicUrl },
              ...{ counter: keyValue, requestsPerMinute: config.limits.beginsPerMinute },
            }),
          ]
        : []),
    ],
  });
  const closing = opening.move();
  return {
    ...{
      web,
      jobs,
      provisioning,
      upstreams,
      sessions,
      logout,
      people,
      erasePerson,
      names: createNameBearers({ ...namesNeeds, accessLog }),
      identityProvider: issuers.saml,
      start: () => issuers.saml.start(),
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
