import type { Trace } from "../traces/trace.ts";
import { addRow, fillGap, type Rows } from "./gaps.ts";
import { rowDistanceM } from "./globe.ts";

/**
 * Where the body truly was, made from a trace: one row a second where the recording is dense enough to say, and a hole
 * where it is not. In a hole the body stands at its last row until it must set off to be at the next one in time, as fast
 * as the speed model allows: the hardest case that the recording does not rule out. Where even that is too slow it jumps,
 * and what that does to the promise is counted apart.
 */
export interface Path {
  rows: number;
  /** UTC ms, strictly ascending. */
  timeMs: Float64Array;
  /** Degrees. */
  lat: Float64Array;
  lon: Float64Array;
  /** 1: a point of the recording, or the body at rest there; 0: filled in between two. */
  recorded: Uint8Array;
  /** 1: on the way through a hole. What it passed nobody knows, so no receiver says where it is. */
  hidden: Uint8Array;
  /** Metres per second over ground, from the rows up to 1 s on either side. */
  speedMps: Float32Array;
  /** Net speed over the last 10 s, which is all that a sensor can know: tells a walk from the jitter of a recording at rest. */
  netMps: Float32Array;
  /** 1 where the body stays within 60 m for five minutes or more round this row. */
  dwells: Uint8Array;
}

const DOPPLER_WINDOW_MS = 1_000;
const NET_WINDOW_MS = 10_000;
const DWELL_MS = 300_000;
const DWELL_M = 60;

/** The first of several rows at one instant counts: a body is in one place at a time. */
export function makePath(trace: Trace): Path {
  const columns = resample(trace);
  const rows = columns.timeMs.length;
  const path = {
    rows,
    timeMs: Float64Array.from(columns.timeMs),
    lat: Float64Array.from(columns.lat),
    lon: Float64Array.from(columns.lon),
    recorded: Uint8Array.from(columns.recorded),
    hidden: Uint8Array.from(columns.hidden),
    speedMps: new Float32Array(rows),
    netMps: new Float32Array(rows),
    dwells: new Uint8Array(rows),
  };
  fillSpeeds(path, DOPPLER_WINDOW_MS, DOPPLER_WINDOW_MS, path.speedMps);
  fillSpeeds(path, NET_WINDOW_MS, 0, path.netMps);
  fillDwells(path);
  return path;
}

function resample(trace: Trace): Rows {
  const rows: Rows = { timeMs: [], lat: [], lon: [], recorded: [], hidden: [] };
  for (let i = 0; i < trace.points; i++) {
    const timeMs = trace.timeMs[i];
    const lat = trace.latE7[i] / 1e7;
    const lon = trace.lonE7[i] / 1e7;
    if (i > 0 && timeMs <= rows.timeMs[rows.timeMs.length - 1]) continue;
    if (i > 0) fillGap(rows, timeMs, lat, lon, NET_WINDOW_MS + 1_000);
    addRow(rows, timeMs, lat, lon, "recorded");
  }
  return rows;
}

/** Net speed between the rows at most so long before and after each. */
function fillSpeeds(path: Path, beforeMs: number, afterMs: number, into: Float32Array): void {
  let from = 0;
  let to = 0;
  for (let i = 0; i < path.rows; i++) {
    const t = path.timeMs[i];
    while (t - path.timeMs[from] > beforeMs) from++;
    if (to < i) to = i;
    while (to + 1 < path.rows && path.timeMs[to + 1] - t <= afterMs) to++;
    const spanS = (path.timeMs[to] - path.timeMs[from]) / 1000;
    into[i] = spanS > 0 ? rowDistanceM(path, from, to) / spanS : 0;
  }
}

function fillDwells(path: Path): void {
  let start = 0;
  while (start < path.rows) {
    let end = start + 1;
    while (end < path.rows && rowDistanceM(path, start, end) <= DWELL_M) end++;
    // The stay lasts until the row that left, so that a hole spent in one place is a stay too.
    const untilMs = end < path.rows ? path.timeMs[end] : path.timeMs[end - 1];
    if (untilMs - path.timeMs[start] >= DWELL_MS) {
      path.dwells.fill(1, start, end);
      start = end;
    } else start += 1 + Math.floor((end - start - 1) / 4);
  }
}

/** Walks the path forward in time: the row in force at an instant, in amortised constant time. */
export function createCursor(path: Path): (tMs: number) => number {
  let row = 0;
  return (tMs) => {
    if (tMs < path.timeMs[row]) row = 0;
    while (row + 1 < path.rows && path.timeMs[row + 1] <= tMs) row++;
    return row;
  };
}
