/** Chance with a seed, so that the order of deaths can be had again; what they hit is still up to the machine. */
export type Chance = { below(limit: number): number; pick<T>(from: readonly T[]): T };

/** mulberry32 */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    pick: (from) => {
      const picked = from[below(from.length)];
      if (picked === undefined) throw new RangeError('nothing to pick from');
      return picked;
    },
  };
}

/** Another seed may be given to look for trouble: VESTIBULE_CHAOS_SEED=7. */
export const SEED = Number(process.env['VESTIBULE_CHAOS_SEED'] ?? 20_260_302);
