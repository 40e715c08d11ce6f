import { CHUNK_HEADER_BYTES, type Chunk, createChunk, decodeChunk, LAST_IN_RING, vertexBytes } from "./chunk.ts";
import { createMetric, distance2, edgeDistance2, type Metric, setMetric, wrapE7 } from "./geometry.ts";
import { chunkCount, geometryAt, i32At, isCircle, type Pack, u8At, zoneSide } from "./pack.ts";

/** What one look at the zones gave; made once and filled again and again. */
export interface Look {
  /** How many zones contain the point or have their boundary within the asked distance. */
  count: number;
  zone: Int16Array;
  /** Metres to the boundary, negative inside. */
  signedM: Float64Array;
  /** Metres to the nearest boundary of any zone that counts; `NO_BOUNDARY_M` where none does. */
  nearestM: number;
  nearestZone: number;
  metric: Metric;
  chunk: Chunk;
}

/** Half the globe is 20,000 km: farther than any boundary. */
export const NO_BOUNDARY_M = 100_000_000;
/** Zones that may overlap at one place; of more, the last are not listed, and `nearestM` still holds. */
const LISTED = 64;
/** A box further north or south is judged by latitude alone, so within it the metric errs by less than this. */
const SAFE_EAST = 97 / 100;
const SAFE_NORTH = 999 / 1000;

export function createLook(_pack: Pack): Look {
  return {
    count: 0,
    zone: new Int16Array(LISTED),
    signedM: new Float64Array(LISTED),
    nearestM: NO_BOUNDARY_M,
    nearestZone: -1,
    metric: createMetric(),
    chunk: createChunk(),
  };
}

/**
 * Which zones the point lies in or near, and how far the nearest boundary is. A point on a boundary is at distance 0 and
 * belongs to the zone to its north or east (half-open edges). `active` holds one byte a zone.
 */
export function look(pack: Pack, latE7: number, lonE7: number, nearM: number, active: Uint8Array, result: Look): void {
  result.count = 0;
  result.nearestM = NO_BOUNDARY_M;
  result.nearestZone = -1;
  setMetric(result.metric, latE7);
  const boxes = pack.boxes.length >> 2;
  let first = -1;
  let least2 = NO_BOUNDARY_M * NO_BOUNDARY_M;
  for (let box = 0; box < boxes; box++) {
    const d2 = boxDistance2(pack, box, latE7, lonE7, result.metric);
    if (d2 < least2) {
      least2 = d2;
      first = box;
    }
  }
  // The nearest box first: its boundary then rules out nearly all others.
  if (first >= 0) lookInBox(pack, first, latE7, lonE7, nearM, active, result);
  for (let box = 0; box < boxes; box++) {
    if (box === first) continue;
    const limitM = Math.max(result.nearestM, nearM);
    if (boxDistance2(pack, box, latE7, lonE7, result.metric) <= limitM * limitM) {
      lookInBox(pack, box, latE7, lonE7, nearM, active, result);
    }
  }
}

/** A lower bound of the squared distance to anything in a resident box. */
function boxDistance2(pack: Pack, box: number, latE7: number, lonE7: number, metric: Metric): number {
  const at = box << 2;
  return sidesDistance2(
    pack.boxes[at],
    pack.boxes[at + 1],
    pack.boxes[at + 2],
    pack.boxes[at + 3],
    latE7,
    lonE7,
    metric,
  );
}

function sidesDistance2(
  west: number,
  south: number,
  east: number,
  north: number,
  latE7: number,
  lonE7: number,
  metric: Metric,
): number {
  let dx = lonE7 < west ? west - lonE7 : lonE7 > east ? lonE7 - east : 0;
  if (dx > 1800000000) dx = 0;
  const dy = latE7 < south ? south - latE7 : latE7 > north ? latE7 - north : 0;
  const x = dx * metric.east0 * SAFE_EAST;
  const y = dy * metric.north0 * SAFE_NORTH;
  return x * x + y * y;
}

function lookInBox(
  pack: Pack,
  box: number,
  latE7: number,
  lonE7: number,
  nearM: number,
  active: Uint8Array,
  result: Look,
): void {
  const from = box * pack.perBox;
  const to = Math.min(from + pack.perBox, pack.zones);
  for (let zone = from; zone < to; zone++) if (active[zone] !== 0) lookAtZone(pack, zone, latE7, lonE7, nearM, result);
}

function lookAtZone(pack: Pack, zone: number, latE7: number, lonE7: number, nearM: number, result: Look): void {
  const signedM = isCircle(pack, zone)
    ? circleDistance(pack, zone, latE7, lonE7, result.metric)
    : polygonDistance(pack, zone, latE7, lonE7, Math.max(result.nearestM, nearM), result);
  const absoluteM = signedM < 0 ? -signedM : signedM;
  if (absoluteM < result.nearestM) {
    result.nearestM = absoluteM;
    result.nearestZone = zone;
  }
  if (signedM > nearM || result.count === LISTED) return;
  result.zone[result.count] = zone;
  result.signedM[result.count] = signedM;
  result.count += 1;
}

