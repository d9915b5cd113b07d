import { type Role, serve } from '../app/index.ts';
import { systemClock } from '../base/index.ts';
import { createLog } from '../platform/log/index.ts';
import { type Command, parse, stopRequested, UsageError } from './command.ts';
import { ReloadOnHangUp } from './reload.ts';
import { readSettings } from './settings.ts';

const ROLES: readonly Role[] = ['web', 'worker', 'all'];

const OPTIONS = {
  role: {
    type: 'string',
    default: 'all',
    value: 'ROLE',
    help: 'web answers browsers, worker runs what is due, all does both',
  },
} as const;

export const serveCommand: Command = {
  usage: '[--role web|worker|all]',
  options: OPTIONS,
  async run(args) {
    const { values } = parse(args, OPTIONS);
    const role = ROLES.find((each) => each === values.role);
    if (!role) throw new UsageError(`--role takes one of ${ROLES.join(', ')}`);
    const { env, config } = readSettings();
    const log = createLog(env.logLevel);
    const stop = stopRequested();
    using reloading = new ReloadOnHangUp(env.configPath, log);
    await using app = await serve({ env, config, role, log, clock: systemClock, variables: process.env });
    reloading.serves(app);
    const signal = await stop;
    log.info('broker stops', { signal, port: app.port });
    return 0;
  },
};
