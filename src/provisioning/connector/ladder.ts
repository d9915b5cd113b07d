import type { AccountImage } from './account-image.ts';

/**
 * One step of what is done to an account when access ends (R5.5). Lower rungs stay in force while higher ones are
 * taken; all are undone by the ordinary way of making an account right when access returns.
 */
export type Rung = {
  /** Stands in events and tables: `freeze`. */
  readonly id: string;
  /** For people, what is true afterwards: `frozen, nobody can sign in with it`. */
  readonly title: string;
  /** From the final end of access. The first rung has 0 and is the only one that a window's edge runs (R3.3). */
  readonly afterMs: number;
  /** What the account looks like from this rung on; only these fields are touched. */
  readonly image?: AccountImage;
  /** A request that leaves no trace in the image, done once per end: a new random password, ended sessions. */
  readonly act?: string;
  /** The rungs after it need nothing of it: they are taken while the target refuses this one until somebody acts. */
  readonly mayWait?: boolean;
  /** The account is expected to be gone afterwards. */
  readonly removes?: boolean;
};

/** Why access is over: until the window opens again, or for good. */
export type EndKind = 'paused' | 'ended';

export type Ending = {
  readonly kind: EndKind;
  /** The final end; delays of rungs count from here. */
  readonly at: Date;
  /** Delays do not count: nothing of the account may be left to later. */
  readonly atOnce?: boolean;
  /** Ids of the rungs whose image was confirmed and whose act was done. */
  readonly done: readonly string[];
};

/** Rungs that are due, in order; those taken before are among them, because their image must still hold. */
export function dueRungs(ladder: readonly Rung[], ending: Ending, now: Date): readonly Rung[] {
  if (ending.kind === 'paused') return ladder.slice(0, 1);
  if (ending.atOnce) return ladder;
  const elapsedMs = now.getTime() - ending.at.getTime();
  const next = ladder.findIndex(({ afterMs }, index) => index > 0 && afterMs > elapsedMs);
  return next === -1 ? ladder : ladder.slice(0, next);
}

/**
 * When the next rung is due, perhaps already; undefined when none is left. Goes by what was taken and not by the hour:
 * a rung whose time came while the one before was being taken would be forgotten.
 */
export function nextRungAt(ladder: readonly Rung[], ending: Ending): Date | undefined {
  if (ending.kind === 'paused') return undefined;
  const next = ladder.find(({ id }) => !ending.done.includes(id));
  return next && new Date(ending.at.getTime() + (ending.atOnce ? 0 : next.afterMs));
}

/** What the account must look like with these rungs taken. */
export function imageOf(rungs: readonly Rung[]): AccountImage {
  return Object.assign({}, ...rungs.map(({ image }) => image ?? {}));
}
