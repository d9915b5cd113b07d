import { availableParallelism, cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../src/sandbox/index.ts';
import { BenchBrowser } from './browser.ts';
import { signingKeysIn } from './fast-verification.ts';
import type { Report, Row } from './report.ts';
import { rotateUnderLoad } from './rotation.ts';
import { prepareVisits, type Scenario, type Visits } from './scenarios.ts';
import { spreadOf } from './statistics.ts';
import { createVerifier, type Verifier } from './verifier.ts';
import { visitOften } from './visitors.ts';
import { type BenchWorld, startBenchWorld } from './world.ts';
import { createGoalYardstick, createYardstick, type Yardstick } from './yardstick.ts';

export type BenchOptions = {
  /** How often everything is measured; the report shows median and quartiles over the rounds. */
  readonly rounds: number;
  /** Visits of each kind in a round. */
  readonly visits: number;
  /** Visits of each kind before the first round, so that the engine has compiled what is hot. */
  readonly warmUp: number;
  /** Visits at the same time. */
  readonly parallel: number;
  /**
   * On a busy machine warming up and rounds end early, so that the bench ends at about this time. At least three
   * rounds are made, if so many are wanted.
   */
  readonly budgetMs?: number;
  /** Adds where the main thread spends its time. */
  readonly profile: boolean;
  /** Ends the bench before its time; it rejects, and what it started is gone. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
};

/** What one round saw of one kind of visit, per visit. */
type Sample = {
  readonly cpuMs: number;
  readonly yardsticks: number;
  readonly goalYardsticks: number;
  readonly verifierMs: number;
  readonly storeCalls: number;
  readonly postgresMs: number | undefined;
  readonly wallMs: number;
};

/** At most, of each kind, while sampled. */
const PROFILED = 80;
/** Visits of each kind for counting calls one by one. */
const PROBES = 3;
/** Visits of each round's number after each rotation. */
const ROTATION_SHARE = 4;
/** Of the time that the bench may take: warming up is over, the last round begins. */
const WARM_UP_SHARE = 0.5;
const ROUNDS_SHARE = 0.75;
const LEAST_ROUNDS = 3;
const IDLE_MS = 1_000;
/** For what follows a visit in the background while sampled. */
const TRAIL_MS = 500;
const CALM_MS = 100;
const CALM_LOOKS = 30;
/** Of a CPU. */
const CALM_SHARE = 0.1;

/** Starts a world, measures, ends the world. */
export async function runBench(options: BenchOptions): Promise<Report> {
  const progress = (text: string): void => {
    options.signal?.throwIfAborted();
    options.onProgress?.(text);
  };
  const { budgetMs = Number.POSITIVE_INFINITY } = options;
  const began = performance.now();
  progress('starting');
  await using world = await startBenchWorld();
  try {
    using visits = await prepareVisits(world, 2 * options.parallel);
    const { verifier, goalYardstick } = await openVerifiers(world, visits);
    const yardstick = createYardstick();
    const { scenarios } = visits;
    for (const [index, scenario] of scenarios.entries()) {
      progress(`warming up ${index + 1}/${scenarios.length}`);
      const share = (index + 1) / scenarios.length;
      await warmUp(scenario, options, began + budgetMs * WARM_UP_SHARE * share);
    }
    progress('warming up the verifier alone');
    await verifier.measure(visits.samlResponse() ?? '', options.warmUp);
    await calm(world);
    const idle = await measureIdle(world);
    const yardsticks: number[] = [];
    const goalYardsticks: number[] = [];
    const verifications: number[] = [];
    const samples = new Map<string, Sample[]>(scenarios.map(({ id }) => [id, []]));
    for (let round = 0; round < options.rounds; round += 1) {
      if (round >= LEAST_ROUNDS && performance.now() > began + budgetMs * ROUNDS_SHARE) break;
      progress(`round ${round + 1}/${options.rounds}`);
      const verifierMs = await verifier.measure(visits.samlResponse() ?? '');
      verifications.push(verifierMs);
      // Another order in each round: what trails behind a visit falls to another neighbour.
      for (const scenario of rotated(scenarios, round)) {
        const [unit, goalUnit] = [yardstick(), goalYardstick()];
        yardsticks.push(unit);
        goalYardsticks.push(goalUnit);
        const sample = await measure(world, scenario, options);
        samples.get(scenario.id)?.push({
          ...sample,
          yardsticks: sample.cpuMs / unit,
          goalYardsticks: sample.cpuMs / goalUnit,
          verifierMs: scenario.verifies === true ? verifierMs : 0,
        });
      }
    }
    progress('counting calls');
    const beforeEntry = await countCallsBeforeEntry(world, scenarios, Math.min(PROBES, options.rounds));
    const profiles = options.profile ? await profileAll(world, scenarios, options, progress) : new Map();
    progress('rotating keys under load');
    const rotation = await rotateUnderLoad(world, visits, options.visits * ROTATION_SHARE, options);
    progress('');
    return {
      ...describeRun({ ...options, rounds: verifications.length }),
      yardstickMs: spreadOf(yardsticks),
      goalYardstickMs: spreadOf(goalYardsticks),
      verifierMs: spreadOf(verifications),
      idleCpuMsPerSecond: idle,
      rotation,
      rows: scenarios.map((scenario) => ({
        ...toRow(scenario, samples.get(scenario.id) ?? [], beforeEntry.get(scenario.id) ?? 0),
        ...(options.profile && { profile: profiles.get(scenario.id) ?? [] }),
      })),
    };
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Error(`the bench stopped; the broker's last complaints:\n${world.broker.complaints()}`, {
      cause: error,
    });
  }
}

/** Until it was often enough, or it is time to go on. */
async function warmUp({ visit }: Scenario, options: BenchOptions, until: number): Promise<void> {
  for (
    let done = 0;
    done < options.warmUp && (done === 0 || performance.now() < until);
    done += options.parallel
  ) {
    await visitOften(visit, Math.min(options.parallel, options.warmUp - done), options);
  }
}

async function openVerifiers(
  { sandbox, origin }: BenchWorld,
  { agent, samlResponse }: Visits,
): Promise<{ readonly verifier: Verifier; readonly goalYardstick: Yardstick }> {
  const { html } = await new BenchBrowser(agent).open(sandbox.url('am', '/nidp/saml2/metadata'));
  return {
    verifier: createVerifier(html, origin),
    goalYardstick: createGoalYardstick(samlResponse() ?? '', signingKeysIn(html)),
  };
}

type Measurement = Omit<Sample, 'yardsticks' | 'goalYardsticks' | 'verifierMs'>;

async function measure(world: BenchWorld, scenario: Scenario, options: BenchOptions): Promise<Measurement> {
  const visits = options.visits * (scenario.times ?? 1);
  const { calls } = world.sandbox.system('bigcommerce');
  calls.clear();
  const began = performance.now();
  const postgres = world.postgresCpuMs();
  const broker = await world.broker.cpuMs();
  await visitOften(scenario.visit, visits, options);
  const wallMs = performance.now() - began;
  if (scenario.trails) await calm(world);
  const brokerMs = (await world.broker.cpuMs()) - broker;
  const postgresAfter = world.postgresCpuMs();
  const storeCalls = calls.list().filter(isOfApi).length;
  return {
    cpuMs: brokerMs / visits,
    storeCalls: storeCalls / visits,
    wallMs: wallMs / visits,
    postgresMs:
      postgres === undefined || postgresAfter === undefined ? undefined : (postgresAfter - postgres) / visits,
  };
}

/**
 * Waits until the broker has finished what it does behind the visits, such as the details of new accounts: that
 * belongs to those visits, not to the next ones.
 */
async function calm({ broker, sandbox }: BenchWorld): Promise<void> {
  const { calls } = sandbox.system('bigcommerce');
  for (let look = 0; look < CALM_LOOKS; look += 1) {
    const [callsBefore, cpuBefore] = [calls.list().length, await broker.cpuMs()];
    await sleep(CALM_MS);
    const spent = (await broker.cpuMs()) - cpuBefore;
    if (calls.list().length === callsBefore && spent < CALM_MS * CALM_SHARE) return;
  }
}

function isOfApi({ host }: Call): boolean {
  return host.startsWith('api.bigcommerce.');
}

/**
 * Calls before the person shows the token at the store's door, one visit at a time. Background work may already
 * have begun by then, so the least of several visits counts.
 */
async function countCallsBeforeEntry(
  world: BenchWorld,
  scenarios: readonly Scenario[],
  times: number,
): Promise<Map<string, number>> {
  const { calls } = world.sandbox.system('bigcommerce');
  const least = new Map<string, number>();
  for (const { id, visit } of scenarios) {
    for (let time = 0; time < times; time += 1) {
      await calm(world);
      calls.clear();
      await visit();
      const entry = calls.list().findIndex((call) => !isOfApi(call));
      // Who enters an application never comes to a store's door.
      const count = entry < 0 ? calls.list().length : entry;
      least.set(id, Math.min(count, least.get(id) ?? count));
    }
  }
  return least;
}

/** What the broker costs while nobody comes: its steady work is part of every measurement. */
async function measureIdle({ broker }: BenchWorld): Promise<number> {
  const before = await broker.cpuMs();
  await sleep(IDLE_MS);
  return ((await broker.cpuMs()) - before) / (IDLE_MS / 1000);
}

/** After the rounds, because sampling costs time itself. */
async function profileAll(
  world: BenchWorld,
  scenarios: readonly Scenario[],
  options: BenchOptions,
  progress: (text: string) => void,
): Promise<Map<string, Row['profile']>> {
  const { visits, rounds } = options;
  const profiles = new Map<string, Row['profile']>();
  for (const scenario of scenarios) {
    progress(`sampling ${scenario.id}`);
    const times = Math.min(PROFILED, visits * rounds);
    const selfTimes = await world.broker.profile(async () => {
      await visitOften(scenario.visit, times, options);
      // Not calm(): sampling keeps the process busy even while it has nothing to do.
      if (scenario.trails) await sleep(TRAIL_MS);
    });
    profiles.set(
      scenario.id,
      selfTimes.map(({ where, ms }) => ({ where, ms: ms / times })),
    );
  }
  return profiles;
}

function toRow(scenario: Scenario, samples: readonly Sample[], beforeEntry: number): Row {
  const { id, title, goal } = scenario;
  const cpuMs = spreadOf(samples.map((sample) => sample.cpuMs));
  const postgres = samples.flatMap(({ postgresMs }) => (postgresMs === undefined ? [] : [postgresMs]));
  return {
    id,
    title,
    cpuMs,
    yardsticks: spreadOf(samples.map((sample) => sample.yardsticks)),
    goalYardsticks: spreadOf(samples.map((sample) => sample.goalYardsticks)),
    verifierShare: spreadOf(samples.map((sample) => sample.verifierMs / sample.cpuMs)).median,
    storeCalls: { all: meanOf(samples.map(({ storeCalls }) => storeCalls)), beforeEntry },
    wallMs: spreadOf(samples.map((sample) => sample.wallMs)),
    postgresCpuMs: postgres.length === 0 ? null : spreadOf(postgres),
    goal: goal ?? null,
  };
}

function describeRun({ rounds, visits, warmUp, parallel }: BenchOptions) {
  const machine = `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  return { node: process.version, machine, rounds, visits, warmUp, parallel };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
