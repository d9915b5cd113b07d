import { parseArgs } from 'node:util';
import { benchProvisioning, renderProvisioning } from './provisioning.ts';
import { renderReport } from './report.ts';
import { type BenchOptions, runBench } from './run.ts';

const FULL = { rounds: 15, visits: 10, warmUp: 50, budgetMs: 85_000, changed: 120, planned: 100_000 };
/** Good enough to see whether something became twice as dear. */
const QUICK = { rounds: 5, visits: 4, warmUp: 12, budgetMs: 28_000, changed: 20, planned: 5_000 };

const USAGE = `npm run bench -- [--only sign-in|provisioning] [--quick] [--people N] [--rounds N] [--visits N] [--warm-up N] [--parallel N] [--profile] [--json]

  --quick        fewer of everything, in a third of the time; less warm, so ratios are higher and wider
  --only PART    sign-in or provisioning; default both
  --people N     people for whom three targets are planned (${FULL.planned})
  --rounds N     how often everything is measured (${FULL.rounds})
  --visits N     visits of each kind in a round (${FULL.visits})
  --warm-up N    visits of each kind before the first round (${FULL.warmUp})
  --parallel N   visits at the same time (4)
  --profile      also says in which packages and rooms the main thread spends its time
  --json         prints the report as JSON`;

/** Of a shell, for a program that was interrupted. */
const INTERRUPTED = 130;
const WRONG_CALL = 2;
const REQUESTS_FAILED = 1;

/** Rewrites one line on a terminal; elsewhere, such as in CI, says each stage once. */
function createProgress(): (text: string) => void {
  let stage = '';
  return (text) => {
    if (process.stderr.isTTY) return void process.stderr.write(`\r\x1b[K${text}`);
    const next = text.replace(/ \d.*/, '');
    if (next !== '' && next !== stage) process.stderr.write(`${next} …\n`);
    stage = next;
  };
}

function count(text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(`"${text}" is no whole number from 1 to ${most}`);
}

/** Ctrl-C ends the bench in order, so that no server and no folder stays; a second one at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

type Part = 'sign-in' | 'provisioning';
type Settings = Pick<BenchOptions, 'rounds' | 'visits' | 'warmUp' | 'parallel' | 'profile' | 'budgetMs'> & {
  readonly parts: readonly Part[];
  readonly changed: number;
  readonly planned: number;
};

/** @throws TypeError, RangeError for a call that is wrong. */
function readArguments(): Settings & { readonly json: boolean; readonly help: boolean } {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      people: { type: 'string' },
      rounds: { type: 'string' },
      visits: { type: 'string' },
      'warm-up': { type: 'string' },
      parallel: { type: 'string', default: '4' },
      profile: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const preset = values.quick ? QUICK : FULL;
  return {
    rounds: count(values.rounds ?? String(preset.rounds), 10_000),
    visits: count(values.visits ?? String(preset.visits), 200),
    warmUp: count(values['warm-up'] ?? String(preset.warmUp), 100_000),
    parallel: count(values.parallel, 16),
    // Who says how much of it is wanted gets it, however long it takes.
    ...(values.rounds === undefined && values['warm-up'] === undefined && { budgetMs: preset.budgetMs }),
    ...{ parts: partsOf(values.only), changed: preset.changed },
    planned: count(values.people ?? String(preset.planned), 1_000_000),
    ...{ profile: values.profile, json: values.json, help: values.help },
  };
}

const PARTS: readonly Part[] = ['sign-in', 'provisioning'];

function partsOf(only: string | undefined): readonly Part[] {
  if (only === undefined) return PARTS;
  const part = PARTS.find((each) => each === only);
  if (part) return [part];
  throw new RangeError(`"${only}" is none of ${PARTS.join(', ')}`);
}

/** @returns the exit code. */
async function main(): Promise<number> {
  let settings: ReturnType<typeof readArguments>;
  try {
    settings = readArguments();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return WRONG_CALL;
  }
  if (settings.help) {
    console.log(USAGE);
    return 0;
  }
  const signal = interruption();
  try {
    const onProgress = createProgress();
    const has = (part: Part): boolean => settings.parts.includes(part);
    const report = has('sign-in') ? await runBench({ ...settings, signal, onProgress }) : undefined;
    if (report && !settings.json) console.log(renderReport(report));
    const provisioning = has('provisioning')
      ? await benchProvisioning({ ...settings, signal, onProgress })
      : undefined;
    onProgress('');
    if (provisioning && !settings.json)
      console.log(`${report ? '\n' : ''}${renderProvisioning(provisioning)}`);
    if (settings.json) console.log(JSON.stringify({ ...report, provisioning }, null, 2));
    const failed = report?.rotation.failed ?? 0;
    if (failed === 0) return 0;
    console.error(`${failed} requests failed while keys were rotated; none may`);
    return REQUESTS_FAILED;
  } catch (error) {
    if (!signal.aborted) throw error;
    console.error('interrupted');
    return INTERRUPTED;
  }
}

process.exitCode = await main();
