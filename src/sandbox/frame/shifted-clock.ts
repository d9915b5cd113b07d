import type { Clock } from '../../base/index.ts';

/** The clock of one system: the sandbox's clock plus an offset that tests set. */
export interface ShiftedClock extends Clock {
  offsetMs: number;
}

export function createShiftedClock(clock: Clock): ShiftedClock {
  return {
    offsetMs: 0,
    now() {
      return new Date(clock.now().getTime() + this.offsetMs);
    },
  };
}
