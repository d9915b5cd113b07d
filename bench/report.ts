import type { LoopDelay, SelfTime } from './messages.ts';
import type { Rotation } from './rotation.ts';
import type { Spread } from './statistics.ts';

/** What one run found; `--json` prints it as it is. Times are milliseconds per visit unless said. */
export type Report = {
  readonly node: string;
  readonly machine: string;
  readonly rounds: number;
  readonly visits: number;
  readonly warmUp: number;
  readonly parallel: number;
  /** One RSA-2048 signature and its verification. */
  readonly yardstickMs: Spread;
  /** One fast verification of a SAML response and one RSA-2048 signature: the unit of the goals. */
  readonly goalYardstickMs: Spread;
  /** `verifyResponse` once, alone. */
  readonly verifierMs: Spread;
  /** Of the broker while nobody comes, in milliseconds of CPU per second. */
  readonly idleCpuMsPerSecond: number;
  readonly rows: readonly Row[];
  readonly rotation: Rotation;
};

export type Row = {
  readonly id: string;
  readonly title: string;
  /** Of the broker's process alone, all its threads. */
  readonly cpuMs: Spread;
  /** The same as a multiple of the yardstick that was measured just before. */
  readonly yardsticks: Spread;
  /** As a multiple of the unit of the goals. */
  readonly goalYardsticks: Spread;
  /** Part of the CPU that the SAML verifier alone costs, 0 to 1. */
  readonly verifierShare: number;
  /** Calls of the store's API: with what follows in the background, and those that a person waits for. */
  readonly storeCalls: { readonly all: number; readonly beforeEntry: number };
  readonly wallMs: Spread;
  /** Of all processes of PostgreSQL; null where it cannot be read. */
  readonly postgresCpuMs: Spread | null;
  /** What the design aims at, in the unit of the goals. */
  readonly goal: number | null;
  /** Where the main thread spent its time, with `--profile`. */
  readonly profile?: readonly SelfTime[];
};

const BAR = 50;

/** The report as text. */
export function renderReport(report: Report): string {
  const { yardstickMs, goalYardstickMs, verifierMs, rows, rotation } = report;
  return [
    `What a sign-in costs (Node ${report.node.slice(1)}, ${report.machine})`,
    `${report.rounds} rounds of ${report.visits} visits of each kind, ${report.parallel} at a time, after ${report.warmUp} to warm up`,
    '',
    'How to read it: 1× is one RSA-2048 signature and its verification, measured beside each figure. A ratio of 10×',
    'says that one complete visit costs the process of the broker as much CPU as ten of those. Medians of the rounds,',
    'with their quartiles in brackets. Known person: the account is unchanged. First time: person and account are made,',
    'with what follows in the background. Verifier: the part of the CPU that verifying the SAML response takes. Store',
    'calls: in brackets those before the person is let in. PostgreSQL: its own CPU, not in the ratio. Goals have a unit of',
    'their own, to which the column before them is the ratio: one fast verification of a SAML response and one signature.',
    '',
    ...table(rows),
    '',
    `1× here is ${spread(yardstickMs, 3)} ms of CPU; the goals’ unit is ${spread(goalYardstickMs, 3)} ms.`,
    `The SAML verifier alone takes ${spread(verifierMs, 3)} ms = ${fixed(verifierMs.median / yardstickMs.median, 1)}× for one response of this run.`,
    `A broker that nobody visits takes ${fixed(report.idleCpuMsPerSecond, 1)} ms a second; that is part of every figure.`,
    '',
    ...rotationLines(rotation),
    '',
    ...plot(rows),
    ...rows.flatMap(profileLines),
  ].join('\n');
}

