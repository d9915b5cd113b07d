/**
 * app: the composition root. Builds every room from the configuration, connects the ports that rooms declare and
 * mounts their routes; the only place that knows them all. It holds no rules.
 */
export { type Broker, createBroker } from './broker.ts';
export { checkConfiguration, checkFile } from './check-config.ts';
export { type Composed, compose } from './compose.ts';
export {
  ConfigFile,
  type Configuration,
  expand,
  partiesElsewhere,
} from './config.ts';
export { ERASE_PERSON } from './erase-person.ts';
export type { Role } from './live-broker.ts';
export { migrations } from './migrations.ts';
export type { People, PeopleFilter, Standing } from './people.ts';
export { type RunningApp, type ServeOptions, serve } from './serve.ts';
export { openStores, type Stores } from './stores.ts';
export { warningsOf } from './warnings.ts';
