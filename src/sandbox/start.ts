import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, VestibuleError } from '../base/index.ts';
import { createControl } from './control/index.ts';
import { Broker, type BrokerInput } from './frame/broker.ts';
import { dispatch, type Site } from './frame/dispatch.ts';
import { Fault, type FaultInput } from './frame/fault.ts';
import { outbound } from './frame/outbound.ts';
import { type RunningSystem, resetSystem, runSystem } from './frame/running-system.ts';
import type { SandboxLog } from './frame/system.ts';
import { createKeys, type Keys } from './keys.ts';
import { createPeople, type People } from './people.ts';
import { systems as allSystems } from './systems.ts';

export type SandboxOptions = {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default 127.0.0.1: the control API changes people, so nobody else should reach it. */
  readonly host?: string;
  readonly clock: Clock;
  readonly log?: SandboxLog;
  /** Registration of the broker; may be given later by `registerBroker` or `PUT /broker`. */
  readonly broker?: BrokerInput;
  /** Keeps the simulators' keys and the stores' customers in this folder over restarts; absent, all is made anew. */
  readonly folder?: string;
  /** The simulators' keys, where somebody else keeps them. */
  readonly keys?: Keys;
  /** Only these simulators; all when absent. */
  readonly only?: readonly string[];
};

/** What tests set in the same process. The control API offers the same over HTTP. */
export type SystemControl = Pick<RunningSystem, 'clock' | 'faults' | 'calls' | 'state' | 'actions'> & {
  /** Replaces the system's faults. @throws ZodError */
  fail(...faults: readonly FaultInput[]): void;
  /** @throws Error that names the wrong switch or position. */
  turn(positions: Readonly<Record<string, unknown>>): void;
};

export interface Sandbox extends AsyncDisposable {
  readonly port: number;
  readonly people: People;
  /** `url('otds')` is `http://otds.localhost:PORT`; `url('api.bigcommerce', '/stores')` appends a path. */
  url(host: string, path?: string): string;
  /** @throws Error when there is no such system. */
  system(id: string): SystemControl;
  registerBroker(broker: BrokerInput): void;
  /** People, state, switches, faults and clocks as at the start; the broker stays registered. */
  reset(): void;
}

/** Starts all simulators on one port, told apart by the Host header. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { clock } = options;
  const log = options.log ?? { info: () => undefined, warn: () => undefined };
  const people = createPeople(() => clock.now());
  const keys = options.keys ?? createKeys(options.folder);
  let broker = Broker.parse(options.broker ?? {});
  let site: Site | undefined;

  const server = createServer((req, res) => {
    if (site) dispatch(site, req, res);
    else res.writeHead(503).end();
  });
  const port = await listen(server, options.port, options.host ?? '127.0.0.1');
  const url = (host: string, path = ''): string => `http://${host}.localhost:${port}${path}`;
  const registerBroker = (next: BrokerInput): void => {
    broker = Broker.parse(next);
  };
  const kept = options.folder === undefined ? {} : { folder: options.folder };
  const needs = { people, keys, log, outbound, url, broker: () => broker, ...kept };
  const running = Object.entries(allSystems)
    .filter(([id]) => options.only?.includes(id) ?? true)
    .map(([id, open]) => runSystem(id, open, clock, needs));
  const reset = (): void => {
    people.reset();
    for (const system of running) resetSystem(system);
  };
  const control = createControl({
    systems: running,
    people,
    url,
    reset,
    broker: () => broker,
    registerBroker,
  });
  site = { systems: running, clock, control: { host: 'sandbox.localhost', handler: control } };
  log.info('sandbox listens', { url: url('sandbox') });
  return {
    port,
    people,
    url,
    system: (id) => controlOf(running, id),
    registerBroker,
    reset,
    [Symbol.asyncDispose]: () => stop(server, running),
  };
}

function controlOf(running: readonly RunningSystem[], id: string): SystemControl {
  const system = running.find((each) => each.id === id);
  if (!system) throw new Error(`the sandbox has no system "${id}"`);
  return {
    ...system,
    fail: (...faults) => system.faults.replace(faults.map((fault) => Fault.parse(fault))),
    turn: (positions) => {
      const result = system.switches.set(positions);
      if (result.outcome === 'refused') throw new Error(result.problem);
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void =>
      reject(cannotListen(`port ${port} on ${host}`, error));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.removeListener('error', refuse);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function cannotListen(place: string, cause: NodeJS.ErrnoException): VestibuleError {
  const why =
    cause.code === 'EADDRINUSE' ? 'it is in use; stop the other program or choose another port' : cause.code;
  return new VestibuleError({
    code: 'http.cannot_listen',
    status: 500,
    publicMessage: 'The sandbox cannot start.',
    detail: `${place}: ${why}`,
    cause,
  });
}

async function stop(server: Server, running: readonly RunningSystem[]): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  for (const system of running) {
    system.faults.clear();
    await system.close?.();
  }
  await closed;
}