const COLUMNS: readonly (readonly [title: string, cell: (row: Row) => string])[] = [
  ['visit', ({ title }) => title],
  ['ratio', ({ yardsticks: y }) => `${fixed(y.median, 1)}× [${fixed(y.low, 1)}–${fixed(y.high, 1)}]`],
  ['in goals’ unit', ({ goalYardsticks: y }) => `${fixed(y.median, 1)}×`],
  ['goal', ({ goal }) => (goal === null ? '–' : `≤ ${goal}×`)],
  ['CPU ms', ({ cpuMs }) => fixed(cpuMs.median, 2)],
  ['verifier', ({ verifierShare }) => (verifierShare === 0 ? '–' : `${fixed(verifierShare * 100, 0)} %`)],
  ['store calls', ({ storeCalls: { all, beforeEntry } }) => `${fixed(all, 1)} (${beforeEntry})`],
  ['PostgreSQL ms', (row) => (row.postgresCpuMs === null ? 'unknown' : fixed(row.postgresCpuMs.median, 2))],
  ['lasted ms', ({ wallMs }) => fixed(wallMs.median, 1)],
];

function table(rows: readonly Row[]): string[] {
  const columns = COLUMNS.map(([title, cell]) => {
    const cells = [title, ...rows.map(cell)];
    const width = Math.max(...cells.map(({ length }) => length));
    return [...cells.slice(0, 1), '─'.repeat(width), ...cells.slice(1)].map((text) => text.padEnd(width));
  });
  const lines = columns[0] ?? [];
  return lines.map((_, line) =>
    columns
      .map((column) => column[line])
      .join('  ')
      .trimEnd(),
  );
}

/** Bars on one scale; the dark part is the SAML verifier, `┃` the goal. */
function plot(rows: readonly Row[]): string[] {
  const most = Math.max(...rows.flatMap(({ goalYardsticks, goal }) => [goalYardsticks.median, goal ?? 0]), 1);
  const columns = (ratio: number): number => Math.round((ratio / most) * BAR);
  const width = Math.max(...rows.map(({ id }) => id.length));
  const bars = rows.map(({ id, goalYardsticks, verifierShare, goal }) => {
    const dark = columns(goalYardsticks.median * verifierShare);
    const bar = ['█'.repeat(dark), '▒'.repeat(Math.max(columns(goalYardsticks.median) - dark, 0))].join('');
    const cells = [...bar.padEnd(BAR)];
    if (goal !== null) cells[columns(goal)] = '┃';
    return `${id.padEnd(width)} ${cells.join('').padEnd(BAR + 1)} ${fixed(goalYardsticks.median, 1)}×`;
  });
  return ['In the unit of the goals, on one scale: █ SAML verifier, ▒ all else, ┃ goal', ...bars];
}

/** The number of failures first: it must be 0. */
function rotationLines({ rotated, visits, requests, failed, complaints, loop }: Rotation): string[] {
  const late = ({ p50, p99, most }: LoopDelay): string =>
    `${fixed(p50, 1)} ms (median), ${fixed(p99, 1)} ms (p99), ${fixed(most, 1)} ms (most)`;
  return [
    `Key rotation under load: ${failed} failed of ${requests} requests in ${visits} visits, while ${rotated.length} keys were replaced (${rotated.join(', ')}).`,
    ...complaints.map((complaint) => `  ${complaint}`),
    `The broker's event loop was late by ${late(loop.rotating)}; for the same visits without rotation by ${late(loop.quiet)}.`,
  ];
}

function profileLines({ title, profile }: Row): string[] {
  if (profile === undefined) return [];
  const total = profile.reduce((sum, { ms }) => sum + ms, 0);
  const lines = profile.map(
    ({ where, ms }) =>
      `  ${where.padEnd(36)} ${fixed(ms, 3).padStart(8)} ms ${fixed((ms / total) * 100, 0).padStart(3)} %`,
  );
  return ['', `main thread, self time per visit while sampled: ${title}`, ...lines];
}

function spread({ median, low, high }: Spread, digits: number): string {
  return `${fixed(median, digits)} [${fixed(low, digits)}–${fixed(high, digits)}]`;
}

function fixed(value: number, digits: number): string {
  return value.toFixed(digits);
}
