import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { after } from 'node:test';
import { randomText } from '../../src/base/index.ts';

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

const SCRIPT = new URL('./command-host.ts', import.meta.url).pathname;
const TIMEOUT_MS = 60_000;

/**
 * Hosts that have nothing to do. What a command costs is mostly the loading of the broker, so the processes that run
 * commands stay for the next one.
 */
const idle: Host[] = [];
after(() => {
  for (const host of idle.splice(0)) host.end();
});

/**
 * The `vestibule` command in another process, which has these variables and no others. Commands of one file follow each
 * other in one process (`chaos/child.ts` starts one for each); two at once get two.
 */
export async function runCommand(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Ran> {
  const host = idle.pop() ?? new Host();
  const ran = await host.run(args, variables);
  if (host.isAlive) idle.push(host);
  return ran;
}

class Host {
  isAlive = true;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<number>;

  constructor() {
    this.#process = spawn(process.execPath, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#ended = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => {
        this.isAlive = false;
        resolve(code ?? (signal ? Number.NaN : 0));
      });
    });
  }

  end(): void {
    this.#process.kill('SIGKILL');
  }

  async run(args: readonly string[], variables: Readonly<Record<string, string>>): Promise<Ran> {
    const over = `over-${randomText(16)} `;
    const late = setTimeout(() => this.end(), TIMEOUT_MS);
    const outputs = Promise.all([
      untilOver(this.#process.stdout, over),
      untilOver(this.#process.stderr, over),
    ]);
    const order = { args, variables: { PATH: process.env['PATH'] ?? '', ...variables }, over };
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
    const [out, err] = await outputs;
    clearTimeout(late);
    // A host that ended did so because the command did: then its exit code is the command's.
    return { code: out.code ?? (await this.#ended), out: out.text, err: err.text };
  }
}

/** What is said before the mark and the exit code behind it; everything and no code when the process ends first. */
function untilOver(
  stream: Readable,
  over: string,
): Promise<{ readonly text: string; readonly code: number | undefined }> {
  stream.setEncoding('utf8');
  return new Promise((resolve) => {
    let said = '';
    const settle = (text: string, code: number | undefined): void => {
      stream.off('data', hear);
      stream.off('close', close);
      resolve({ text, code });
    };
    const hear = (chunk: string): void => {
      said += chunk;
      const [text = '', code] = said.split(over);
      if (code?.endsWith('\n')) settle(text, Number(code));
    };
    const close = (): void => settle(said, undefined);
    stream.on('data', hear);
    stream.once('close', close);
  });
}
