import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
export const DEMO = readFileSync(join(ROOT, 'config', 'demo.yaml'), 'utf8');

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** The command as an operator has it: in a folder with a configuration, each call a process of its own. */
export type CommandLine = Disposable & {
  readonly folder: string;
  /** Variables of the calls that follow. */
  readonly variables: Record<string, string>;
  run(...args: string[]): Promise<Ran>;
  /** Writes a file into the folder. @returns its path. */
  write(name: string, text: string): string;
};

export function openCommandLine(
  options: { readonly config?: string; readonly variables?: Record<string, string> } = {},
): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-cli-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const variables: Record<string, string> = {
    VESTIBULE_CONFIG: write('vestibule.yaml', options.config ?? DEMO),
    VESTIBULE_DATA: join(folder, 'data'),
    ...options.variables,
  };
  return {
    folder,
    variables,
    write,
    run: (...args) =>
      new Promise((resolve) => {
        const env = { PATH: process.env['PATH'], ...variables };
        const main = join(ROOT, 'bin', 'vestibule.mjs');
        execFile(process.execPath, [main, ...args], { env, timeout: 30_000 }, (error, out, err) => {
          resolve({ code: error ? Number(error.code) : 0, out, err });
        });
      }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
