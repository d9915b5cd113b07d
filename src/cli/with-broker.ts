import { type Broker, compose, createBroker, openStores, type Stores } from '../app/index.ts';
import { type Clock, systemClock } from '../base/index.ts';
import { createLog } from '../platform/log/index.ts';
import { createObjectStore } from '../relying-parties/index.ts';
import { UsageError } from './command.ts';
import { readSettings } from './settings.ts';

export type CommandBroker = {
  readonly broker: Broker;
  readonly stores: Stores;
  /** Ids of the configured targets, in order. */
  readonly targets: readonly { readonly id: string; readonly kind: string }[];
  readonly relyingParties: readonly { readonly id: string; readonly target?: string | undefined }[];
  readonly clock: Clock;
};

/**
 * Runs a command on a broker of the configuration in force, relying parties of the API included. It answers no request,
 * and may run beside the one that does: both share the stores.
 */
export async function withBroker(work: (command: CommandBroker) => Promise<number>): Promise<number> {
  const { env, config: file } = readSettings();
  // Results go to standard output; only what went wrong is said beside them.
  const log = createLog(env.logLevel === 'info' ? 'error' : env.logLevel);
  await using stores = await openStores({
    ...{ env, config: file, variables: process.env, clock: systemClock, log },
    ...{ isCommand: true, mustExist: true },
  });
  const { database, keys } = stores;
  const stored = await createObjectStore({ db: database.db, keys, clock: systemClock }).read();
  const { config } = compose(file, stored);
  await using broker = await createBroker({ config, stores, clock: systemClock, log });
  const { targets, relyingParties } = config;
  return await work({ broker, stores, targets, relyingParties, clock: systemClock });
}

/** The target that was named, or all of them. @throws UsageError */
export function chooseTargets(
  { targets }: Pick<CommandBroker, 'targets'>,
  names: readonly string[],
): readonly string[] {
  const known = targets.map(({ id }) => id);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`${unknown} is no target; the configuration has ${known.join(', ') || 'none'}`);
  }
  return names.length > 0 ? names : known;
}
