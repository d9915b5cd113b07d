import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { systemClock } from '../src/base/index.ts';
import { demoConfiguration, demoRegistration } from '../src/cli/demo-world.ts';
import { openBundledPostgres } from '../src/platform/database/index.ts';
import { silentLog } from '../src/platform/log/index.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts';
import { type BrokerProcess, startBroker } from './broker-process.ts';
import { createPostgresCpu } from './postgres-cpu.ts';

/** The demo world with the broker in a process of its own and a database that really writes to the disk. */
export type BenchWorld = AsyncDisposable & {
  readonly sandbox: Sandbox;
  readonly broker: BrokerProcess;
  readonly origin: string;
  postgresCpuMs(): number | undefined;
};

const NO_LIMIT = 1_000_000;

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
  const broker = stack.use(
    await startBroker({
      ask: 'start',
      folder,
      config: configuration(port, sandbox.port),
      variables: {
        VESTIBULE_DATA: folder,
        VESTIBULE_MASTER_KEY: randomBytes(32).toString('base64'),
        DATABASE_URL: database.url,
        PORT: String(port),
        MANAGEMENT_PORT: '0',
      },
    }),
  );
  const closing = stack.move();
  return {
    sandbox,
    broker,
    origin,
    postgresCpuMs: createPostgresCpu(dataDir),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** The demo's configuration, without limits that a person would never meet. */
function configuration(broker: number, sandbox: number): string {
  const tree: unknown = parse(demoConfiguration({ broker, sandbox }));
  const limits = { beginsPerMinute: NO_LIMIT, entriesPerMinute: NO_LIMIT };
  return stringify({ ...(tree as object), limits });
}

/** A port that was free a moment ago; the broker must know its own address before it listens. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
