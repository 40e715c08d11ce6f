import { CHUNK_HEADER_BYTES, ZONE_BYTES } from "../../protocol/pack/layout.ts";
import { type Chunk, readChunkHeader, readChunkVertices, vertexBytes } from "./chunk.ts";
import { distance2, edgeDistance2, type Metric, setRange, sidesDistance2, square } from "./geometry.ts";
import { i32At, i32In, openWindow, type Pack, zoneAt } from "./pack.ts";

/** A polygon that is not near answers a little beyond the limit, so that it is neither listed nor nearest. */
const BEYOND = 1 + 1 / 1024;
/** Farther than any boundary, in metres. */
const ANYWHERE_M = 100000000;

/** Signed metres to a polygon's boundary; where the point is outside and beyond `limitM`, some distance beyond it. */
export function polygonDistance(
  pack: Pack,
  zone: number,
  latE7: number,
  lonE7: number,
  limitM: number,
  metric: Metric,
  chunk: Chunk,
): number {
  const record = openWindow(pack, zoneAt(zone), ZONE_BYTES);
  const west = i32In(pack.window, record);
  const south = i32In(pack.window, record + 4);
  const east = i32In(pack.window, record + 8);
  const north = i32In(pack.window, record + 12);
  const headers = i32In(pack.window, record + 20);
  const vertices = headers + i32In(pack.window, record + 24) * CHUNK_HEADER_BYTES;
  const px = pointInZoneTurn(lonE7, west, east);
  const inBox = px >= west && px <= east && latE7 >= south && latE7 <= north;
  const odd = inBox && isInside(pack, headers, vertices, px, latE7, chunk);
  const metres = Math.sqrt(
    nearest2(pack, headers, vertices, px, latE7, odd ? ANYWHERE_M : limitM * BEYOND, metric, chunk),
  );
  return odd && metres > 0 ? -metres : metres;
}

/** Does a ray to the east cross the rings an odd number of times? */
function isInside(pack: Pack, headers: number, end: number, px: number, py: number, chunk: Chunk): boolean {
  let vertices = end;
  let odd = false;
  let ring = headers;
  for (let header = headers; header < end; header += CHUNK_HEADER_BYTES) {
    readChunkHeader(pack, header, chunk);
    const next = chunk.lastInRing ? ring : header + CHUNK_HEADER_BYTES;
    if (chunk.lastInRing) ring = header + CHUNK_HEADER_BYTES;
    if (py >= chunk.south && py <= chunk.north && px <= chunk.east) {
      if (px < chunk.west) {
        // Left of the whole chunk: only its ends say how often the ray crosses it.
        const endY = i32At(pack, next + 4);
        if (chunk.y0 > py !== endY > py) odd = !odd;
      } else {
        readEdges(pack, next, vertices, chunk);
        if (crossesOddly(chunk, px, py)) odd = !odd;
      }
    }
    vertices += vertexBytes(chunk.shape);
  }
  return odd;
}

/** The edges of the chunk whose header was read last; the last of them ends where the chunk with the header `next` begins. */
function readEdges(pack: Pack, next: number, vertices: number, chunk: Chunk): void {
  const at = openWindow(pack, next, CHUNK_HEADER_BYTES);
  const endX = i32In(pack.window, at);
  readChunkVertices(pack, vertices, chunk, endX, i32In(pack.window, at + 4));
}

