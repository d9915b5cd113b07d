import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const COMMAND = join(import.meta.dirname, '..', '..', 'bin', 'vestibule.mjs');
const READY_WITHIN_MS = 60_000;

/** One `vestibule …` as an operator starts it: a process of its own, told by arguments and environment alone. */
export class Child {
  readonly pid: number;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  #isOver = false;
  #out = '';
  #err = '';
  readonly #process: ChildProcess;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#process = spawn(process.execPath, [COMMAND, ...args], {
      env: { PATH: process.env['PATH'] ?? '', VESTIBULE_LOG_LEVEL: 'info', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pid = this.#process.pid ?? 0;
    this.#process.stdout?.on('data', (chunk: Buffer) => {
      this.#out += chunk.toString('utf8');
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#err += chunk.toString('utf8');
    });
    // Not 'exit': a server that was left behind would hold the pipes open, and that must show.
    this.ended = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('exit', (code, signal) => {
        this.#isOver = true;
        resolve(signal ?? code ?? -1);
      });
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What it printed: results on standard output, the operator's log on standard error. */
  get output(): { readonly out: string; readonly err: string } {
    return { out: this.#out, err: this.#err };
  }

  /** Waits for words in either output. */
  async says(words: string, withinMs = READY_WITHIN_MS): Promise<void> {
    for (let waited = 0; !`${this.#out}${this.#err}`.includes(words); waited += 20) {
      if (this.#isOver || waited > withinMs) {
        const why = this.#isOver ? `ended with ${await this.ended}` : `took longer than ${withinMs} ms`;
        throw new Error(`"${words}" was not said; the process ${why}:\n${this.#tail()}`);
      }
      await wait(20);
    }
  }

  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (!this.#isOver) this.#process.kill(signal);
    return this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#isOver) this.#process.kill(signal);
  }

  #tail(): string {
    return `${this.#out.slice(-1_500)}\n${this.#err.slice(-3_000)}`;
  }
}

/** Runs one command to its end. */
export async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | NodeJS.Signals; readonly out: string; readonly err: string }> {
  const child = new Child(args, env);
  const code = await child.ended;
  return { code, ...child.output };
}

/** Processes whose command line names this folder, such as a PostgreSQL on it; by number and command line. */
export function processesOn(folder: string): readonly string[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return numbers.flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return words.includes(folder) ? [`${pid} ${words}`] : [];
    } catch {
      return []; // it ended while we looked
    }
  });
}

/** JSON from the management port; undefined while nobody answers there. */
export async function health(
  managementPort: number,
  path = '/health/ready',
): Promise<{ readonly status: number; readonly body: unknown } | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${managementPort}${path}`);
    return { status: answer.status, body: await answer.json() };
  } catch {
    return undefined;
  }
}

export async function untilReady(child: Child, managementPort: number): Promise<void> {
  for (let waited = 0; (await health(managementPort))?.status !== 200; waited += 25) {
    if (child.isOver || waited > READY_WITHIN_MS) {
      throw new Error(`not ready: ${child.output.out.slice(-1_500)}\n${child.output.err.slice(-3_000)}`);
    }
    await wait(25);
  }
}
