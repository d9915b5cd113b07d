import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { ConfigFile, checkConfiguration, expand, openStores, type Stores } from '../src/app/index.ts';
import { systemClock } from '../src/base/index.ts';
import { demoConfiguration, demoRegistration } from '../src/cli/demo-world.ts';
import { parseConfig, readEnvironment } from '../src/platform/config/index.ts';
import { openBundledPostgres } from '../src/platform/database/index.ts';
import type { IssuingPurpose } from '../src/platform/keys/index.ts';
import { silentLog } from '../src/platform/log/index.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts';
import { applicationsConfiguration } from './applications.ts';
import { type BrokerProcess, startBroker } from './broker-process.ts';
import { createPostgresCpu } from './postgres-cpu.ts';

/** The demo world with the broker in a process of its own and a database that really writes to the disk. */
export type BenchWorld = AsyncDisposable & {
  readonly sandbox: Sandbox;
  readonly broker: BrokerProcess;
  readonly origin: string;
  postgresCpuMs(): number | undefined;
  /** Puts the next key of a purpose in use, from this process: the broker hears of it through the database. */
  rotateKey(purpose: IssuingPurpose): Promise<void>;
};

const NO_LIMIT = 1_000_000;
/** As both upstreams call it. */
const GROUPS = ['merchandising@staff', 'access-manager:merchandising@staff'];
const Demo = z.object({ relyingParties: z.array(z.unknown()), rules: z.array(z.unknown()) });

export async function startBenchWorld(): Promise<BenchWorld> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-bench-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = join(folder, 'postgres');
  const database = stack.use(await openBundledPostgres({ dataDir, log: silentLog, clock: systemClock }));
  const sandbox = stack.use(await startSandbox({ port: 0, clock: systemClock }));
  sandbox.system('bigcommerce').turn({ quota: NO_LIMIT });
  const port = await freePort();
  const origin = `http://sso.localhost:${port}`;
  sandbox.registerBroker(demoRegistration(origin));
  const config = configuration(port, sandbox.port);
  const variables = {
    VESTIBULE_DATA: folder,
    VESTIBULE_MASTER_KEY: randomBytes(32).toString('base64'),
    DATABASE_URL: database.url,
    PORT: String(port),
    MANAGEMENT_PORT: '0',
  };
  const broker = stack.use(await startBroker({ ask: 'start', folder, config, variables }));
  let command: Promise<Stores> | undefined;
  const openCommand = (): Promise<Stores> =>
    openStores({
      ...{ env: readEnvironment(variables), variables, clock: systemClock, log: silentLog, isCommand: true },
      config: expand(parseConfig(config, folder, ConfigFile, checkConfiguration)),
    });
  stack.defer(async () => (await command)?.[Symbol.asyncDispose]());
  const closing = stack.move();
  return {
    sandbox,
    broker,
    origin,
    postgresCpuMs: createPostgresCpu(dataDir),
    async rotateKey(purpose) {
      command ??= openCommand();
      const { keys } = await command;
      const { outcome } = await keys.rotate(purpose, { by: { via: 'cli' }, force: true });
      if (outcome !== 'rotated') throw new Error(`the key of ${purpose} was not rotated`);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** The demo's configuration with two applications, and without limits that a person would never meet. */
function configuration(broker: number, sandbox: number): string {
  const tree: unknown = parse(demoConfiguration({ broker, sandbox }));
  const { relyingParties, rules } = Demo.parse(tree);
  const applications = applicationsConfiguration(GROUPS);
  return stringify({
    ...(tree as object),
    limits: { beginsPerMinute: NO_LIMIT, entriesPerMinute: NO_LIMIT },
    relyingParties: [...relyingParties, ...applications.relyingParties],
    rules: [...rules, ...applications.rules],
  });
}

/**
 * A port that was free a moment ago; the broker must know its own address before it listens. Below the range from which
 * systems hand out ports by themselves, so that nobody gets it in between.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer().once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