/** Squared metres to the nearest edge, or to the limit if none is nearer. */
function nearest2(
  pack: Pack,
  headers: number,
  end: number,
  px: number,
  py: number,
  limitM: number,
  metric: Metric,
  chunk: Chunk,
): number {
  readChunkHeader(pack, headers, chunk);
  // The first vertex is on the boundary, so nothing beyond it matters.
  const limit2 = Math.min(square(limitM), distance2(metric, chunk.x0 - px, chunk.y0 - py));
  setRange(metric, Math.sqrt(limit2));
  let least2 = limit2;
  let second2 = limit2;
  let firstHeader = headers;
  let firstNext = headers;
  let firstVertices = end;
  let vertices = end;
  let ring = headers;
  for (let header = headers; header < end; header += CHUNK_HEADER_BYTES) {
    if (header > headers) readChunkHeader(pack, header, chunk);
    const next = chunk.lastInRing ? ring : header + CHUNK_HEADER_BYTES;
    if (chunk.lastInRing) ring = header + CHUNK_HEADER_BYTES;
    const from2 = chunkDistance2(chunk, px, py, metric);
    if (from2 < least2) {
      second2 = least2;
      least2 = from2;
      firstHeader = header;
      firstNext = next;
      firstVertices = vertices;
    } else if (from2 < second2) second2 = from2;
    vertices += vertexBytes(chunk.shape);
  }
  if (least2 >= limit2) return limit2;
  readChunkHeader(pack, firstHeader, chunk);
  readEdges(pack, firstNext, firstVertices, chunk);
  const best2 = nearestInChunk(chunk, px, py, metric, limit2);
  // Nearly always the nearest chunk has the nearest edge, and no other need be read.
  return best2 <= second2 ? best2 : nearestInOthers(pack, headers, end, firstHeader, px, py, best2, metric, chunk);
}

function nearestInOthers(
  pack: Pack,
  headers: number,
  end: number,
  done: number,
  px: number,
  py: number,
  limit2: number,
  metric: Metric,
  chunk: Chunk,
): number {
  let best2 = limit2;
  let vertices = end;
  let ring = headers;
  for (let header = headers; header < end; header += CHUNK_HEADER_BYTES) {
    readChunkHeader(pack, header, chunk);
    const next = chunk.lastInRing ? ring : header + CHUNK_HEADER_BYTES;
    if (chunk.lastInRing) ring = header + CHUNK_HEADER_BYTES;
    if (header !== done && chunkDistance2(chunk, px, py, metric) < best2) {
      readEdges(pack, next, vertices, chunk);
      best2 = nearestInChunk(chunk, px, py, metric, best2);
    }
    vertices += vertexBytes(chunk.shape);
  }
  return best2;
}

function chunkDistance2(chunk: Chunk, px: number, py: number, metric: Metric): number {
  return sidesDistance2(chunk.west, chunk.south, chunk.east, chunk.north, py, px, metric);
}

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

/** The edge with the least bound is measured first; most others are then known to be farther. */
function nearestInChunk(chunk: Chunk, px: number, py: number, metric: Metric, best2: number): number {
  const first = boundEdges(chunk, px, py, metric);
  let least2 = Math.min(best2, edgeOfChunk(chunk, first, px, py, metric));
  for (let i = 0; i < chunk.edges; i++) {
    if (i !== first && chunk.bound2[i] < least2) {
      least2 = Math.min(least2, edgeOfChunk(chunk, i, px, py, metric));
    }
  }
  return least2;
}

function edgeOfChunk(chunk: Chunk, i: number, px: number, py: number, metric: Metric): number {
  return edgeDistance2(metric, chunk.x[i] - px, chunk.y[i] - py, chunk.x[i + 1] - px, chunk.y[i + 1] - py);
}

/** Distances in the plane of the metric's floors; the number of the least is returned. */
function boundEdges(chunk: Chunk, px: number, py: number, metric: Metric): number {
  const eastM = metric.eastFloor;
  const northM = metric.northFloor;
  let least = 0;
  let ax = (chunk.x[0] - px) * eastM;
  let ay = (chunk.y[0] - py) * northM;
  for (let i = 0; i < chunk.edges; i++) {
    const bx = (chunk.x[i + 1] - px) * eastM;
    const by = (chunk.y[i + 1] - py) * northM;
    const d2 = planeDistance2(ax, ay, bx - ax, by - ay);
    chunk.bound2[i] = d2;
    if (d2 < chunk.bound2[least]) least = i;
    ax = bx;
    ay = by;
  }
  return least;
}

/** From the origin to the edge that begins at a and runs along v. */
function planeDistance2(ax: number, ay: number, vx: number, vy: number): number {
  const dot = -(ax * vx + ay * vy);
  if (dot <= 0) return ax * ax + ay * ay;
  const length2 = vx * vx + vy * vy;
  if (dot >= length2) return square(ax + vx) + square(ay + vy);
  return square(ax * vy - ay * vx) / length2;
}
