import { crc32 } from "../crc32.ts";
import { ID_MOST_BYTES, SPAN_MOST_E7, VERTICES_MOST, WINDOWS_MOST, ZONES_MOST } from "../limits.ts";
import type { Ring, Zone } from "../messages/zone.ts";
import {
  ALWAYS,
  CHECK_AT,
  CHUNK_EDGES,
  HEADER_BYTES,
  LAST_IN_RING,
  MAGIC,
  RESIDENT_BOXES,
  WIDTH_BYTES,
  ZONE_BYTES,
} from "./layout.ts";

export type Written = { ok: true; bytes: Uint8Array } | { ok: false; reason: string; zone: string };

/** `buffer` is a u16 of the pack, metres. */
const BUFFER_ROOM_M = 65_535;
/** Metres to 10⁻⁷ degree of longitude, for a circle at the pole itself: its box stays a number, and far too wide. */
const EAST_LEAST_M = 1e-9;

/**
 * Lays the zones out as `layout.ts` says. Runs where orders are made; the device only reads. Lengths are whole metres, rounded
 * up, so that no zone shrinks. What the pack cannot hold is refused with the zone's id; the bounds are those of an order
 * (`protocol/limits.ts`), with which the boxes and the cache stay below 8 KB, and
 *
 *   pack.too-wide   6.7° from side to side, where products are still exact. A circle counts with its box, so near the pole, where
 *                   degrees of longitude grow short, one of 50 km is refused from 82° on, one of 1 km from 89.8°.
 *   pack.too-long   a buffer past 65 km.
 */
export function writePack(zones: Zone[]): Written {
  if (zones.length > ZONES_MOST) return { ok: false, reason: "pack.too-many-zones", zone: zones[ZONES_MOST].id };
  const perBox = Math.max(1, Math.ceil(zones.length / RESIDENT_BOXES));
  const ordered = zones.slice().sort((a, b) => mortonOf(a) - mortonOf(b));
  const out: number[] = [];
  const tableBytes = HEADER_BYTES + (ZONE_BYTES + 4) * ordered.length;
  for (let i = 0; i < tableBytes; i++) out.push(0);
  let vertices = 0;
  for (let i = 0; i < ordered.length; i++) {
    const zone = ordered[i];
    const reason = checkZone(zone);
    vertices += vertexCount(zone);
    if (reason !== undefined || vertices > VERTICES_MOST)
      return { ok: false, reason: reason ?? "pack.too-many-vertices", zone: zone.id };
    putI32(out, HEADER_BYTES + ZONE_BYTES * ordered.length + 4 * i, out.length);
    pushName(out, zone);
  }
  for (let i = 0; i < ordered.length; i++) pushZone(out, HEADER_BYTES + ZONE_BYTES * i, ordered[i]);
  putI32(out, 0, MAGIC);
  out[4] = ordered.length & 255;
  out[5] = ordered.length >> 8;
  out[6] = perBox;
  putI32(out, 8, out.length);
  const bytes = Uint8Array.from(out);
  const body = bytes.subarray(HEADER_BYTES);
  putI32(bytes, CHECK_AT, crc32(crc32(0, bytes, CHECK_AT), body, body.length));
  return { ok: true, bytes };
}

function checkZone(zone: Zone): string | undefined {
  if (utf8(zone.id).length > ID_MOST_BYTES) return "pack.long-id";
  if (zone.schedule !== undefined && zone.schedule.length > WINDOWS_MOST) return "pack.too-many-windows";
  if (zone.bufferM > BUFFER_ROOM_M) return "pack.too-long";
  const box = boxOf(zone);
  return box.east - box.west > SPAN_MOST_E7 || box.north - box.south > SPAN_MOST_E7 ? "pack.too-wide" : undefined;
}

function vertexCount(zone: Zone): number {
  if (zone.shape.kind === "circle") return 0;
  return zone.shape.polygons.reduce((sum, p) => sum + p.rings.reduce((n, r) => n + r.length / 2, 0), 0);
}