function circleDistance(pack: Pack, zone: number, latE7: number, lonE7: number, metric: Metric): number {
  const at = geometryAt(pack, zone);
  const dx = wrapE7(i32At(pack, at) - lonE7);
  return Math.sqrt(distance2(metric, dx, i32At(pack, at + 4) - latE7)) - i32At(pack, at + 8);
}

/** Signed metres to a polygon's boundary; where the point is outside and beyond `limitM`, some distance beyond it. */
function polygonDistance(pack: Pack, zone: number, latE7: number, lonE7: number, limitM: number, result: Look): number {
  const west = zoneSide(pack, zone, 0);
  const px = pointInZoneTurn(lonE7, west, zoneSide(pack, zone, 2));
  const inBox =
    px >= west && px <= zoneSide(pack, zone, 2) && latE7 >= zoneSide(pack, zone, 1) && latE7 <= zoneSide(pack, zone, 3);
  const metric = result.metric;
  const chunks = chunkCount(pack, zone);
  let header = geometryAt(pack, zone);
  let vertices = header + chunks * CHUNK_HEADER_BYTES;
  let best2 = inBox ? NO_BOUNDARY_M * NO_BOUNDARY_M : limitM * limitM * BEYOND;
  let odd = false;
  let ringY = 0;
  let opening = true;
  for (let i = 0; i < chunks; i++) {
    const flags = u8At(pack, header + 12);
    const shape = u8At(pack, header + 13);
    const x0 = i32At(pack, header);
    const y0 = i32At(pack, header + 4);
    if (opening) ringY = y0;
    const unit = 1 << (flags & 31);
    const w = x0 - u8At(pack, header + 8) * unit;
    const s = y0 - u8At(pack, header + 9) * unit;
    const e = x0 + u8At(pack, header + 10) * unit;
    const n = y0 + u8At(pack, header + 11) * unit;
    opening = (flags & LAST_IN_RING) !== 0;
    let decoded = false;
    if (inBox && latE7 >= s && latE7 <= n && px <= e) {
      if (px < w) {
        // Left of the whole chunk: only its ends say how often the ray crosses it.
        const endY = opening ? ringY : i32At(pack, header + CHUNK_HEADER_BYTES + 4);
        if (y0 > latE7 !== endY > latE7) odd = !odd;
      } else {
        decodeChunk(pack, header, vertices, result.chunk);
        decoded = true;
        if (crossesOddly(result.chunk, px, latE7)) odd = !odd;
      }
    }
    if (sidesDistance2(w, s, e, n, latE7, px, metric) < best2) {
      if (!decoded) decodeChunk(pack, header, vertices, result.chunk);
      best2 = nearestInChunk(result.chunk, px, latE7, metric, best2);
    }
    header += CHUNK_HEADER_BYTES;
    vertices += vertexBytes(shape);
  }
  const metres = Math.sqrt(best2);
  return odd && metres > 0 ? -metres : metres;
}

/** A polygon that is not near answers a little beyond the limit, so that it is neither listed nor nearest. */
const BEYOND = 1 + 1 / 1024;

/** The longitude in the turn of the globe that the zone's vertices use. */
function pointInZoneTurn(lonE7: number, west: number, east: number): number {
  const middle = (west + east) * 0.5;
  if (lonE7 - middle > 1800000000) return lonE7 - 3600000000;
  return lonE7 - middle < -1800000000 ? lonE7 + 3600000000 : lonE7;
}

/** Half-open crossing count to the right of the point; the products are exact in a double while a zone spans ≤ 6.7°. */
function crossesOddly(chunk: Chunk, px: number, py: number): boolean {
  const x = chunk.x;
  const y = chunk.y;
  let odd = false;
  for (let i = 0; i < chunk.edges; i++) {
    const yi = y[i];
    const yj = y[i + 1];
    if (yi > py === yj > py) continue;
    const cross = (x[i + 1] - x[i]) * (py - yi) - (px - x[i]) * (yj - yi);
    if (yj > yi ? cross > 0 : cross < 0) odd = !odd;
  }
  return odd;
}

function nearestInChunk(chunk: Chunk, px: number, py: number, metric: Metric, best2: number): number {
  let least2 = best2;
  let ax = chunk.x[0] - px;
  let ay = chunk.y[0] - py;
  for (let i = 1; i <= chunk.edges; i++) {
    const bx = chunk.x[i] - px;
    const by = chunk.y[i] - py;
    const d2 = edgeDistance2(metric, ax, ay, bx, by);
    if (d2 < least2) least2 = d2;
    ax = bx;
    ay = by;
  }
  return least2;
}
