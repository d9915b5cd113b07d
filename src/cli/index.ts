/**
 * cli: the `vestibule` command. Parses arguments, calls a room, prints what it returns; holds no rules.
 *
 * Exit codes: 0 done, 1 it did not work out, 2 the call or the configuration is wrong, 3 begun and not through yet.
 */
import { ConfigurationError, VestibuleError } from '../base/index.ts';
import { createLog } from '../platform/log/index.ts';
import { type Command, UsageError } from './command.ts';
import { COMMANDS } from './commands.ts';
import { describeCommand } from './help.ts';
import { swallowedByNpm } from './npm-options.ts';

/** Runs one command line. @returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const name = [args.slice(0, 2).join(' '), args[0] ?? ''].find((candidate) =>
    Object.hasOwn(COMMANDS, candidate),
  );
  const offered = name === undefined ? undefined : COMMANDS[name];
  if (!offered || name === undefined) {
    const asked = args[0] === undefined || args[0] === 'help' || args[0] === '--help';
    (asked ? console.log : console.error)(overview());
    return asked ? 0 : 2;
  }
  const rest = args.slice(name.split(' ').length);
  const command = await offered.load();
  if (rest.includes('--help')) {
    console.log(describeCommand(name, offered.summary, command));
    return 0;
  }
  const hint = swallowedByNpm(process.env, name, command.options ?? {}, rest);
  if (hint) console.error(hint);
  try {
    return await command.run(rest);
  } catch (error) {
    return explain(error, name, command);
  }
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return ['Usage: vestibule COMMAND', '', ...lines, '', 'vestibule COMMAND --help says more.'].join('\n');
}

function explain(error: unknown, name: string, command: Command): number {
  if (error instanceof ConfigurationError) {
    const count = error.problems.length;
    console.error(`The configuration has ${count} problem${count === 1 ? '' : 's'}:`);
    for (const { path, message } of error.problems) console.error(`  ${path}: ${message}`);
    return 2;
  }
  if (error instanceof UsageError) {
    console.error(`${error.message}\nUsage: vestibule ${name} ${command.usage}`);
    return 2;
  }
  if (error instanceof VestibuleError) {
    console.error(`${error.publicMessage}${error.detail ? ` (${error.detail})` : ''}`);
    return 1;
  }
  // Only name, code and places: texts of libraries may quote what they choked on, such as a URL with a password.
  createLog('error').error('command failed', { command: name, error });
  return 1;
}
