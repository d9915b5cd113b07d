import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';

const GIVE_UP_MS = 60_000;
const LOOK_MS = 5;

/** Waits for what somebody else does by itself a moment later, however busy the machine is. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = 'what was waited for',
): Promise<void> {
  const began = performance.now();
  while (!(await condition())) {
    if (performance.now() - began > GIVE_UP_MS) assert.fail(`it did not happen: ${what}`);
    await wait(LOOK_MS);
  }
}

/**
 * Milliseconds of work that this process did for a task, its servers included: a bound on cost that a busy machine does
 * not break.
 */
export async function costOf(task: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