function pushName(out: number[], zone: Zone): void {
  const id = utf8(zone.id);
  out.push(id.length, ...id);
  if (zone.schedule === undefined) {
    out.push(ALWAYS);
    return;
  }
  out.push(zone.schedule.length);
  for (const w of zone.schedule) out.push(w.days, w.fromMin & 255, w.fromMin >> 8, w.toMin & 255, w.toMin >> 8);
}

function pushZone(out: number[], at: number, zone: Zone): void {
  const box = boxOf(zone);
  putI32(out, at, box.west);
  putI32(out, at + 4, box.south);
  putI32(out, at + 8, box.east);
  putI32(out, at + 12, box.north);
  out[at + 16] = zone.kind === "exclusion" ? 0 : 1;
  out[at + 17] = zone.shape.kind === "circle" ? 0 : 1;
  const bufferM = Math.ceil(zone.bufferM);
  out[at + 18] = bufferM & 255;
  out[at + 19] = bufferM >> 8;
  putI32(out, at + 20, out.length);
  if (zone.shape.kind === "circle") {
    pushI32(out, zone.shape.lonE7);
    pushI32(out, zone.shape.latE7);
    pushI32(out, Math.ceil(zone.shape.radiusM));
    return;
  }
  const chunks = chunksOf(zone);
  putI32(out, at + 24, chunks.length);
  for (const chunk of chunks) out.push(...chunk.header);
  for (const chunk of chunks) out.push(...chunk.vertices);
}

interface WrittenChunk {
  header: number[];
  vertices: number[];
}

function chunksOf(zone: Zone): WrittenChunk[] {
  const chunks: WrittenChunk[] = [];
  for (const ring of ringsOf(zone)) {
    const edges = ring.length / 2;
    for (let from = 0; from < edges; from += CHUNK_EDGES)
      chunks.push(writeChunk(ring, from, Math.min(edges, from + CHUNK_EDGES)));
  }
  return chunks;
}

function writeChunk(ring: number[], from: number, to: number): WrittenChunk {
  const n = ring.length / 2;
  const x0 = ring[2 * from];
  const y0 = ring[2 * from + 1];
  const deltas: number[] = [];
  let [west, south, east, north] = [x0, y0, x0, y0];
  for (let i = from + 1; i <= to; i++) {
    const x = ring[2 * (i % n)];
    const y = ring[2 * (i % n) + 1];
    if (i < to) deltas.push(x - ring[2 * (i - 1)], y - ring[2 * (i - 1) + 1]);
    [west, south, east, north] = [Math.min(west, x), Math.min(south, y), Math.max(east, x), Math.max(north, y)];
  }
  let shift = 0;
  while (Math.max(x0 - west, y0 - south, east - x0, north - y0) > 255 * 2 ** shift) shift++;
  const out = (extent: number) => Math.ceil(extent / 2 ** shift);
  const width = widthOf(deltas);
  const header: number[] = [];
  pushI32(header, x0);
  pushI32(header, y0);
  header.push(out(x0 - west), out(y0 - south), out(east - x0), out(north - y0));
  header.push(shift | (to === n ? LAST_IN_RING : 0), (to - from - 1) | (width << 4));
  const vertices: number[] = [];
  for (let i = 0; i < deltas.length; i += 2) pushDelta(vertices, deltas[i], deltas[i + 1], width);
  return { header, vertices };
}

function widthOf(deltas: number[]): number {
  const fits = (bits: number) => deltas.every((d) => d >= -(2 ** (bits - 1)) && d < 2 ** (bits - 1));
  const width = [12, 16, 20].findIndex(fits);
  return width < 0 ? WIDTH_BYTES.length - 1 : width;
}

