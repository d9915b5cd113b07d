import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { flushCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { json, text } from 'node:stream/consumers';
import { after } from 'node:test';
import type { z } from 'zod';

/** Steps that were reached, the deadly one included. */
export type Death = { readonly steps: readonly string[]; readonly killed: boolean };

type Child = ChildProcessByStdio<Writable, Readable, null>;

/**
 * Runs a script again and again, each time in a process of its own that kills itself (SIGKILL) at a step. Loading is what
 * takes the time, so the next process loads while the one before is at work.
 */
export function doomedProcesses(script: URL): (order: object) => Promise<Death> {
  // Whoever is killed writes nothing down, so the script itself keeps what was compiled (`readOrder`).
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'vestibule-test-compile-cache') };
  const start = (): Child =>
    spawn(process.execPath, [script.pathname], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  let spare: Child | undefined;
  after(() => {
    spare?.kill('SIGKILL');
  });
  return async (order) => {
    const child = spare ?? start();
    spare = start();
    const exit = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once('exit', (_code, signal) => resolve(signal)),
    );
    child.stdin.end(JSON.stringify(order));
    const steps = (await text(child.stdout)).split('\n').filter(Boolean);
    return { steps, killed: (await exit) === 'SIGKILL' };
  };
}

/** In the script, after its imports: what it is to do. */
export async function readOrder<T>(schema: z.ZodType<T>): Promise<T> {
  flushCompileCache();
  return schema.parse(await json(process.stdin));
}

/** In the script: notes steps until the deadly one. 0 is the first; beyond the last one the process lives. */
export function deadlyStep(killAt: number): (step: string) => void {
  let steps = 0;
  return (step) => {
    process.stdout.write(`${step}\n`);
    if (steps === killAt) process.kill(process.pid, 'SIGKILL');
    steps += 1;
    assert.ok(steps < 1_000, 'the process goes round in circles');
  };
}
