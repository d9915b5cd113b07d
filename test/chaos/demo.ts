import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePorts } from '../support/free-ports.ts';
import { Child, processesOn, untilReady } from './child.ts';

/** `vestibule demo` in a folder of its own, which outlives the processes that run on it. */
export type DemoFolder = AsyncDisposable & {
  readonly folder: string;
  readonly port: number;
  readonly managementPort: number;
  readonly origin: string;
  readonly storeHost: string;
  /** What a command of an operator beside the demo needs. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts a demo; not ready yet. */
  launch(args?: readonly string[]): Child;
  /** Waits until the one that was launched has begun to make its database. */
  begins(): Promise<void>;
  /** Starts a demo and waits until it says so. */
  start(): Promise<Child>;
};

export async function makeDemoFolder(): Promise<DemoFolder> {
  const folder = mkdtempSync(join(tmpdir(), 'vst-demo-'));
  // Three in a row, as the demo takes them.
  const [port = 0] = await freePorts(3);
  const started: Child[] = [];
  const launch = (args: readonly string[] = ['--port', String(port)]): Child => {
    const child = new Child(['demo', ...args, '--data', folder, '--json']);
    started.push(child);
    return child;
  };
  return {
    ...{ folder, port, launch },
    managementPort: port + 1,
    origin: `http://sso.localhost:${port}`,
    storeHost: `store-emea.localhost:${port + 2}`,
    env: { VESTIBULE_CONFIG: join(folder, 'vestibule.yaml'), VESTIBULE_DATA: folder },
    begins: async () => {
      for (let waited = 0; !existsSync(join(folder, 'postgres')); waited += 10) {
        if (waited > 15_000) throw new Error('nothing was begun');
        await wait(10);
      }
    },
    start: async () => {
      const child = launch();
      await untilReady(child, port + 1);
      await child.says('"relyingParties"');
      return child;
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of started) await child.end('SIGKILL');
      await nobodyLeftOn(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL may still be writing when its owner was killed; it must end by itself. @throws Error naming what stays. */
export async function nobodyLeftOn(folder: string): Promise<void> {
  for (let waited = 0; ; waited += 50) {
    const left = processesOn(folder);
    if (left.length === 0) return;
    if (waited > 15_000) throw new Error(`still running:\n${left.join('\n')}`);
    await wait(50);
  }
}
