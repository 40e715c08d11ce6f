import { between, type Random } from "../world/random.ts";
import { gaussSphere, goFrom, type Place, seenFrom } from "./globe.ts";
import type { Trace } from "./trace.ts";

/** Times begin here, whatever the day and the hour were; the gaps between them are kept. */
const START_MS = Date.UTC(2000, 0, 1);
/** Degrees from the equator: the new place is among those where people live, and the poles are far. */
const LATITUDE_LIMIT = 60;
const ORIGIN_LIMIT = 50;
/** Of a journey round half the globe not every turn stays within the limit. */
const TRIES = 64;

/**
 * Moves a trace elsewhere on the globe, turns it round its first point, and starts its clock anew; names, users and the
 * receiver's own bytes go. The shape and the gaps stay, so that it replays the same way: who knows the route can still
 * recognise it. `random`: who can repeat it can turn the trace back.
 */
export function anonymise(trace: Trace, random: Random): Trace {
  const moved = moveElsewhere(trace, random);
  return {
    name: "anonymised",
    file: "anonymised",
    format: trace.format,
    points: trace.points,
    timeMs: trace.timeMs.map((t) => START_MS + t - trace.timeMs[0]),
    ...moved,
    hAccM: trace.hAccM,
    speedMps: trace.speedMps,
    notices: {},
  };
}

interface Moved {
  latE7: Int32Array;
  lonE7: Int32Array;
}

/** The first try that stays within the latitudes, else the one that strays least. */
function moveElsewhere(trace: Trace, random: Random): Moved {
  const rays = raysOf(trace);
  let best: Moved | undefined;
  let leastE7 = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES && leastE7 > LATITUDE_LIMIT * 1e7; i++) {
    const origin = {
      lat: radians(between(random, -ORIGIN_LIMIT, ORIGIN_LIMIT)),
      lon: between(random, -Math.PI, Math.PI),
    };
    const moved = drawFrom(origin, rays, between(random, 0, 2 * Math.PI));
    const farthestE7 = moved.latE7.reduce((most, lat) => Math.max(most, Math.abs(lat)), 0);
    if (best === undefined || farthestE7 < leastE7) [best, leastE7] = [moved, farthestE7];
  }
  return best ?? { latE7: trace.latE7, lonE7: trace.lonE7 };
}

/** Each point as seen from the first. */
interface Ray {
  metres: number;
  towards: number;
}

function raysOf(trace: Trace): Ray[] {
  const at = (row: number) => ({ lat: radians(trace.latE7[row] / 1e7), lon: radians(trace.lonE7[row] / 1e7) });
  const sphere = gaussSphere(at(0));
  const first = sphere.onto(at(0));
  return Array.from({ length: trace.points }, (_, row) => {
    const { far, towards } = seenFrom(first, sphere.onto(at(row)));
    return { metres: far * sphere.radiusM, towards };
  });
}

function drawFrom(origin: Place, rays: Ray[], turn: number): Moved {
  const sphere = gaussSphere(origin);
  const first = sphere.onto(origin);
  const places = rays.map((ray) => sphere.back(goFrom(first, ray.metres / sphere.radiusM, ray.towards + turn)));
  return {
    latE7: Int32Array.from(places, ({ lat }) => Math.round(degrees(lat) * 1e7)),
    lonE7: Int32Array.from(places, ({ lon }) => Math.round(degrees(lon) * 1e7)),
  };
}

function radians(angle: number): number {
  return (angle * Math.PI) / 180;
}

function degrees(angle: number): number {
  return (angle * 180) / Math.PI;
}
