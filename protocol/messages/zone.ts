import {
  type Decoded,
  decoded,
  ID_MOST_BYTES,
  INT32_MOST,
  LAT_MOST_E7,
  LON_MOST_E7,
  missingField,
  readArrayCount,
  readField,
  readIntBetween,
  readMapCount,
  readTextBetween,
  unknownField,
} from "../cbor/items.ts";
import { createReader, fail, type Reader } from "../cbor/reader.ts";
import {
  createWriter,
  finish,
  type Writer,
  writeArrayHead,
  writeInt,
  writeMapHead,
  writeText,
} from "../cbor/writer.ts";

/** A place that an order names, as it travels to the device. */
export interface Zone {
  /** Unique within the order; at most 64 bytes of UTF-8. */
  id: string;
  kind: "exclusion" | "inclusion";
  /** Metres outside the boundary in which the device already samples closely. 0: none. */
  bufferM: number;
  shape: Shape;
  /** When the zone counts, in local time; `undefined`: always. */
  schedule: Window[] | undefined;
}

export type Shape =
  | { kind: "circle"; latE7: number; lonE7: number; radiusM: number }
  /** Several polygons, each an outer ring and its holes. Rings are closed implicitly (the first vertex is not repeated). */
  | { kind: "polygons"; polygons: Polygon[] };

export interface Polygon {
  /** `rings[0]` is the outer ring, the others are holes; winding carries no meaning. */
  rings: Ring[];
}

/** Vertices as `lonE7, latE7, lonE7, latE7, …`; at least 3 vertices. Longitude may pass ±180° where a ring crosses it. */
export type Ring = Int32Array | number[];

/** One weekly window; it may pass midnight (`toMin` < `fromMin`), and then belongs to the day on which it starts. */
export interface Window {
  /** Bit 0 Monday … bit 6 Sunday. */
  days: number;
  /** Minutes after local midnight, 0–1439. */
  fromMin: number;
  /** Minutes after local midnight, 1–1440. */
  toMin: number;
}

/** Vertices of all zones of an order together; the device's pack holds as many. */
export const VERTICES_MOST = 40000;
/** Metres. A zone is a place, not a country. */
export const RADIUS_MOST_M = 100000;
export const BUFFER_MOST_M = 50000;
const POLYGONS_MOST = 1000;
const WINDOWS_MOST = 64;
const ZONE_KINDS: Zone["kind"][] = ["exclusion", "inclusion"];
const CIRCLE = 0;
const POLYGONS = 1;

export function encodeZone(zone: Zone): Uint8Array {
  const writer = createWriter(256);
  writeZone(writer, zone);
  return finish(writer);
}

/** Lengths go in millimetres, ring vertices as differences from the one before. */
export function writeZone(writer: Writer, zone: Zone): void {
  writeMapHead(writer, zone.schedule === undefined ? 4 : 5);
  writeInt(writer, 1);
  writeText(writer, zone.id);
  writeInt(writer, 2);
  writeInt(writer, ZONE_KINDS.indexOf(zone.kind));
  writeInt(writer, 3);
  writeInt(writer, Math.floor(zone.bufferM * 1000 + 0.5));
  writeInt(writer, 4);
  writeShape(writer, zone.shape);
  if (zone.schedule === undefined) return;
  writeInt(writer, 5);
  writeArrayHead(writer, zone.schedule.length);
  for (const window of zone.schedule) {
    writeArrayHead(writer, 3);
    writeInt(writer, window.days);
    writeInt(writer, window.fromMin);
    writeInt(writer, window.toMin);
  }
}

function writeShape(writer: Writer, shape: Shape): void {
  if (shape.kind === "circle") {
    writeArrayHead(writer, 4);
    writeInt(writer, CIRCLE);
    writeInt(writer, shape.latE7);
    writeInt(writer, shape.lonE7);
    writeInt(writer, Math.floor(shape.radiusM * 1000 + 0.5));
    return;
  }
  writeArrayHead(writer, 2);
  writeInt(writer, POLYGONS);
  writeArrayHead(writer, shape.polygons.length);
  for (const polygon of shape.polygons) {
    writeArrayHead(writer, polygon.rings.length);
    for (const ring of polygon.rings) {
      writeArrayHead(writer, ring.length);
      for (let i = 0; i < ring.length; i++) writeInt(writer, i < 2 ? ring[i] : ring[i] - ring[i - 2]);
    }
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
    key = readField(reader, key);
    if (key <= 4) needed += 1;
    if (key === 1) zone.id = readTextBetween(reader, 1, ID_MOST_BYTES);
    else if (key === 2) zone.kind = ZONE_KINDS[readIntBetween(reader, 0, 1)];
    else if (key === 3) zone.bufferM = readIntBetween(reader, 0, BUFFER_MOST_M * 1000) / 1000;
    else if (key === 4) zone.shape = readShape(reader);
    else if (key === 5) zone.schedule = readSchedule(reader);
    else unknownField(reader);
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
      radiusM: readIntBetween(reader, 1, RADIUS_MOST_M * 1000) / 1000,
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

/** At least three vertices; pairs, so an even count. */
function readRing(reader: Reader): Ring {
  const start = reader.pos;
  const count = readArrayCount(reader, 6, 2 * VERTICES_MOST);
  if (reader.error === "" && count % 2 !== 0) fail(reader, "message.out-of-bounds", start);
  const ring: number[] = [];
  for (let i = 0; i < count && reader.error === ""; i++) {
    const at = reader.pos;
    const step = readIntBetween(reader, -2 * INT32_MOST, 2 * INT32_MOST);
    const value = i < 2 ? step : ring[i - 2] + step;
    const most = i % 2 === 0 ? INT32_MOST : LAT_MOST_E7;
    if (reader.error === "" && (value > most || value < -most)) fail(reader, "message.out-of-bounds", at);
    ring.push(value);
  }
  return ring;
}

function readSchedule(reader: Reader): Window[] {
  const windows: Window[] = [];
  const count = readArrayCount(reader, 0, WINDOWS_MOST);
  for (let i = 0; i < count && reader.error === ""; i++) {
    readArrayCount(reader, 3, 3);
    const days = readIntBetween(reader, 1, 127);
    const fromMin = readIntBetween(reader, 0, 1439);
    windows.push({ days: days, fromMin: fromMin, toMin: readIntBetween(reader, 1, 1440) });
  }
  return windows;
}
