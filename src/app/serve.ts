import { type Clock, MINUTE } from '../base/index.ts';
import type { Environment } from '../platform/config/index.ts';
import { createManagementApp, listen } from '../platform/http/index.ts';
import type { Log } from '../platform/log/index.ts';
import { createBroker } from './broker.ts';
import type { Configuration } from './config.ts';
import { openStores } from './stores.ts';

/** `web` answers browsers, `worker` does what is due, `all` does both. */
export type Role = 'web' | 'worker' | 'all';

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
};

const PREPARE_EVERY_MS = 10 * MINUTE;

/**
 * Opens everything, listens and works until disposed. Disposing first lets requests and jobs in flight end, then
 * writes the last checkpoint, then closes the stores.
 */
export async function serve(options: ServeOptions): Promise<RunningApp> {
  const { env, log, role } = options;
  await using opening = new AsyncDisposableStack();
  const stores = opening.use(await openStores(options));
  const broker = opening.use(createBroker({ ...options, stores }));
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
  await broker.upstreams.start();
  if (role !== 'web') {
    await broker.jobs.start();
    opening.defer(() => broker.jobs.stop());
  }
  keepPrepared(broker, opening, log);
  const web =
    role === 'worker' ? undefined : opening.use(await listen({ handler: broker.web, ...env.listen, log }));
  isStarted = true;
  log.info('broker is ready', { role, port: web?.port, management: management.port });

  const closing = opening.move();
  return {
    port: web?.port ?? 0,
    managementPort: management.port,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Targets are read in the background from the start on, so that the first sign-in does not wait for it. */
function keepPrepared(
  broker: ReturnType<typeof createBroker>,
  opening: AsyncDisposableStack,
  log: Log,
): void {
  const prepare = (): void => {
    broker.provisioning
      .prepareTargets()
      .catch((error: unknown) => log.warn('targets could not be prepared', { error }));
  };
  prepare();
  const timer = setInterval(prepare, PREPARE_EVERY_MS);
  opening.defer(() => clearInterval(timer));
}
