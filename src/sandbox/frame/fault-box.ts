import type { Fault, RequestFacts } from './fault.ts';
import { isHit } from './fault.ts';

export type ActiveFault = Fault & { readonly hits: number };
export type HeldRequest = RequestFacts & { readonly when: 'before' | 'after' };

/** The faults that are set for one system, and the requests that it holds. */
export interface FaultBox {
  list(): readonly ActiveFault[];
  /** Replaces all faults. Requests that are held stay held. */
  replace(faults: readonly Fault[]): void;
  add(fault: Fault): void;
  /** Removes all faults and lets held requests go on. */
  clear(): void;
  /** The first fault that hits this request, counted; a fault whose `times` are used up is gone. */
  take(request: RequestFacts): Fault | undefined;
  held(): readonly HeldRequest[];
  /** Resolves when at least this many requests are held. */
  untilHeld(atLeast: number): Promise<void>;
  /** Waits until `release`. */
  hold(request: HeldRequest): Promise<void>;
  /** Lets the oldest held requests go on: all, or so many. @returns how many. */
  release(count?: number): number;
}

export function createFaultBox(): FaultBox {
  let faults: { fault: Fault; hits: number }[] = [];
  let waiting: { request: HeldRequest; go: () => void }[] = [];
  let watchers: { atLeast: number; tell: () => void }[] = [];

  const release = (count = waiting.length): number => {
    const released = waiting.slice(0, count);
    waiting = waiting.slice(count);
    for (const { go } of released) go();
    return released.length;
  };
  return {
    list: () => faults.map(({ fault, hits }) => ({ ...fault, hits })),
    replace: (next) => {
      faults = next.map((fault) => ({ fault, hits: 0 }));
    },
    add: (fault) => {
      faults.push({ fault, hits: 0 });
    },
    clear: () => {
      faults = [];
      release();
    },
    take: (request) => {
      const entry = faults.find(({ fault }) => isHit(fault, request));
      if (!entry) return undefined;
      entry.hits += 1;
      if (entry.hits === entry.fault.times) faults = faults.filter((each) => each !== entry);
      return entry.fault;
    },
    held: () => waiting.map(({ request }) => request),
    untilHeld: (atLeast) => {
      if (waiting.length >= atLeast) return Promise.resolve();
      return new Promise((tell) => watchers.push({ atLeast, tell }));
    },
    hold: (request) =>
      new Promise((go) => {
        waiting.push({ request, go });
        const ready = watchers.filter(({ atLeast }) => waiting.length >= atLeast);
        watchers = watchers.filter((watcher) => !ready.includes(watcher));
        for (const { tell } of ready) tell();
      }),
    release,
  };
}
