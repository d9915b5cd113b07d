import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/base/index.ts';
import { demoConfiguration } from '../src/cli/demo-world.ts';
import { openBundledPostgres } from '../src/platform/database/index.ts';
import { silentLog } from '../src/platform/log/index.ts';
import { startSandbox } from '../src/sandbox/index.ts';
import { CHANGED_SYSTEMS } from './changed-systems.ts';

export type ProvisioningOptions = {
  /** People whose accounts are made in each kind of target. */
  readonly changed: number;
  /** People for whom three targets are planned. */
  readonly planned: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
};

export type ProvisioningTask = Pick<ProvisioningOptions, 'changed' | 'planned'> & {
  readonly config: string;
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly sandboxPort: number;
};

/** Writes to one kind of target by the queue, and the same number of bare requests on open connections. */
export type Changes = {
  readonly kind: string;
  readonly changes: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly bareRequests: number;
  readonly bareWallMs: number;
  readonly bareCpuMs: number;
};

export type Planning = {
  readonly target: string;
  readonly people: number;
  /** Of these, with something to do. */
  readonly changed: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Resident memory of the process before, and the most while it planned. */
  readonly beforeMb: number;
  readonly peakMb: number;
};

export type ProvisioningCost = {
  readonly changes: readonly Changes[];
  readonly planning: readonly Planning[];
};

export type ProvisioningAnswer = {
  readonly result?: ProvisioningCost;
  readonly progress?: string;
  readonly problem?: string;
};

const PROGRAM = join(import.meta.dirname, 'provisioning-process.ts');

/** Starts simulators, database and an engine of its own, measures, ends them. */
export async function benchProvisioning(options: ProvisioningOptions): Promise<ProvisioningCost> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-bench-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = join(folder, 'postgres');
  const database = stack.use(await openBundledPostgres({ dataDir, log: silentLog, clock: systemClock }));
  const sandbox = stack.use(await startSandbox({ port: 0, clock: systemClock }));
  for (const { system, limits } of CHANGED_SYSTEMS) sandbox.system(system).turn(limits);
  options.signal?.throwIfAborted();
  return await measure(
    {
      ...{ changed: options.changed, planned: options.planned, folder, sandboxPort: sandbox.port },
      config: demoConfiguration({ broker: 3000, sandbox: sandbox.port }),
      variables: {
        VESTIBULE_DATA: folder,
        VESTIBULE_MASTER_KEY: randomBytes(32).toString('base64'),
        DATABASE_URL: database.url,
      },
    },
    options,
  );
}

async function measure(
  task: ProvisioningTask,
  { signal, onProgress }: ProvisioningOptions,
): Promise<ProvisioningCost> {
  const child = fork(PROGRAM, { execArgv: [] });
  const ended = once(child, 'exit');
  try {
    return await new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      child.once('exit', (code) => reject(new Error(`the engine ended with code ${code}`)));
      child.on('message', ({ result, progress, problem }: ProvisioningAnswer) => {
        if (progress !== undefined) onProgress?.(progress);
        if (result) resolve(result);
        if (problem !== undefined) reject(new Error(problem));
      });
      child.send(task);
    });
  } finally {
    if (child.connected) child.disconnect();
    await ended;
  }
}

/** The report as text. */
export function renderProvisioning({ changes, planning }: ProvisioningCost): string {
  return [
    'What provisioning costs',
    'A change is one write to a target that its answer confirmed, with reading, outbox, access log and read-back. Beside',
    'it, from the same run: bare requests to the same simulator on open connections, as many and as many at a time.',
    '',
    ...changes.flatMap(changesLines),
    '',
    ...planning.map(planningLine),
  ].join('\n');
}

function changesLines(measured: Changes): readonly string[] {
  const { kind, changes, wallMs, cpuMs, bareRequests, bareWallMs, bareCpuMs } = measured;
  const [own, bare] = [cpuMs / changes, bareCpuMs / bareRequests];
  return [
    `${kind}: ${rate(changes, wallMs)} changes a second, ${own.toFixed(2)} ms of CPU each (${changes} changes)`,
    `  bare loop: ${rate(bareRequests, bareWallMs)} requests a second, ${bare.toFixed(2)} ms of CPU each; a change costs ${(own / bare).toFixed(1)}× of it`,
  ];
}

function planningLine({ target, people, changed, wallMs, cpuMs, beforeMb, peakMb }: Planning): string {
  const each = ((wallMs / people) * 1000).toFixed(0);
  const memory = `memory ${beforeMb.toFixed(0)} MB before, ${peakMb.toFixed(0)} MB at most`;
  return `planned ${target}: ${people} people (${changed} to change) in ${(wallMs / 1000).toFixed(1)} s, ${(cpuMs / 1000).toFixed(1)} s of CPU, ${each} µs each; ${memory}`;
}

function rate(count: number, ms: number): string {
  return (count / (ms / 1000)).toFixed(0);
}
