/** One request that a system has seen. */
export type Call = {
  readonly at: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** Query string with its `?`, or empty. */
  readonly query: string;
  /** Status of the answer; `null` while there is none, and for good when the connection was cut. */
  readonly status: number | null;
  /** The fault that hit it. */
  readonly fault?: string;
};

const KEPT = 1_000;

/** The latest calls of one system, oldest first. */
export interface Calls {
  list(): readonly Call[];
  /** @returns a function that notes the status of the answer. */
  note(call: Omit<Call, 'status'>): (status: number) => void;
  clear(): void;
}

export function createCalls(): Calls {
  let calls: Call[] = [];
  return {
    list: () => calls,
    note: (call) => {
      const entry = { ...call, status: null as number | null };
      calls.push(entry);
      if (calls.length > KEPT) calls = calls.slice(-KEPT);
      return (status) => {
        entry.status = status;
      };
    },
    clear: () => {
      calls = [];
    },
  };
}
