type Room = { running: number; readonly queue: (() => void)[] };

/** So many at a time per key inside this process, first come first served. One place makes it a mutex. */
export class KeyedLimit {
  readonly #places: number;
  readonly #rooms = new Map<string, Room>();

  constructor(places = 1) {
    this.#places = places;
  }

  /**
   * Runs `work` when there is a place.
   *
   * @returns undefined when none came free within `waitMs`; `work` then never runs.
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
    const room = this.#rooms.get(key) ?? { running: 0, queue: [] };
    this.#rooms.set(key, room);
    if (room.running < this.#places) {
      room.running += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const turn = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        room.queue.splice(room.queue.indexOf(turn), 1);
        resolve(false);
      }, waitMs);
      room.queue.push(turn);
    });
  }

  /** The place goes straight to the next in line, so that nobody overtakes. */
  #leave(key: string): void {
    const room = this.#rooms.get(key);
    const next = room?.queue.shift();
    if (next) next();
    else if (room && room.running > 1) room.running -= 1;
    else this.#rooms.delete(key);
  }
}
