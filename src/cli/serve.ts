import { type Role, type RunningApp, serve } from '../app/index.ts';
import { ConfigurationError, systemClock } from '../base/index.ts';
import { createLog, type Log } from '../platform/log/index.ts';
import {
  type Command,
  parse,
  readConfiguration,
  readSettings,
  stopRequested,
  UsageError,
} from './command.ts';

const ROLES: readonly Role[] = ['web', 'worker', 'all'];

export const serveCommand: Command = {
  summary: 'Runs the broker with the configuration of VESTIBULE_CONFIG.',
  usage: '[--role web|worker|all]',
  async run(args) {
    const { values } = parse(args, { role: { type: 'string', default: 'all' } });
    const role = ROLES.find((each) => each === values.role);
    if (!role) throw new UsageError(`--role takes one of ${ROLES.join(', ')}`);
    const { env, config } = readSettings();
    const log = createLog(env.logLevel);
    const stop = stopRequested();
    await using app = await serve({ env, config, role, log, clock: systemClock, variables: process.env });
    using _reloading = onReload(() => reload(app, env.configPath, log));
    const signal = await stop;
    log.info('broker stops', { signal, port: app.port });
    return 0;
  },
};

/** Reloads on SIGHUP, one after the other. */
function onReload(reloadOnce: () => Promise<void>): Disposable {
  let last = Promise.resolve();
  const listener = (): void => {
    last = last.then(reloadOnce);
  };
  process.on('SIGHUP', listener);
  return { [Symbol.dispose]: () => process.off('SIGHUP', listener) };
}

/** A file that is wrong, or a broker that cannot be built from it, changes nothing. */
async function reload(app: RunningApp, path: string, log: Log): Promise<void> {
  try {
    await app.apply(readConfiguration(path), { via: 'file' });
  } catch (error) {
    const problems = error instanceof ConfigurationError ? error.problems : undefined;
    log.error('the configuration was not taken over; the former one stays in force', {
      path,
      ...(problems ? { problems } : { error }),
    });
  }
}
