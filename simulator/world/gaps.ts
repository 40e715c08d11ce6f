import { rowDistanceM, shortTurn } from "./globe.ts";

/** Rows under way to a path, in columns. */
export interface Rows {
  timeMs: number[];
  /** Degrees. */
  lat: number[];
  lon: number[];
  /** 1: a point of the recording, or the body at rest there; 0: filled in. */
  recorded: number[];
  /** 1: on the way through a hole, where nobody knows what it passed. */
  hidden: number[];
}

/** Rows further apart than this are a hole: a minute is the cadence of the field's own devices. */
const HOLE_MS = 60_000;
/** The speed model of design §7. */
const CEILING_MPS = 60;
const ACCEL_MPS2 = 3;
const RAMP_S = CEILING_MPS / ACCEL_MPS2;
const RAMP_M = (CEILING_MPS * RAMP_S) / 2;

type RowKind = "recorded" | "bridged" | "hidden";

export function addRow(rows: Rows, timeMs: number, lat: number, lon: number, kind: RowKind): void {
  rows.timeMs.push(timeMs);
  rows.lat.push(lat);
  rows.lon.push(lon);
  rows.recorded.push(kind === "recorded" ? 1 : 0);
  rows.hidden.push(kind === "hidden" ? 1 : 0);
}

/** Fills what lies between the last row and the next point of the recording. `restMs`: how long a sensor takes to notice rest. */
export function fillGap(rows: Rows, timeMs: number, lat: number, lon: number, restMs: number): void {
  const last = rows.timeMs.length - 1;
  const gapMs = timeMs - rows.timeMs[last];
  if (gapMs <= HOLE_MS) {
    bridge(rows, timeMs, lat, lon);
    return;
  }
  const metres = rowDistanceM({ lat: [rows.lat[last], lat], lon: [rows.lon[last], lon] }, 0, 1);
  const startMs = Math.ceil(timeMs - 1000 * secondsFromRest(metres));
  if (startMs > rows.timeMs[last]) dash(rows, startMs, timeMs, lat, lon, metres, restMs);
  // It was on the move already, and no faster than the model; else it jumps.
  else if (metres * 1000 <= CEILING_MPS * gapMs) bridge(rows, timeMs, lat, lon);
}

/** A row a second on the straight line (the short way round the globe). */
function bridge(rows: Rows, timeMs: number, lat: number, lon: number): void {
  const last = rows.timeMs.length - 1;
  const fromMs = rows.timeMs[last];
  const move = mover(rows, last, lat, lon, "bridged");
  for (let at = fromMs + 1000; at < timeMs - 500; at += 1000) move(at, (at - fromMs) / (timeMs - fromMs));
}

/** The body rests, and sets off as late as it can. */
function dash(
  rows: Rows,
  startMs: number,
  timeMs: number,
  lat: number,
  lon: number,
  metres: number,
  restMs: number,
): void {
  const last = rows.timeMs.length - 1;
  const move = mover(rows, last, lat, lon, "hidden");
  // Without a row in it nobody could notice the rest.
  if (rows.timeMs[last] + restMs < startMs)
    addRow(rows, rows.timeMs[last] + restMs, rows.lat[last], rows.lon[last], "recorded");
  for (let at = startMs; at < timeMs - 500; at += 1000) move(at, metresFromRest((at - startMs) / 1000) / metres);
}

function mover(
  rows: Rows,
  last: number,
  lat: number,
  lon: number,
  kind: RowKind,
): (atMs: number, part: number) => void {
  const [fromLat, fromLon] = [rows.lat[last], rows.lon[last]];
  const turn = shortTurn(lon - fromLon);
  return (atMs, part) => addRow(rows, atMs, fromLat + (lat - fromLat) * part, shortTurn(fromLon + turn * part), kind);
}

function secondsFromRest(metres: number): number {
  return metres <= RAMP_M ? Math.sqrt((2 * metres) / ACCEL_MPS2) : RAMP_S + (metres - RAMP_M) / CEILING_MPS;
}

function metresFromRest(seconds: number): number {
  return seconds <= RAMP_S ? 0.5 * ACCEL_MPS2 * seconds * seconds : RAMP_M + (seconds - RAMP_S) * CEILING_MPS;
}