function pushDelta(out: number[], dx: number, dy: number, width: number): void {
  if (width === 3) {
    pushI32(out, dx);
    pushI32(out, dy);
    return;
  }
  const bits = width === 0 ? 12 : width === 1 ? 16 : 20;
  let both = BigInt.asUintN(bits, BigInt(dx)) | (BigInt.asUintN(bits, BigInt(dy)) << BigInt(bits));
  for (let i = 0; i < WIDTH_BYTES[width]; i++) {
    out.push(Number(both & 255n));
    both >>= 8n;
  }
}

/** Rings with their longitudes carried past ±180° where they cross it, all in the turn of the zone's first vertex. */
function ringsOf(zone: Zone): number[][] {
  if (zone.shape.kind === "circle") return [];
  const rings: number[][] = [];
  let origin: number | undefined;
  for (const polygon of zone.shape.polygons) {
    for (const ring of polygon.rings) {
      origin ??= ring[0];
      rings.push(unwrapRing(ring, origin));
    }
  }
  return intoRange(rings);
}

function unwrapRing(ring: Ring, origin: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    const dx = ring[i] - origin;
    out.push(
      dx > 1_800_000_000 ? ring[i] - 3_600_000_000 : dx < -1_800_000_000 ? ring[i] + 3_600_000_000 : ring[i],
      ring[i + 1],
    );
  }
  return out;
}

/** Only eastwards past 180°: then every longitude stays within an int32. */
function intoRange(rings: number[][]): number[][] {
  const west = Math.min(
    ...rings.map((r) => r.reduce((least, v, i) => (i % 2 === 0 && v < least ? v : least), Number.POSITIVE_INFINITY)),
  );
  if (west >= -1_800_000_000) return rings;
  return rings.map((r) => r.map((v, i) => (i % 2 === 0 ? v + 3_600_000_000 : v)));
}

function boxOf(zone: Zone): { west: number; south: number; east: number; north: number } {
  if (zone.shape.kind === "circle") return circleBox(zone.shape);
  let [west, south, east, north] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const ring of ringsOf(zone)) {
    for (let i = 0; i < ring.length; i += 2) {
      [west, east] = [Math.min(west, ring[i]), Math.max(east, ring[i])];
      [south, north] = [Math.min(south, ring[i + 1]), Math.max(north, ring[i + 1])];
    }
  }
  return { west, south, east, north };
}

/** Metres to 10⁻⁷ degree of latitude where they are fewest, at the equator; of longitude there are never fewer than its cosine's share. */
const METRES_PER_E7 = 0.0110574;

/** A little wide, for the metric changes across the circle. */
function circleBox(shape: { latE7: number; lonE7: number; radiusM: number }): {
  west: number;
  south: number;
  east: number;
  north: number;
} {
  const eastM = METRES_PER_E7 * Math.cos((shape.latE7 / 1e7) * (Math.PI / 180));
  const y = Math.ceil((shape.radiusM * 1.02) / METRES_PER_E7);
  const x = Math.ceil((shape.radiusM * 1.03) / Math.max(eastM, EAST_LEAST_M));
  const west = shape.lonE7 - x < -1_800_000_000 ? shape.lonE7 - x + 3_600_000_000 : shape.lonE7 - x;
  return { west, south: shape.latE7 - y, east: west + 2 * x, north: shape.latE7 + y };
}

/** Interleaved bits of the box's corner: neighbours in this order are neighbours on the ground. */
function mortonOf(zone: Zone): number {
  const box = boxOf(zone);
  const x = Math.floor(((box.west + 1_800_000_000) / 5_400_000_000) * 1_048_576);
  const y = Math.floor(((box.south + 900_000_000) / 1_800_000_000) * 1_048_576);
  let key = 0;
  for (let bit = 19; bit >= 0; bit--) key = key * 4 + ((x >> bit) & 1) * 2 + ((y >> bit) & 1);
  return key;
}

function putI32(out: number[] | Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) out[at + i] = (value >> (8 * i)) & 255;
}

function pushI32(out: number[], value: number): void {
  for (let i = 0; i < 4; i++) out.push((value >> (8 * i)) & 255);
}

function utf8(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}
