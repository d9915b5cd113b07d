import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { serve } from '../app/index.ts';
import { systemClock } from '../base/index.ts';
import { readEnvironment } from '../platform/config/index.ts';
import { lockFolder } from '../platform/database/index.ts';
import { createLog } from '../platform/log/index.ts';
import { createCast, DEMO_PASSWORD, type Sandbox, startSandbox } from '../sandbox/index.ts';
import { type Command, parse, stopRequested, wholeNumber } from './command.ts';
import { demoConfiguration, demoRegistration } from './demo-world.ts';
import { ReloadOnHangUp } from './reload.ts';
import { readConfiguration } from './settings.ts';

const SYSTEMS = {
  ...{ sandbox: 'sandbox', otds: 'otds', am: 'am' },
  ...{ 'store-emea': 'store-emea', 'store-na': 'store-na', 'store-outlet': 'store-outlet' },
  ...{ wiki: 'wiki', iconik: 'iconik', salesforce: 'halden.my.salesforce' },
};

/** What `--json` prints, for scripts; the text says the same. */
type DemoReport = {
  readonly broker: string;
  readonly management: string;
  readonly sandbox: Readonly<Record<string, string>>;
  readonly people: readonly { readonly login: string; readonly password: string; readonly shows: string }[];
  readonly relyingParties: readonly { readonly id: string; readonly kind: string; readonly launch: string }[];
};

const OPTIONS = {
  port: {
    type: 'string',
    default: '3000',
    value: 'N',
    help: 'takes N for the broker, N+1 for health and metrics, N+2 for the world around it',
  },
  data: {
    type: 'string',
    default: 'data/demo',
    value: 'DIR',
    help: 'where the database and all else is kept',
  },
  json: { type: 'boolean', default: false, help: 'prints what it says as one JSON object' },
} as const;

export const demoCommand: Command = {
  usage: '[--port N] [--data DIR] [--json]',
  options: OPTIONS,
  async run(args) {
    const { values } = parse(args, OPTIONS);
    const port = wholeNumber(values.port, '--port', 1, 65_533);
    const stop = stopRequested();
    const dataDir = resolve(values.data);
    await using _owned = await ownFolder(dataDir);
    const configPath = writeConfiguration(dataDir, port);

    const broker = `http://sso.localhost:${port}`;
    await using sandbox = await startSandbox({
      port: port + 2,
      clock: systemClock,
      broker: demoRegistration(broker),
      folder: join(dataDir, 'sandbox'),
    });
    const variables = demoVariables(configPath, dataDir, port);
    const env = readEnvironment(variables);
    const config = readConfiguration(configPath);
    const log = createLog(env.logLevel);
    using reloading = new ReloadOnHangUp(configPath, log);
    await using app = await serve({ env, variables, config, log, clock: systemClock, role: 'all' });
    reloading.serves(app);
    const report = describe(broker, port, sandbox, config.relyingParties);
    console.log(values.json ? JSON.stringify(report) : asText(report, configPath));
    await stop;
    return 0;
  },
};

/** Before anything is written: a second demo must not change the files of the one that runs. */
async function ownFolder(dataDir: string): Promise<AsyncDisposable> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(dataDir);
  return { [Symbol.asyncDispose]: () => lock.release() };
}

/** Written anew at each start, because it names the ports; for the owner only, like every file with secrets. */
function writeConfiguration(dataDir: string, port: number): string {
  const path = join(dataDir, 'vestibule.yaml');
  writeFileSync(path, demoConfiguration({ broker: port, sandbox: port + 2 }), { mode: 0o600 });
  return path;
}

/** The demo brings everything itself; settings meant for a real broker do not reach it. */
function demoVariables(
  configPath: string,
  dataDir: string,
  port: number,
): Record<string, string | undefined> {
  return {
    VESTIBULE_CONFIG: configPath,
    VESTIBULE_DATA: dataDir,
    VESTIBULE_LOG_LEVEL: process.env['VESTIBULE_LOG_LEVEL'] ?? 'warn',
    PORT: String(port),
    MANAGEMENT_PORT: String(port + 1),
  };
}

function describe(
  broker: string,
  port: number,
  sandbox: Sandbox,
  relyingParties: readonly { readonly id: string; readonly kind: string }[],
): DemoReport {
  return {
    broker,
    management: `http://127.0.0.1:${port + 1}`,
    sandbox: Object.fromEntries(Object.entries(SYSTEMS).map(([name, host]) => [name, sandbox.url(host)])),
    people: createCast(systemClock.now()).map(({ login, shows }) => ({
      login,
      password: DEMO_PASSWORD,
      shows,
    })),
    relyingParties: relyingParties.map(({ id, kind }) => ({ id, kind, launch: `${broker}/launch/${id}` })),
  };
}

function asText(report: DemoReport, configPath: string): string {
  return [
    '',
    `Vestibule is ready. Open ${report.broker}/ and sign in; the password of everybody is ${DEMO_PASSWORD}.`,
    '',
    ...report.people.map(({ login, shows }) => `  ${login.padEnd(6)}${shows}`),
    '',
    'Stores and applications, by link:',
    ...report.relyingParties.map(({ launch }) => `  ${launch}`),
    '',
    `The world around it, with switches to break it: ${report.sandbox['sandbox']}/`,
    `Health and metrics: ${report.management}/health/ready, ${report.management}/metrics`,
    `Configuration: ${configPath}`,
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}
