import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LoopDelay } from './messages.ts';

/** Between two looks at the clock; part of every value that is read, so it is taken off. */
const RESOLUTION_MS = 1;

let histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;

/** Measures how late the event loop of this process is until `stopLoopDelay`. */
export function startLoopDelay(): void {
  histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
}

export function stopLoopDelay(): LoopDelay {
  if (!histogram) throw new Error('nothing was measured');
  histogram.disable();
  const late = (nanoseconds: number): number => Math.max(nanoseconds / 1e6 - RESOLUTION_MS, 0);
  const { max } = histogram;
  const delay = { p50: late(histogram.percentile(50)), p99: late(histogram.percentile(99)), most: late(max) };
  histogram = undefined;
  return delay;
}
