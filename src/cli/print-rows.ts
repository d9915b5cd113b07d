import { once } from 'node:events';
import { csvCell } from '../access-log/index.ts';
import { UsageError } from './command.ts';

export type RowFormat = 'text' | 'json' | 'csv';

/** @throws UsageError when both are asked for. */
export function rowFormat({ json, csv }: { readonly json: boolean; readonly csv: boolean }): RowFormat {
  if (json && csv) throw new UsageError('Choose one of --json and --csv.');
  return json ? 'json' : csv ? 'csv' : 'text';
}

/** One line of CSV (RFC 4180), harmless in a spreadsheet. */
export function csvLine(cells: readonly (string | undefined)[]): string {
  return cells.map((cell) => csvCell(cell ?? '')).join(',');
}

/** Prints one line; waits while whoever reads is slower. */
export async function printLine(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}
