import { z } from 'zod';
import { ConfigurationError, Secret } from '../../base/index.ts';
import { describeIssues } from './problems.ts';

const optionalSecret = z
  .string()
  .min(1)
  .transform((value) => new Secret(value))
  .optional();

const port = z.coerce.number().int().min(0).max(65535);

/** Settings of the process, not of its objects. An empty variable counts as not set. */
const Variables = z.object({
  VESTIBULE_CONFIG: z.string().default('config/vestibule.yaml'),
  VESTIBULE_DATA: z.string().default('data'),
  VESTIBULE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  VESTIBULE_MASTER_KEY: optionalSecret,
  VESTIBULE_MASTER_KEY_FILE: z.string().optional(),
  /** Accepted beside the present one while `keys rotate --master` runs. */
  VESTIBULE_MASTER_KEY_PREVIOUS: optionalSecret,
  DATABASE_URL: optionalSecret,
  REDIS_URL: optionalSecret,
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(3000),
  MANAGEMENT_HOST: z.string().default('127.0.0.1'),
  MANAGEMENT_PORT: port.default(3001),
});

export type Environment = {
  readonly configPath: string;
  readonly dataDir: string;
  readonly logLevel: z.output<typeof Variables>['VESTIBULE_LOG_LEVEL'];
  readonly masterKey?: Secret;
  readonly masterKeyFile?: string;
  readonly previousMasterKey?: Secret;
  readonly databaseUrl?: Secret;
  readonly redisUrl?: Secret;
  readonly listen: { readonly host: string; readonly port: number };
  /** R8.5: loopback unless told otherwise. */
  readonly management: { readonly host: string; readonly port: number };
};

/** @throws ConfigurationError naming every variable that is wrong. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = Variables.safeParse(given);
  if (!parsed.success) {
    throw new ConfigurationError(describeIssues(parsed.error.issues, given));
  }
  const env = parsed.data;
  return {
    configPath: env.VESTIBULE_CONFIG,
    dataDir: env.VESTIBULE_DATA,
    logLevel: env.VESTIBULE_LOG_LEVEL,
    ...(env.VESTIBULE_MASTER_KEY && { masterKey: env.VESTIBULE_MASTER_KEY }),
    ...(env.VESTIBULE_MASTER_KEY_FILE && { masterKeyFile: env.VESTIBULE_MASTER_KEY_FILE }),
    ...(env.VESTIBULE_MASTER_KEY_PREVIOUS && { previousMasterKey: env.VESTIBULE_MASTER_KEY_PREVIOUS }),
    ...(env.DATABASE_URL && { databaseUrl: env.DATABASE_URL }),
    ...(env.REDIS_URL && { redisUrl: env.REDIS_URL }),
    listen: { host: env.HOST, port: env.PORT },
    management: { host: env.MANAGEMENT_HOST, port: env.MANAGEMENT_PORT },
  };
}
