import { type Actor, accessEvents } from '../access-log/index.ts';
import { type Clock, HOUR, newId } from '../base/index.ts';
import type { Environment } from '../platform/config/index.ts';
import { createManagementApp, listen } from '../platform/http/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { Configuration } from './config.ts';
import { configChanges } from './config-changes.ts';
import { keepHouse } from './housekeeping.ts';
import { careForKeys } from './key-care.ts';
import { type LiveBroker, openLiveBroker, type Role } from './live-broker.ts';
import { certificateMetrics } from './metrics.ts';
import { repeat } from './repeat.ts';
import { openStores, type Stores } from './stores.ts';

export type ServeOptions = {
  readonly env: Environment;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly config: Configuration;
  readonly clock: Clock;
  readonly log: Log;
  readonly role: Role;
  readonly onProvisioningStep?: (step: string) => void | Promise<void>;
};

export type RunningApp = AsyncDisposable & {
  readonly port: number;
  readonly managementPort: number;
  /**
   * Puts another configuration in force, without a restart and without losing a request. What the process itself
   * was started with (ports, database, key rotation, checkpoint file) stays until the next start.
   *
   * @param by who changed it, for the access log.
   */
  apply(config: Configuration, by: Actor): Promise<void>;
};

/**
 * Opens everything, listens and works until disposed. Disposing first lets requests and jobs in flight end, then
 * writes the last checkpoint, then closes the stores.
 */
export async function serve(options: ServeOptions): Promise<RunningApp> {
  const { env, log, role } = options;
  await using opening = new AsyncDisposableStack();
  const stores = opening.use(await openStores(options));
  let isStarted = false;

  const management = opening.use(
    await listen({
      handler: createManagementApp({
        metrics: stores.metrics,
        dependencies: [
          { name: 'database', ping: () => stores.database.ping() },
          { name: 'key-value', ping: () => stores.keyValue.ping() },
        ],
        isStarted: () => isStarted,
      }),
      ...env.management,
      log,
    }),
  );
  stores.accessLog.start();
  const broker = opening.use(await openLiveBroker({ ...options, stores }));
  if (role !== 'web') workHourly({ stores, broker, options, opening });
  const web =
    role === 'worker'
      ? undefined
      : opening.use(await listen({ handler: broker.handler, ...env.listen, log }));
  isStarted = true;
  log.info('broker is ready', { role, port: web?.port, management: management.port });

  const closing = opening.move();
  let present = options.config;
  return {
    async apply(config, by) {
      const changes = configChanges(present, config);
      await broker.apply(config);
      present = config;
      const facts = { by, ...changes };
      await stores.accessLog.append(accessEvents.configApplied({ thread: newId('ref'), facts }));
      log.info('configuration is in force', changes);
    },
    port: web?.port ?? 0,
    managementPort: management.port,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

type Hourly = {
  readonly stores: Stores;
  readonly broker: LiveBroker;
  readonly options: ServeOptions;
  readonly opening: AsyncDisposableStack;
};

/** Rooms are cleaned and keys kept fresh. Every worker may try: the database sees to it that it happens once. */
function workHourly({ stores, broker, options, opening }: Hourly): void {
  const { keys, database } = stores;
  const { clock, log } = options;
  const metrics = certificateMetrics(stores.metrics);
  const hourly = { everyMs: HOUR, log };
  opening.use(
    repeat({
      ...hourly,
      name: 'keys',
      work: () => careForKeys({ keys, metrics, log, upstreams: broker.upstreams() }),
    }),
  );
  opening.use(
    repeat({ ...hourly, name: 'housekeeping', work: () => keepHouse({ db: database.db, clock, log }) }),
  );
}
