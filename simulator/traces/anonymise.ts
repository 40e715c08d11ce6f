import { between, type Random } from "../world/random.ts";
import type { Trace } from "./trace.ts";

const METRES_PER_DEGREE = 111_195;
/** Times begin here; the gaps between them are kept. */
const START_MS = Date.UTC(2000, 0, 1);
/** The new place lies in the tropics, where a degree is much the same either way and the shape is bent least. */
const LATITUDE_LIMIT = 10;

/**
 * Moves a trace elsewhere on the globe, turns it round its first point, and starts its clock anew; the name goes.
 * The shape and the gaps stay, so that it replays the same way: who knows the route can still recognise it.
 */
export function anonymise(trace: Trace, random: Random): Trace {
  const turn = between(random, 0, 2 * Math.PI);
  const lat0 = trace.latE7[0] / 1e7;
  const lon0 = trace.lonE7[0] / 1e7;
  const newLat = between(random, -LATITUDE_LIMIT, LATITUDE_LIMIT);
  const newLon = between(random, -179, 179);
  const latE7 = new Int32Array(trace.points);
  const lonE7 = new Int32Array(trace.points);
  const timeMs = new Float64Array(trace.points);
  for (let i = 0; i < trace.points; i++) {
    const lat = trace.latE7[i] / 1e7;
    const north = (lat - lat0) * METRES_PER_DEGREE;
    const east =
      shortWay(trace.lonE7[i] / 1e7 - lon0) * METRES_PER_DEGREE * Math.cos(((lat + lat0) / 2) * (Math.PI / 180));
    const movedLat = newLat + (east * Math.sin(turn) + north * Math.cos(turn)) / METRES_PER_DEGREE;
    const movedEast = east * Math.cos(turn) - north * Math.sin(turn);
    const movedLon = newLon + movedEast / (METRES_PER_DEGREE * Math.cos(((movedLat + newLat) / 2) * (Math.PI / 180)));
    latE7[i] = Math.round(movedLat * 1e7);
    lonE7[i] = Math.round(shortWay(movedLon) * 1e7);
    timeMs[i] = START_MS + trace.timeMs[i] - trace.timeMs[0];
  }
  return {
    name: "anonymised",
    format: trace.format,
    points: trace.points,
    timeMs,
    latE7,
    lonE7,
    hAccM: trace.hAccM,
    speedMps: trace.speedMps,
    notices: {},
  };
}

function shortWay(degrees: number): number {
  return degrees > 180 ? degrees - 360 : degrees < -180 ? degrees + 360 : degrees;
}
