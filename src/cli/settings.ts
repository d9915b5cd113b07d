import { ConfigFile, type Configuration, checkFile, expand } from '../app/index.ts';
import { type Environment, loadConfig, readEnvironment } from '../platform/config/index.ts';

/** Environment and checked configuration of this process. @throws ConfigurationError */
export function readSettings(): { env: Environment; config: Configuration } {
  const env = readEnvironment(process.env);
  return { env, config: readConfiguration(env.configPath) };
}

export function readConfiguration(path: string): Configuration {
  return expand(loadConfig(path, ConfigFile, checkFile));
}
