import type { CommandOption, CommandOptions } from './command.ts';

/**
 * npm keeps options before ` -- ` for itself and passes on nothing of them but its own environment: `npm run vestibule
 * apply bc-emea --create` would silently do something else.
 *
 * @returns how to write it, if npm took an option that this command has and was not given.
 */
export function swallowedByNpm(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  options: CommandOptions,
  args: readonly string[],
): string | undefined {
  const script = env['npm_lifecycle_event'];
  if (script === undefined) return undefined;
  const taken = Object.entries(options).flatMap(([option, each]) =>
    !isGiven(args, option) && isTaken(env, option, each) ? [written(option, each)] : [],
  );
  if (taken.length === 0) return undefined;
  const call = script === name ? `npm run ${name}` : `npm run vestibule ${name}`;
  return `npm kept ${taken.join(' ')} for itself. Options go after " -- ": ${call} -- ${taken.join(' ')}\n`;
}

function isGiven(args: readonly string[], option: string): boolean {
  return args.some((arg) => arg === `--${option}` || arg.startsWith(`--${option}=`));
}

/** npm reads `--no-wait` as `wait` switched off, which is an empty text in its environment. */
function isTaken(
  env: Readonly<Record<string, string | undefined>>,
  option: string,
  { type }: CommandOption,
): boolean {
  const value = env[keyOf(option)];
  if (option.startsWith('no-') && env[keyOf(option.slice(3))] === '') return true;
  return type === 'boolean' ? value === 'true' : value !== undefined && value !== '';
}

function keyOf(option: string): string {
  return `npm_config_${option.replaceAll('-', '_')}`;
}

function written(option: string, { value }: CommandOption): string {
  return value === undefined ? `--${option}` : `--${option} ${value}`;
}
