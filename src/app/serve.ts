import type { Actor } from '../access-log/index.ts';
import { type Clock, HOUR } from '../base/index.ts';
import type { Environment } from '../platform/config/index.ts';
import { createManagementApp, listen } from '../platform/http/index.ts';
import type { Log } from '../platform/log/index.ts';
import { createObjectStore } from '../relying-parties/index.ts';
import type { Configuration } from './config.ts';
import { readConfigurationInForce } from './configuration-in-force.ts';
import { keepHouse } from './housekeeping.ts';
import { careForKeys } from './key-care.ts';
import { type LiveBroker, openLiveBroker, type Role } from './live-broker.ts';
import { certificateMetrics } from './metrics.ts';
import { repeat } from './repeat.ts';
import { openStores, type Stores } from './stores.ts';

export type ServeOptions = {
  readonly env: Environment;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Of the file; what was made over the API is put to it here. */
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
   * Puts another configuration file in force, without a restart and without losing a request. What the process itself
   * was started with (ports, database, key rotation, checkpoint file) stays until the next start.
   *
   * @param by who changed it, for the access log.
   */
  apply(config: Configuration, by: Actor): Promise<void>;
};

/**
 * Opens everything, listens and works until disposed. Disposing first lets requests and jobs in flight end, then
 * writes the last checkpoint, then closes the stores.
 *
 * @throws ConfigurationError when a rule names a relying party that neither the file nor the API has.
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
  const objects = createObjectStore({ db: stores.database.db, keys: stores.keys, clock: options.clock });
  const inForce = await readConfigurationInForce({
    ...{ file: options.config, objects, accessLog: stores.accessLog, log },
  });
  const broker = opening.use(
    await openLiveBroker({ ...options, config: inForce.config, stores, registered: { inForce, objects } }),
  );
  opening.use(
    await inForce.follow(
      (config) => broker.apply(config),
      (...args) => stores.database.listen(...args),
    ),
  );
  if (role !== 'web') workHourly({ stores, broker, options, opening });
  const web =
    role === 'worker'
      ? undefined
      : opening.use(await listen({ handler: broker.handler, ...env.listen, log }));
  isStarted = true;
  log.info('broker is ready', { role, port: web?.port, management: management.port });

  const closing = opening.move();
  return {
    apply: (config, by) => inForce.apply(config, by),
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
