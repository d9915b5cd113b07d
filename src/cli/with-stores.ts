import { openStores, type Stores } from '../app/index.ts';
import { systemClock } from '../base/index.ts';
import { createLog } from '../platform/log/index.ts';
import { readSettings } from './settings.ts';

/** Runs a command on the stores of the configured broker, which may be running beside it. */
export async function withStores(work: (stores: Stores) => Promise<number>): Promise<number> {
  const { env, config } = readSettings();
  await using stores = await openStores({
    ...{ env, config, variables: process.env, clock: systemClock },
    // Results go to standard output; only what went wrong is said beside them.
    log: createLog(env.logLevel === 'info' ? 'warn' : env.logLevel),
    isCommand: true,
  });
  return await work(stores);
}
