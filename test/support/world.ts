import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import {
  ConfigFile,
  checkFile,
  expand,
  migrations,
  openStores,
  type RunningApp,
  type Stores,
  serve,
} from '../../src/app/index.ts';
import { HOUR, SECOND } from '../../src/base/index.ts';
import { demoConfiguration, demoRegistration } from '../../src/cli/demo-world.ts';
import { parseConfig, readEnvironment } from '../../src/platform/config/index.ts';
import { MasterKey } from '../../src/platform/keys/index.ts';
import { type Log, silentLog } from '../../src/platform/log/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { Browser, type Page } from './browser.ts';
import { type Ran, runCommand } from './commands.ts';
import { createTestDatabase } from './database.ts';
import { freePort } from './free-ports.ts';
import { ManualClock } from './manual-clock.ts';
import { insertReadyKeys, simulatorKeys } from './ready-keys.ts';
import { type RunningTestRedis, startTestRedis } from './redis-server.ts';

export type WorldOptions = {
  /** Changes the demo's configuration before it is read. */
  // biome-ignore lint/suspicious/noExplicitAny: a YAML tree, changed by tests as they please.
  readonly configure?: (config: any) => void;
  readonly keyValue?: 'memory' | 'redis';
  readonly clock?: ManualClock;
  readonly onProvisioningStep?: (step: string) => void | Promise<void>;
  /** A PostgreSQL that the test itself breaks; absent, the run's. */
  readonly postgresUrl?: string;
  /** The broker's operator log; absent, nobody reads it. */
  readonly log?: Log;
};

/** The demo world on free ports: sandbox and broker over real HTTP, on a database of its own, with a clock by hand. */
export type World = AsyncDisposable & {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  readonly broker: RunningApp;
  readonly origin: string;
  readonly databaseUrl: string;
  /** With `keyValue: 'redis'`, a server of this world's own. */
  readonly redis: RunningTestRedis | undefined;
  /** The broker's stores as another process opens them: for reading the access log, as its auditors do. */
  stores(): Promise<Stores>;
  browser(): Browser;
  /** Opens a page and signs in at OTDS where asked. */
  signIn(browser: Browser, login: string, path?: string): Promise<Page>;
  /** Stops the broker and starts it again on the same database, with a changed configuration if wanted. */
  restart(configure?: WorldOptions['configure']): Promise<void>;
  /** Another process of the same broker, on the same stores: its ports are its own. The caller closes it. */
  second(): Promise<RunningApp>;
  /** Puts a changed configuration in force while the broker runs. */
  apply(configure: NonNullable<WorldOptions['configure']>): Promise<void>;
  /**
   * The real command line beside the running broker: another process on the same stores, by the real clock. With
   * `configure` its configuration alone is changed, for this call.
   */
  vestibule(args: readonly string[], configure?: WorldOptions['configure']): Promise<Ran>;
  /** The demo's configuration on this world's ports, unchanged. */
  // biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
  demo(): any;
};

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const clock = options.clock ?? new ManualClock();
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-world-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const masterKey = randomBytes(32);
  const databaseUrl = options.postgresUrl ?? (await freshDatabase(stack, masterKey, clock));
  const redis = options.keyValue === 'redis' ? stack.use(await startTestRedis()) : undefined;
  const sandbox = stack.use(await startSandbox({ port: 0, clock, keys: simulatorKeys() }));
  const port = await freePort();
  const origin = `http://sso.localhost:${port}`;
  sandbox.registerBroker(demoRegistration(origin));

  const tree = parse(demoConfiguration({ broker: port, sandbox: sandbox.port }));
  // A busy machine is not what these tests are about; those about slow stores set their own.
  for (const target of tree.targets) target.budgetMs = 10_000;
  options.configure?.(tree);
  const read = () => expand(parseConfig(stringify(tree), folder, ConfigFile, checkFile));
  let config = read();
  const variables = {
    VESTIBULE_DATA: folder,
    VESTIBULE_MASTER_KEY: masterKey.toString('base64'),
    DATABASE_URL: databaseUrl,
    ...(redis && { REDIS_URL: redis.url }),
    PORT: String(port),
    MANAGEMENT_PORT: '0',
  };
  const env = readEnvironment(variables);
  const start = (own: Readonly<Record<string, string>> = variables) =>
    serve({
      ...{ env: readEnvironment(own), variables: own, config, clock, role: 'all' },
      log: options.log ?? silentLog,
      ...(options.onProvisioningStep && { onProvisioningStep: options.onProvisioningStep }),
    });
  let broker = await start();
  stack.defer(() => broker[Symbol.asyncDispose]());

  let reading: Promise<Stores> | undefined;
  const open = (): Promise<Stores> =>
    openStores({ env, variables, config, clock, log: silentLog, isCommand: true });
  stack.defer(async () => (await reading)?.[Symbol.asyncDispose]());

  const closing = stack.move();
  return {
    clock,
    sandbox,
    origin,
    redis,
    databaseUrl,
    stores() {
      reading ??= open();
      return reading;
    },
    get broker() {
      return broker;
    },
    browser: () => new Browser(),
    signIn: (browser, login, path = '/') => signIn(browser, `${origin}${path}`, login),
    async apply(configure) {
      configure(tree);
      config = read();
      await broker.apply(config, { via: 'file' });
    },
    async vestibule(args, configure) {
      const changed = structuredClone(tree);
      configure?.(changed);
      const path = join(folder, `command-${randomBytes(4).toString('hex')}.yaml`);
      writeFileSync(path, stringify(changed));
      const ran = await runCommand(args, { ...variables, VESTIBULE_CONFIG: path });
      catchUp(clock);
      return ran;
    },
    second: () => start({ ...variables, PORT: '0', VESTIBULE_DATA: join(folder, 'second') }),
    demo: () => parse(demoConfiguration({ broker: port, sandbox: sandbox.port })),
    async restart(configure) {
      await broker[Symbol.asyncDispose]();
      configure?.(tree);
      config = read();
      broker = await start();
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function freshDatabase(
  stack: AsyncDisposableStack,
  masterKey: Uint8Array,
  clock: ManualClock,
): Promise<string> {
  const { db, url } = stack.use(await createTestDatabase(migrations));
  await insertReadyKeys(db, new MasterKey(masterKey), clock.now());
  return url;
}

/** A command works by the real clock: in a world of today, what follows it is later than what it did. */
function catchUp(clock: ManualClock): void {
  const behindMs = Date.now() - clock.now().getTime();
  if (behindMs >= 0 && behindMs < HOUR) clock.advance(behindMs + SECOND);
}

async function signIn(browser: Browser, url: string, login: string): Promise<Page> {
  let page = await browser.open(url);
  if (
    page.url.pathname.startsWith('/login') ||
    page.links().some(({ text }) => text.includes('Directory (OTDS)'))
  ) {
    page = await page.click('Directory (OTDS)');
  }
  if (page.url.hostname !== 'otds.localhost') return page;
  return page.submit({ otds_username: login, otds_password: 'halden-demo' });
}
