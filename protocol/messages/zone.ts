import {
  countOf,
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  missingField,
  readArrayCount,
  readIntBetween,
  readKey,
  readMapCount,
  readTextBetween,
  writeArrayCount,
  writeIntBetween,
  writeIntField,
  writeTextField,
} from "../cbor/items.ts";
import { createReader, fail, type Reader } from "../cbor/reader.ts";
import { createWriter, refuse, type Writer, writeArrayHead, writeInt, writeMapHead } from "../cbor/writer.ts";
import {
  BUFFER_MOST_M,
  ID_MOST_BYTES,
  INT32_MOST,
  LAT_MOST_E7,
  LON_MOST_E7,
  POLYGONS_MOST,
  RADIUS_MOST_M,
  VERTICES_MOST,
  WINDOWS_MOST,
} from "../limits.ts";

/** A place that an order names, as it travels to the device. */
export interface Zone {
  /** Unique within the order; at most 64 bytes of UTF-8. */
  id: string;
  kind: "exclusion" | "inclusion";
  /** Metres outside the boundary in which the device already samples closely, at most 10 km; 0: none. Kept to the millimetre. */
  bufferM: number;
  shape: Shape;
  /** When the zone counts, in local time, at most 64 windows; `undefined`: always. */
  schedule: Window[] | undefined;
}

export type Shape =
  /** Degrees × 10⁷; radius in metres, kept to the millimetre, at most 50 km. */
  | { kind: "circle"; latE7: number; lonE7: number; radiusM: number }
  /** Several polygons, each an outer ring and its holes. Rings are closed implicitly (the first vertex is not repeated). */
  | { kind: "polygons"; polygons: Polygon[] };

export interface Polygon {
  /** `rings[0]` is the outer ring, the others are holes; winding carries no meaning. */
  rings: Ring[];
}

/** Vertices as `lonE7, latE7, lonE7, latE7, …`; at least 3 vertices. Longitude may pass ±180° where a ring crosses it. */
export type Ring = Int32Array | number[];

/** One weekly window; it may pass midnight (`toMin` ≤ `fromMin`), and then belongs to the day on which it starts. */
export interface Window {
  /** Bit 0 Monday … bit 6 Sunday. */
  days: number;
  /** Minutes after local midnight, 0–1439. */
  fromMin: number;
  /** Minutes after local midnight, 1–1440. */
  toMin: number;
}

const ZONE_KINDS: Zone["kind"][] = ["exclusion", "inclusion"];
const CIRCLE = 0;
const POLYGONS = 1;
const MM = 1000;
const VERTICES_LEAST = 3;
const DAY_MIN = 1440;

export function encodeZone(zone: Zone): Encoded {
  const writer = createWriter(256);
  writeZone(writer, zone);
  return encoded(writer);
}

/** Lengths go in whole millimetres, ring vertices as differences from the one before. */
export function writeZone(writer: Writer, zone: Zone): void {
  writeMapHead(writer, 4 + countOf(zone.schedule));
  writeTextField(writer, 1, zone.id, 1, ID_MOST_BYTES);
  writeIntField(writer, 2, ZONE_KINDS.indexOf(zone.kind), 0, ZONE_KINDS.length - 1);
  writeIntField(writer, 3, millimetres(zone.bufferM), 0, BUFFER_MOST_M * MM);
  writeInt(writer, 4);
  writeShape(writer, zone.shape);
  if (zone.schedule === undefined) return;
  writeInt(writer, 5);
  writeSchedule(writer, zone.schedule);
}

function millimetres(metres: number): number {
  return Math.floor(metres * MM + 0.5);
}

function writeShape(writer: Writer, shape: Shape): void {
  if (shape.kind === "circle") {
    writeArrayHead(writer, 4);
    writeInt(writer, CIRCLE);
    writeIntBetween(writer, shape.latE7, -LAT_MOST_E7, LAT_MOST_E7);
    writeIntBetween(writer, shape.lonE7, -LON_MOST_E7, LON_MOST_E7);
    writeIntBetween(writer, millimetres(shape.radiusM), 1, RADIUS_MOST_M * MM);
    return;
  }
  writeArrayHead(writer, 2);
  writeInt(writer, POLYGONS);
  writeArrayCount(writer, shape.polygons.length, 1, POLYGONS_MOST);
  for (let i = 0; i < shape.polygons.length && writer.error === ""; i++) writePolygon(writer, shape.polygons[i]);
}

function writePolygon(writer: Writer, polygon: Polygon): void {
  writeArrayCount(writer, polygon.rings.length, 1, POLYGONS_MOST);
  for (let i = 0; i < polygon.rings.length && writer.error === ""; i++) writeRing(writer, polygon.rings[i]);
}

