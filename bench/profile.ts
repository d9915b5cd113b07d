import { type Profiler, Session } from 'node:inspector/promises';
import type { SelfTime } from './messages.ts';

const KEPT = 14;
/** Microseconds between two samples. */
const INTERVAL = 200;

/** Waiting, and the sampling itself. */
const NOT_OURS = new Set(['(idle)', 'node:inspector']);

let session: Session | undefined;

/** Samples the main thread of this process until `stopProfile`. */
export async function startProfile(): Promise<void> {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL });
  await session.post('Profiler.start');
}

/** @returns where most time went since `startProfile`, most first. */
export async function stopProfile(): Promise<readonly SelfTime[]> {
  if (!session) throw new Error('no profile was started');
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  session = undefined;
  return selfTimes(profile);
}

/** Sums the self time by package, room of ours, or module of Node. */
function selfTimes(profile: Profiler.Profile): SelfTime[] {
  const placeOf = new Map(profile.nodes.map(({ id, callFrame }) => [id, place(callFrame)]));
  const sums = new Map<string, number>();
  for (const [index, node] of (profile.samples ?? []).entries()) {
    const where = placeOf.get(node);
    if (where === undefined || NOT_OURS.has(where)) continue;
    sums.set(where, (sums.get(where) ?? 0) + (profile.timeDeltas?.[index] ?? 0) / 1000);
  }
  return [...sums]
    .map(([where, ms]) => ({ where, ms }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, KEPT);
}

function place({ url, functionName }: { url: string; functionName: string }): string {
  const ours = /\/src\/((?:platform|federation|provisioning\/connectors)\/[^/]+|[^/]+)/.exec(url)?.[1];
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  if (ours !== undefined) return `src/${ours}`;
  if (url.startsWith('node:')) return url.replace(/^(node:internal\/[^/]+|node:[^/]+).*/, '$1');
  // Without a URL: the engine itself, such as (garbage collector), and functions that are not JavaScript.
  return functionName.startsWith('(') ? functionName : `native ${functionName || '(anonymous)'}`;
}
