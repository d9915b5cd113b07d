import type { Clock } from '../../src/base/index.ts';

/** A clock that moves only when a test says so. */
export class ManualClock implements Clock {
  #now: number;

  constructor(start: string | Date = '2026-03-02T09:00:00Z') {
    this.#now = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#now);
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  set(instant: string | Date): void {
    this.#now = new Date(instant).getTime();
  }
}
