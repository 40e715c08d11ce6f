/**
 * Indices of the rows worth drawing: a row further than `tolerance` from the last one kept, one that must be kept, and the
 * last. Enough for a track on a screen, and linear in rows.
 */
export function thinTrack(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  tolerance: number,
  mustKeep: (row: number) => boolean,
): number[] {
  const kept: number[] = [];
  for (let i = 0; i < xs.length; i++) {
    const last = kept[kept.length - 1];
    const far = last === undefined || Math.abs(xs[i] - xs[last]) > tolerance || Math.abs(ys[i] - ys[last]) > tolerance;
    if (far || mustKeep(i) || i === xs.length - 1) kept.push(i);
  }
  return kept;
}

/** A value over time that is costly to work out. */
export interface Series {
  timeMs: ArrayLike<number>;
  /** `Infinity` where there is none. */
  value(row: number): number;
  /** Never falls, and by as much as the value may have changed at most since another row; not across a cut. */
  travel: ArrayLike<number>;
}

/**
 * The rows that a time line of so many bins, equal in time, needs: of each the first, the last, the least and the greatest.
 * `cuts`: rows at which something happened, so that both they and the rows before them stay.
 */
export function thinSeries(series: Series, bins: number, cuts: number[]): number[] {
  const { timeMs } = series;
  const rows = timeMs.length;
  const spanMs = Math.max(1, timeMs[rows - 1] - timeMs[0]);
  const binOf = (row: number) => Math.floor(((timeMs[row] - timeMs[0]) / spanMs) * bins);
  const starts = new Set(cuts);
  const kept: number[] = [];
  for (let from = 0, row = 1; row <= rows; row++) {
    if (row < rows && !starts.has(row) && binOf(row) === binOf(from)) continue;
    const { low, high } = extremes(series, from, row - 1);
    kept.push(...[...new Set([from, low, high, row - 1])].sort((a, b) => a - b));
    from = row;
  }
  return kept;
}

/** Halves the rows between two known values only while what lies between could rise or fall out of the picture's accuracy. */
function extremes({ value, travel }: Series, from: number, to: number): { low: number; high: number } {
  const found = { low: from, high: from };
  const look = (row: number) => {
    if (value(row) < value(found.low)) found.low = row;
    if (value(row) > value(found.high)) found.high = row;
  };
  const search = (a: number, b: number) => {
    const middle = (value(a) + value(b)) / 2;
    if (b - a < 2 || !Number.isFinite(middle)) return;
    const reach = (travel[b] - travel[a]) / 2;
    const [least, most] = [value(found.low), value(found.high)];
    if (middle - reach >= least - slack(least) && middle + reach <= most + slack(most)) return;
    const half = (a + b) >> 1;
    look(half);
    search(a, half);
    search(half, b);
  };
  look(to);
  search(from, to);
  return found;
}

/** About a pixel of the distance chart: linear near the boundary, logarithmic further away. */
function slack(metres: number): number {
  return Math.max(2, Math.abs(metres) * 0.03);
}
