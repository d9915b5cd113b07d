/** One at a time per key inside this process, first come first served; saves the database from a crowd. */
export class KeyedMutex {
  readonly #queues = new Map<string, (() => void)[]>();

  /**
   * Runs `work` when it is this caller's turn.
   *
   * @returns undefined when the turn did not come within `waitMs`; `work` then never runs.
   */
  async run<T>(key: string, waitMs: number, work: () => Promise<T>): Promise<{ value: T } | undefined> {
    if (!(await this.#enter(key, waitMs))) return undefined;
    try {
      return { value: await work() };
    } finally {
      this.#leave(key);
    }
  }

  #enter(key: string, waitMs: number): Promise<boolean> {
    const queue = this.#queues.get(key);
    if (!queue) {
      this.#queues.set(key, []);
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const turn = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(turn), 1);
        resolve(false);
      }, waitMs);
      queue.push(turn);
    });
  }

  #leave(key: string): void {
    const next = this.#queues.get(key)?.shift();
    if (next) next();
    else this.#queues.delete(key);
  }
}
