import { type ParseArgsConfig, parseArgs } from 'node:util';

export type Command = {
  /** Options and arguments, as in `[--port N] FILE`. */
  readonly usage: string;
  /** Each with what `--help` says of it in one line. */
  readonly options?: CommandOptions;
  /** What `--help` says besides. */
  readonly notes?: () => readonly string[];
  /** @returns the exit code. */
  run(args: readonly string[]): Promise<number>;
};

export type CommandOption = {
  readonly type: 'string' | 'boolean';
  readonly default?: string | boolean;
  readonly short?: string;
  /** Stands for what the option takes: `FILE`. */
  readonly value?: string;
  readonly help: string;
};
export type CommandOptions = Readonly<Record<string, CommandOption>>;

/** The call itself is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Strict parsing: an unknown option is an error that names it. */
export function parse<T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
  allowPositionals = false,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Resolves when the process is asked to stop (SIGTERM, Ctrl-C). A second request ends it at once. */
export function stopRequested(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve(signal);
      });
    }
  });
}

/** A whole number between the bounds. @throws UsageError */
export function wholeNumber(text: string, name: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new UsageError(`${name} takes a whole number from ${min} to ${max}`);
  return value;
}