function writeRing(writer: Writer, ring: Ring): void {
  if (ring.length % 2 !== 0) refuse(writer, "message.out-of-bounds");
  writeArrayCount(writer, ring.length, 2 * VERTICES_LEAST, 2 * VERTICES_MOST);
  for (let i = 0; i < ring.length && writer.error === ""; i++) {
    const most = mostOfRing(i);
    if (!(ring[i] >= -most && ring[i] <= most)) refuse(writer, "message.out-of-bounds");
    writeIntBetween(writer, i < 2 ? ring[i] : ring[i] - ring[i - 2], -2 * most, 2 * most);
  }
}

/** Longitude may pass ±180° where a ring crosses it, as far as an int32 goes. */
function mostOfRing(i: number): number {
  return i % 2 === 0 ? INT32_MOST : LAT_MOST_E7;
}

export function writeSchedule(writer: Writer, windows: Window[]): void {
  writeArrayCount(writer, windows.length, 0, WINDOWS_MOST);
  for (let i = 0; i < windows.length && writer.error === ""; i++) {
    writeArrayHead(writer, 3);
    writeIntBetween(writer, windows[i].days, 1, 127);
    writeIntBetween(writer, windows[i].fromMin, 0, DAY_MIN - 1);
    writeIntBetween(writer, windows[i].toMin, 1, DAY_MIN);
  }
}

export function decodeZone(bytes: Uint8Array): Decoded<Zone> {
  const reader = createReader(bytes, 0, true);
  return decoded(reader, readZone(reader));
}

export function readZone(reader: Reader): Zone {
  const zone: Zone = {
    id: "",
    kind: "exclusion",
    bufferM: 0,
    shape: { kind: "circle", latE7: 0, lonE7: 0, radiusM: 0 },
    schedule: undefined,
  };
  let needed = 0;
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    key = readKey(reader, key, 5);
    if (key <= 4) needed += 1;
    if (key === 1) zone.id = readTextBetween(reader, 1, ID_MOST_BYTES);
    else if (key === 2) zone.kind = ZONE_KINDS[readIntBetween(reader, 0, ZONE_KINDS.length - 1)];
    else if (key === 3) zone.bufferM = readIntBetween(reader, 0, BUFFER_MOST_M * MM) / MM;
    else if (key === 4) zone.shape = readShape(reader);
    else if (key === 5) zone.schedule = readSchedule(reader);
  }
  if (needed !== 4) missingField(reader);
  return zone;
}

function readShape(reader: Reader): Shape {
  const start = reader.pos;
  const items = readArrayCount(reader, 2, 4);
  const kind = readIntBetween(reader, CIRCLE, POLYGONS);
  if (reader.error === "" && items !== (kind === CIRCLE ? 4 : 2)) fail(reader, "message.out-of-bounds", start);
  if (kind === CIRCLE) {
    const latE7 = readIntBetween(reader, -LAT_MOST_E7, LAT_MOST_E7);
    const lonE7 = readIntBetween(reader, -LON_MOST_E7, LON_MOST_E7);
    return {
      kind: "circle",
      latE7: latE7,
      lonE7: lonE7,
      radiusM: readIntBetween(reader, 1, RADIUS_MOST_M * MM) / MM,
    };
  }
  const polygons: Polygon[] = [];
  const count = readArrayCount(reader, 1, POLYGONS_MOST);
  for (let i = 0; i < count && reader.error === ""; i++) {
    const rings: Ring[] = [];
    const ringCount = readArrayCount(reader, 1, POLYGONS_MOST);
    for (let r = 0; r < ringCount && reader.error === ""; r++) rings.push(readRing(reader));
    polygons.push({ rings: rings });
  }
  return { kind: "polygons", polygons: polygons };
}

/** Longitudes and latitudes by turns, so an even count. */
function readRing(reader: Reader): Ring {
  const start = reader.pos;
  const count = readArrayCount(reader, 2 * VERTICES_LEAST, 2 * VERTICES_MOST);
  if (count % 2 !== 0) fail(reader, "message.out-of-bounds", start);
  const ring: number[] = [];
  for (let i = 0; i < count && reader.error === ""; i++) {
    const at = reader.pos;
    const most = mostOfRing(i);
    const value = readIntBetween(reader, -2 * most, 2 * most) + (i < 2 ? 0 : ring[i - 2]);
    if (value > most || value < -most) fail(reader, "message.out-of-bounds", at);
    ring.push(value);
  }
  return ring;
}

export function readSchedule(reader: Reader): Window[] {
  const windows: Window[] = [];
  const count = readArrayCount(reader, 0, WINDOWS_MOST);
  for (let i = 0; i < count && reader.error === ""; i++) {
    readArrayCount(reader, 3, 3);
    const days = readIntBetween(reader, 1, 127);
    const fromMin = readIntBetween(reader, 0, DAY_MIN - 1);
    windows.push({ days: days, fromMin: fromMin, toMin: readIntBetween(reader, 1, DAY_MIN) });
  }
  return windows;
}
