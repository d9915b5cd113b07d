import { openStores } from '../app/index.ts';
import { systemClock } from '../base/index.ts';
import { createLog } from '../platform/log/index.ts';
import { type Command, parse } from './command.ts';
import { readSettings } from './settings.ts';

export const migrateCommand: Command = {
  usage: '',
  async run(args) {
    parse(args, {});
    const { env, config } = readSettings();
    const log = createLog(env.logLevel);
    await using _stores = await openStores({
      env,
      config,
      log,
      isCommand: true,
      clock: systemClock,
      variables: process.env,
    });
    console.log('The database is up to date.');
    return 0;
  },
};
