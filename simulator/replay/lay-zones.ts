import type { Zone } from "../../protocol/messages/zone.ts";
import { rowDistanceM } from "../world/globe.ts";
import type { Path } from "../world/path.ts";
import { between, seededRandom } from "../world/random.ts";

/** The rule by which benchmarks lay zones round a trace, in words; printed beside every figure. */
export const ZONE_RULE =
  "100 circles of 150–500 m in the trace's box plus 5 km, none within 1.2 km of a place where it dwells ten minutes, three on its way";

const CIRCLES = 100;
const ON_THE_WAY = 3;
const MARGIN_M = 5_000;
const CLEAR_OF_DWELLS_M = 1_200;
const DWELL_MS = 600_000;
const DWELL_M = 100;
/** Draws before a box that is all dwelling place is given up. */
const TRIES = 200_000;
const METRES_PER_DEGREE = 111_195;

/** `circles` in all, {@link ON_THE_WAY} of them near rows of the path. */
export function layZones(path: Path, seed: number, circles = CIRCLES): Zone[] {
  const random = seededRandom(seed, "zones");
  const dwells = dwellRows(path, DWELL_MS, DWELL_M);
  const zones: Zone[] = [];
  const add = (lat: number, lon: number) => {
    if (dwells.some((row) => distanceM(path, row, lat, lon) < CLEAR_OF_DWELLS_M)) return;
    zones.push(circle(`c${zones.length}`, lat, lon, Math.round(between(random, 150, 500))));
  };
  for (let i = 0; i < TRIES / 100 && zones.length < ON_THE_WAY; i++) {
    const row = Math.floor(random() * path.rows);
    add(path.lat[row] + between(random, -0.001, 0.001), path.lon[row] + between(random, -0.0015, 0.0015));
  }
  const box = boxOf(path);
  for (let i = 0; i < TRIES && zones.length < circles; i++)
    add(between(random, box.south, box.north), between(random, box.west, box.east));
  return zones;
}

/** First rows of stays of at least `stayMs` within `withinM`, holes included. */
export function dwellRows(path: Path, stayMs: number, withinM: number): number[] {
  const rows: number[] = [];
  let start = 0;
  while (start < path.rows) {
    let end = start + 1;
    while (end < path.rows && rowDistanceM(path, start, end) <= withinM) end++;
    const untilMs = path.timeMs[Math.min(end, path.rows - 1)];
    if (untilMs - path.timeMs[start] >= stayMs) {
      rows.push(start);
      start = end;
    } else start += 1 + Math.floor((end - start - 1) / 4);
  }
  return rows;
}

function circle(id: string, lat: number, lon: number, radiusM: number): Zone {
  return {
    id,
    kind: "exclusion",
    bufferM: 0,
    schedule: undefined,
    shape: { kind: "circle", latE7: Math.round(lat * 1e7), lonE7: Math.round(lon * 1e7), radiusM },
  };
}

function distanceM(path: Path, row: number, lat: number, lon: number): number {
  const north = lat - path.lat[row];
  const east = (lon - path.lon[row]) * Math.cos((lat * Math.PI) / 180);
  return METRES_PER_DEGREE * Math.hypot(north, east);
}

function boxOf(path: Path): { south: number; north: number; west: number; east: number } {
  let south = 90;
  let north = -90;
  let west = 180;
  let east = -180;
  for (let row = 0; row < path.rows; row++) {
    south = Math.min(south, path.lat[row]);
    north = Math.max(north, path.lat[row]);
    west = Math.min(west, path.lon[row]);
    east = Math.max(east, path.lon[row]);
  }
  const lat = MARGIN_M / METRES_PER_DEGREE;
  const lon = lat / Math.cos(((south + north) / 2) * (Math.PI / 180));
  return { south: south - lat, north: north + lat, west: west - lon, east: east + lon };
}
