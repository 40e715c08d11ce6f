import type { Span } from "./report-data.ts";

/** Row by row: whether most of the way to it from the row before lies in one of the spans, which ascend. */
export function withinSpans(timeMs: ArrayLike<number>, rows: number[], spans: Span[]): boolean[] {
  let at = 0;
  return rows.map((row, i) => {
    if (i === 0) return false;
    const ms = (timeMs[rows[i - 1]] + timeMs[row]) / 2;
    while (at < spans.length && spans[at].toMs <= ms) at++;
    return at < spans.length && spans[at].fromMs < ms;
  });
}

/** One line in two strokes: what was recorded, and what was filled in. `undefined` breaks it. */
export function drawLine(name: string, points: ([x: number, y: number] | undefined)[], filled: boolean[]): string {
  const strokes = ["", ""];
  let last = -1;
  points.forEach((point, i) => {
    const before = points[i - 1];
    if (point === undefined || before === undefined) return;
    const kind = filled[i] ? 1 : 0;
    if (last !== kind || strokes[kind] === "" || points[i - 2] === undefined) strokes[kind] += `M${pair(before)}`;
    strokes[kind] += `L${pair(point)}`;
    last = kind;
  });
  return `<path class="${name}" d="${strokes[0]}"/>${strokes[1] && `<path class="${name} filled" d="${strokes[1]}"/>`}`;
}

function pair([x, y]: [number, number]): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
