import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { openStores, type Stores } from '../../src/app/index.ts';
import { systemClock } from '../../src/base/index.ts';
import { demoConfiguration, demoRegistration } from '../../src/cli/demo-world.ts';
import { readConfiguration } from '../../src/cli/settings.ts';
import { readEnvironment } from '../../src/platform/config/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { freePorts } from '../support/free-ports.ts';
import { type RunningTestServer, startTestPostgres } from '../support/postgres-server.ts';
import { type RunningTestRedis, startTestRedis } from '../support/redis-server.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { Child, untilReady } from './child.ts';

export type Role = 'web' | 'worker';

/** One broker process with its ports, started again after each death on the same ones. */
export class Member {
  readonly role: Role;
  readonly managementPort: number;
  readonly #env: Readonly<Record<string, string>>;
  #child: Child;

  constructor(role: Role, ports: readonly [number, number], env: Readonly<Record<string, string>>) {
    this.role = role;
    this.managementPort = ports[1];
    this.#env = { ...env, PORT: String(ports[0]), MANAGEMENT_PORT: String(ports[1]) };
    this.#child = this.#start();
  }

  get child(): Child {
    return this.#child;
  }

  async ready(): Promise<void> {
    await untilReady(this.#child, this.managementPort);
  }

  /** As the kernel does when memory is out: no goodbye, then the supervisor starts it anew. */
  async killAndStart(): Promise<void> {
    await this.#child.end('SIGKILL');
    this.#child = this.#start();
  }

  #start(): Child {
    return new Child(['serve', '--role', this.role], this.#env);
  }
}

/** Server mode as an operator runs it: a worker and two web processes behind a balancer, PostgreSQL, Redis. */
export type ServerMode = AsyncDisposable & {
  readonly origin: string;
  readonly sandbox: Sandbox;
  readonly postgres: RunningTestServer;
  readonly redis: RunningTestRedis;
  readonly balancer: Balancer;
  readonly web: readonly Member[];
  readonly worker: Member;
  readonly env: Readonly<Record<string, string>>;
  /** The database and keys as another process sees them, as an auditor's command does. */
  openStores(): Promise<Stores>;
};

export type ServerModeOptions = {
  readonly webs?: number;
  readonly worker?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a YAML tree, changed by tests as they please.
  readonly configure?: (config: any) => void;
};

export async function startServerMode(options: ServerModeOptions = {}): Promise<ServerMode> {
  const webs = options.webs ?? 2;
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'vst-chaos-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const [postgres, redis, sandbox] = await Promise.all([
    startTestPostgres('bundled'),
    startTestRedis(),
    startSandbox({ port: 0, clock: systemClock }),
  ]);
  for (const opened of [postgres, redis, sandbox]) stack.use(opened);
  const [front = 0, ...ports] = await freePorts(1 + 2 * (webs + 1));
  const origin = `http://sso.localhost:${front}`;
  sandbox.registerBroker(demoRegistration(origin));

  const configPath = join(folder, 'vestibule.yaml');
  const tree: unknown = parse(demoConfiguration({ broker: front, sandbox: sandbox.port }));
  options.configure?.(tree);
  writeFileSync(configPath, stringify(tree));
  const env = {
    VESTIBULE_CONFIG: configPath,
    VESTIBULE_DATA: join(folder, 'data'),
    VESTIBULE_MASTER_KEY: randomBytes(32).toString('base64'),
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
  };
  const start = (role: Role, place: number): Member => {
    const member = new Member(role, [ports[2 * place] ?? 0, ports[2 * place + 1] ?? 0], env);
    stack.defer(async () => void (await member.child.end('SIGKILL')));
    return member;
  };
  const worker = start('worker', 0);
  const web = Array.from({ length: webs }, (_, index) => start('web', index + 1));
  const backends = web.map((_, index) => ports[2 * (index + 1)] ?? 0);
  const balancer = stack.use(await startBalancer(front, backends));
  await Promise.all([worker, ...web].map((member) => member.ready()));

  const closing = stack.move();
  return {
    ...{ origin, sandbox, postgres, redis, balancer, web, worker, env },
    openStores: () =>
      openStores({
        env: readEnvironment(env),
        variables: env,
        config: readConfiguration(configPath),
        clock: systemClock,
        log: silentLog,
        isCommand: true,
      }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
