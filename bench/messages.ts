/** What the bench asks its broker over IPC; one question at a time, each has one answer. */
export type Question =
  | {
      readonly ask: 'start';
      /** The configuration file. */
      readonly config: string;
      readonly folder: string;
      /** Instead of environment variables: they hold passwords and the master key. */
      readonly variables: Readonly<Record<string, string>>;
    }
  | { readonly ask: 'cpu' }
  | { readonly ask: 'start-profile' }
  | { readonly ask: 'stop-profile' }
  | { readonly ask: 'start-loop' }
  | { readonly ask: 'stop-loop' };

/** To what begins something an empty answer, else what was asked for. */
export type Answer = {
  readonly cpu?: NodeJS.CpuUsage;
  readonly profile?: readonly SelfTime[];
  readonly loop?: LoopDelay;
  readonly problem?: string;
};

/** Time that the main thread spent in functions of one package or room itself, not in what they called. */
export type SelfTime = { readonly where: string; readonly ms: number };

/** How late the event loop was for what was due, in milliseconds. */
export type LoopDelay = { readonly p50: number; readonly p99: number; readonly most: number };
