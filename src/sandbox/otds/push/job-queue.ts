/** One thing to tell the broker; `true` when it took it. */
export type Job = { readonly about: string; run(): Promise<boolean> };

export type Settled = { readonly done: number; readonly failed: readonly string[] };
export type Order = 'in-order' | 'newest-first' | 'twice';

/** Jobs that are carried out one after another. */
export interface JobQueue {
  add(job: Job): void;
  /** Begins to work, unless it does. */
  start(): void;
  /** Resolves when nothing waits any more, with what happened since the last time. */
  settle(): Promise<Settled>;
  waiting(): readonly string[];
  clear(): void;
}

export function createJobQueue(order: () => Order): JobQueue {
  let jobs: Job[] = [];
  let running: Promise<void> | undefined;
  let done = 0;
  let failed: string[] = [];

  const work = async (): Promise<void> => {
    for (;;) {
      const job = order() === 'newest-first' ? jobs.pop() : jobs.shift();
      if (!job) return;
      for (let left = order() === 'twice' ? 2 : 1; left > 0; left -= 1) {
        if (await job.run()) done += 1;
        else failed.push(job.about);
      }
    }
  };
  const start = (): Promise<void> => {
    running ??= work().finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    add: (job) => {
      jobs.push(job);
    },
    start: () => void start(),
    settle: async () => {
      while (running !== undefined || jobs.length > 0) await start();
      const settled = { done, failed };
      done = 0;
      failed = [];
      return settled;
    },
    waiting: () => jobs.map(({ about }) => about),
    clear: () => {
      jobs = [];
      done = 0;
      failed = [];
    },
  };
}
