import type { Trace } from "../traces/trace.ts";

/**
 * Where the body truly was, made from a trace: one row a second where the recording is dense enough to say, and a hole
 * where it is not. In a hole the body stands at its last row and then jumps; what that does to the promise is counted apart.
 */
export interface Path {
  rows: number;
  /** UTC ms, strictly ascending. */
  timeMs: Float64Array;
  /** Degrees. */
  lat: Float64Array;
  lon: Float64Array;
  /** Metres per second over ground, from the rows up to 2 s on either side. */
  speedMps: Float32Array;
  /** Net speed over ±10 s: tells a walk from the jitter of a recording at rest. */
  netMps: Float32Array;
  /** 1 where the body stays within 60 m for five minutes or more round this row. */
  dwells: Uint8Array;
}

/** Rows further apart than this are a hole: a minute is the cadence of the field's own devices. */
export const HOLE_MS = 60_000;
const DOPPLER_WINDOW_MS = 2_000;
const NET_WINDOW_MS = 10_000;
const DWELL_MS = 300_000;
const DWELL_M = 60;
const METRES_PER_DEGREE = 111_195;

/** The first of several rows at one instant counts: a body is in one place at a time. */
export function makePath(trace: Trace): Path {
  const { timeMs, lat, lon } = resample(trace);
  const rows = timeMs.length;
  const path = {
    rows,
    timeMs,
    lat,
    lon,
    speedMps: new Float32Array(rows),
    netMps: new Float32Array(rows),
    dwells: new Uint8Array(rows),
  };
  fillSpeeds(path, DOPPLER_WINDOW_MS, path.speedMps);
  fillSpeeds(path, NET_WINDOW_MS, path.netMps);
  fillDwells(path);
  return path;
}

function resample(trace: Trace): { timeMs: Float64Array; lat: Float64Array; lon: Float64Array } {
  const times: number[] = [];
  const lats: number[] = [];
  const lons: number[] = [];
  for (let i = 0; i < trace.points; i++) {
    const t = trace.timeMs[i];
    const lat = trace.latE7[i] / 1e7;
    const lon = trace.lonE7[i] / 1e7;
    const n = times.length;
    if (n > 0 && t <= times[n - 1]) continue;
    if (n > 0 && t - times[n - 1] <= HOLE_MS) bridge(times, lats, lons, t, lat, lon);
    times.push(t);
    lats.push(lat);
    lons.push(lon);
  }
  return { timeMs: Float64Array.from(times), lat: Float64Array.from(lats), lon: Float64Array.from(lons) };
}

/** Fills a short gap with a row a second on the straight line (the short way round the globe). */
function bridge(times: number[], lats: number[], lons: number[], t: number, lat: number, lon: number): void {
  const last = times.length - 1;
  const fromMs = times[last];
  const fromLat = lats[last];
  const fromLon = lons[last];
  let turn = lon - fromLon;
  if (turn > 180) turn -= 360;
  if (turn < -180) turn += 360;
  for (let at = fromMs + 1000; at < t - 500; at += 1000) {
    const part = (at - fromMs) / (t - fromMs);
    const between = fromLon + turn * part;
    times.push(at);
    lats.push(fromLat + (lat - fromLat) * part);
    lons.push(between > 180 ? between - 360 : between < -180 ? between + 360 : between);
  }
}

/** Metres between two rows; a sphere is good enough for speeds. */
export function rowDistanceM(path: Pick<Path, "lat" | "lon">, a: number, b: number): number {
  const north = path.lat[b] - path.lat[a];
  let east = path.lon[b] - path.lon[a];
  if (east > 180) east -= 360;
  if (east < -180) east += 360;
  return METRES_PER_DEGREE * Math.hypot(north, east * Math.cos(((path.lat[a] + path.lat[b]) * Math.PI) / 360));
}

function fillSpeeds(path: Path, windowMs: number, into: Float32Array): void {
  let from = 0;
  let to = 0;
  for (let i = 0; i < path.rows; i++) {
    const t = path.timeMs[i];
    while (t - path.timeMs[from] > windowMs) from++;
    if (to < i) to = i;
    while (to + 1 < path.rows && path.timeMs[to + 1] - t <= windowMs) to++;
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
