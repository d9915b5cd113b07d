import type { Command, CommandOption } from './command.ts';

/** What `vestibule COMMAND --help` prints: how to call it, what it does, and a line for each option. */
export function describeCommand(
  name: string,
  summary: string,
  { usage, options = {}, notes }: Command,
): string {
  const rows = Object.entries(options).map(([option, each]) => [nameOf(option, each), helpOf(each)] as const);
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  const sections = [
    [`vestibule ${name} ${usage}`.trimEnd()],
    [summary],
    ...(rows.length > 0 ? [rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)] : []),
    ...(notes ? [notes()] : []),
  ];
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

function nameOf(option: string, { value }: CommandOption): string {
  return value === undefined ? `--${option}` : `--${option} ${value}`;
}

function helpOf({ help, default: preset }: CommandOption): string {
  return typeof preset === 'string' ? `${help} (default ${preset})` : help;
}
