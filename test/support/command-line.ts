import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ran, runCommand } from './commands.ts';

const ROOT = join(import.meta.dirname, '..', '..');
export const DEMO = readFileSync(join(ROOT, 'config', 'demo.yaml'), 'utf8');

/** The command as an operator has it: in a folder with a configuration. */
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
    run: (...args) => runCommand(args, variables),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
