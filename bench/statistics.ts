/** Median and quartiles of what the rounds gave; all in the unit of the values. */
export type Spread = {
  readonly median: number;
  /** A quarter of the rounds was below. */
  readonly low: number;
  /** A quarter of the rounds was above. */
  readonly high: number;
  readonly least: number;
};

/** @throws RangeError when there is nothing to summarise. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    least: quantile(sorted, 0),
  };
}

/** Between two neighbours the value is interpolated. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new RangeError('no values');
  return below + (above - below) * (place - Math.floor(place));
}
