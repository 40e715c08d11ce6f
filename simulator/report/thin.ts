/**
 * Indices of the rows worth drawing: a row further than `tolerance` from the last one kept, and the last row. Enough for a
 * track on a screen, and linear in rows.
 */
export function thinTrack(xs: ArrayLike<number>, ys: ArrayLike<number>, tolerance: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < xs.length; i++) {
    const last = kept[kept.length - 1];
    const far = last === undefined || Math.abs(xs[i] - xs[last]) > tolerance || Math.abs(ys[i] - ys[last]) > tolerance;
    if (far || i === xs.length - 1) kept.push(i);
  }
  return kept;
}

/** Least and greatest of each of `bins` bins, in order, so that a spike is never thinned away. */
export function thinSeries(values: ArrayLike<number>, bins: number): number[] {
  if (values.length <= 2 * bins) return Array.from({ length: values.length }, (_, i) => i);
  const kept: number[] = [];
  for (let b = 0; b < bins; b++) {
    const from = Math.floor((values.length * b) / bins);
    const to = Math.floor((values.length * (b + 1)) / bins);
    let low = from;
    let high = from;
    for (let i = from; i < to; i++) {
      if (values[i] < values[low]) low = i;
      if (values[i] > values[high]) high = i;
    }
    kept.push(Math.min(low, high));
    if (low !== high) kept.push(Math.max(low, high));
  }
  if (kept[0] !== 0) kept.unshift(0);
  if (kept[kept.length - 1] !== values.length - 1) kept.push(values.length - 1);
  return kept;
}
