import { parseArgs } from 'node:util';
import { renderReport } from './report.ts';
import { runBench } from './run.ts';

const USAGE = `npm run bench -- [--rounds N] [--visits N] [--warm-up N] [--parallel N] [--profile] [--json]

  --rounds N     how often everything is measured (15)
  --visits N     visits of each kind in a round (10)
  --warm-up N    visits of each kind before the first round (50)
  --parallel N   visits at the same time (4)
  --profile      also says in which packages and rooms the main thread spends its time
  --json         prints the report as JSON`;

/** Rewrites one line on a terminal; says nothing anywhere else. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function count(text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(`"${text}" is no whole number from 1 to ${most}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '15' },
      visits: { type: 'string', default: '10' },
      'warm-up': { type: 'string', default: '50' },
      parallel: { type: 'string', default: '4' },
      profile: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const report = await runBench({
    rounds: count(values.rounds, 10_000),
    visits: count(values.visits, 200),
    warmUp: count(values['warm-up'], 100_000),
    parallel: count(values.parallel, 16),
    profile: values.profile,
    onProgress: showProgress,
  });
  console.log(values.json ? JSON.stringify(report, null, 2) : renderReport(report));
}

await main();
