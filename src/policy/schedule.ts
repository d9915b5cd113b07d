import { type TimeWindow, type WindowState, windowAt } from '../base/index.ts';

/** Windows that remember their last answer: between two edges it cannot change, and edges are costly to find. */
export type Schedule = { readonly text: string; at(now: Date): WindowState };

export function createSchedule(windows: readonly TimeWindow[]): Schedule {
  let asked = Number.POSITIVE_INFINITY;
  let edge = Number.NEGATIVE_INFINITY;
  let state: WindowState = { open: false };
  return {
    text: windows.map((window) => window.text).join(', '),
    at(now) {
      const instant = now.getTime();
      if (instant >= asked && instant < edge) return state;
      state = windowAt(windows, now);
      asked = instant;
      edge = (state.open ? state.ends : state.opens)?.getTime() ?? instant;
      return state;
    },
  };
}
