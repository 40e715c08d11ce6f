import {
  countOf,
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  missingField,
  readArrayCount,
  readBytesBetween,
  readIntBetween,
  readKey,
  readMapCount,
  readTextBetween,
  writeArrayCount,
  writeIntBetween,
  writeIntField,
  writeOptional,
  writeTextField,
} from "../cbor/items.ts";
import { createReader, fail, type Reader } from "../cbor/reader.ts";
import { createWriter, refuse, type Writer, writeBytes, writeInt, writeMapHead } from "../cbor/writer.ts";
import { DEVICE_ID_MOST_BYTES } from "../cose/keys.ts";
import {
  CORRIDORS_MOST,
  DAY_S,
  ENCOUNTERS_MOST,
  ID_MOST_BYTES,
  LAT_MOST_E7,
  LON_MOST_E7,
  ORDER_HASH_BYTES,
  PACK_CHUNK_BYTES,
  PACK_CHUNKS_MOST,
  PROXIMITY_MOST_M,
  RETENTION_MOST_DAYS,
  TIME_MOST_MS,
  UINT32_MOST,
  WARNINGS_MOST,
  WAY_MOST_M,
  WAY_POINTS_MOST,
} from "../limits.ts";
import { readOffsets, type UtcOffset, writeOffsets } from "./order.ts";
import { readSchedule, type Window, writeSchedule } from "./zone.ts";

/**
 * What one bracelet is told of an order: sealed for it alone (`COSE_Mac0` under its order key), numbered for it alone. Names,
 * the court and every place that is not disclosed stay out of it. An amendment is the same order with a greater counter.
 */
export interface DeviceOrder {
  /** 1 to 32 bytes of UTF-8. */
  device: string;
  /** Counts up from 1 over all orders, amendments and ends that this device was ever given. */
  counter: number;
  /** The order's id, 1 to 64 bytes of UTF-8. */
  id: string;
  /** `undefined`: the order has ended. */
  terms: Terms | undefined;
}

export interface Terms {
  /** UTC, milliseconds since 1970. */
  fromMs: number;
  /** UTC ms, after `fromMs`; `undefined`: until lifted. */
  toMs: number | undefined;
  /** As in `Order`. */
  utcOffsets: UtcOffset[];
  /** D and H, seconds. */
  delayS: number;
  heartbeatS: number;
  /** How often a day the device may warn its wearer; 0: never. */
  warningsPerDay: number;
  /** At most 16. */
  encounters: Encounter[];
  /** At most 8. */
  corridors: Corridor[];
  /** R: two people this near are near one another. Metres. */
  proximityM: number;
  /** Days for which records are kept after the order's end. */
  retentionDays: number;
  /** The zones, as `protocol/pack` lays them out, in pieces of 1,024 bytes, of which the last has 1 to 1,024. */
  packLastBytes: number;
  /** 16 bytes of each piece's SHA-256, one after another; 1 to 244 of them. */
  packHashes: Uint8Array;
}

/** Where or when, or both, the two may meet; never nothing. */
export interface Encounter {
  place: Way | undefined;
  /** Weekly, local time. */
  windows: Window[] | undefined;
  /** UTC ms; both or neither, and `toMs` is later. */
  fromMs: number | undefined;
  toMs: number | undefined;
}

/** A way through a zone. */
export interface Corridor {
  way: Way;
  /** Who stays longer is no longer passing. Seconds. */
  dwellS: number;
}

/** What lies within `radiusM` of a line, or of a point where there is but one. */
export interface Way {
  /** Metres, 1 to 5,000. */
  radiusM: number;
  /** `lonE7, latE7, lonE7, latE7, …`; 1 to 32 points. */
  points: number[];
}

/** Bytes of the pack. */
export function packBytesOf(terms: Terms): number {
  return PACK_CHUNK_BYTES * (terms.packHashes.length / ORDER_HASH_BYTES - 1) + terms.packLastBytes;
}

const IN_FORCE = 0;
const END = 1;
const FIELDS_OF_END = 4;
const FIELDS_OF_ORDER = 15;
/** Keys of the fields that may be absent. */
const UNTIL = 6;

export function encodeDeviceOrder(order: DeviceOrder): Encoded {
  const writer = createWriter(1024);
  const terms = order.terms;
  writeMapHead(writer, terms === undefined ? FIELDS_OF_END : FIELDS_OF_ORDER + countOf(terms.toMs));
  writeTextField(writer, 1, order.device, 1, DEVICE_ID_MOST_BYTES);
  writeIntField(writer, 2, order.counter, 1, UINT32_MOST);
  writeTextField(writer, 3, order.id, 1, ID_MOST_BYTES);
  writeIntField(writer, 4, terms === undefined ? END : IN_FORCE, IN_FORCE, END);
  if (terms !== undefined) writeTerms(writer, terms);
  return encoded(writer);
}

function writeTerms(writer: Writer, terms: Terms): void {
  writeIntField(writer, 5, terms.fromMs, 0, TIME_MOST_MS);
  writeOptional(writer, UNTIL, terms.toMs, terms.fromMs + 1, TIME_MOST_MS);
  writeInt(writer, 7);
  writeOffsets(writer, terms.utcOffsets);
  writeIntField(writer, 8, terms.delayS, 1, DAY_S);
  writeIntField(writer, 9, terms.heartbeatS, 1, DAY_S);
  writeIntField(writer, 10, terms.warningsPerDay, 0, WARNINGS_MOST);
  writeInt(writer, 11);
  writeArrayCount(writer, terms.encounters.length, 0, ENCOUNTERS_MOST);
  for (let i = 0; i < terms.encounters.length && writer.error === ""; i++) writeEncounter(writer, terms.encounters[i]);
  writeInt(writer, 12);
  writeArrayCount(writer, terms.corridors.length, 0, CORRIDORS_MOST);
  for (let i = 0; i < terms.corridors.length && writer.error === ""; i++) {
    writeArrayCount(writer, 2, 2, 2);
    writeWay(writer, terms.corridors[i].way);
    writeIntBetween(writer, terms.corridors[i].dwellS, 1, DAY_S);
  }
  writeIntField(writer, 13, terms.proximityM, 1, PROXIMITY_MOST_M);
  writeIntField(writer, 14, terms.retentionDays, 1, RETENTION_MOST_DAYS);
  writeIntField(writer, 15, terms.packLastBytes, 1, PACK_CHUNK_BYTES);
  writeInt(writer, 16);
  const hashBytes = terms.packHashes.length;
  if (!(hashBytes >= ORDER_HASH_BYTES && hashBytes <= PACK_CHUNKS_MOST * ORDER_HASH_BYTES))
    refuse(writer, "message.out-of-bounds");
  else if (hashBytes % ORDER_HASH_BYTES !== 0) refuse(writer, "message.out-of-bounds");
  else writeBytes(writer, terms.packHashes);
}

function writeEncounter(writer: Writer, encounter: Encounter): void {
  const spans = countOf(encounter.fromMs) + countOf(encounter.toMs);
  const fields = countOf(encounter.place) + countOf(encounter.windows) + spans;
  if (fields === 0 || spans === 1) refuse(writer, "message.missing-field");
  writeMapHead(writer, fields);
  if (encounter.place !== undefined) {
    writeInt(writer, 1);
    writeWay(writer, encounter.place);
  }
  if (encounter.windows !== undefined) {
    writeInt(writer, 2);
    writeSchedule(writer, encounter.windows);
  }
  writeOptional(writer, 3, encounter.fromMs, 0, TIME_MOST_MS);
  if (encounter.fromMs !== undefined) writeOptional(writer, 4, encounter.toMs, encounter.fromMs + 1, TIME_MOST_MS);
}

function writeWay(writer: Writer, way: Way): void {
  if (way.points.length % 2 !== 0) refuse(writer, "message.out-of-bounds");
  writeArrayCount(writer, 1 + way.points.length, 3, 1 + 2 * WAY_POINTS_MOST);
  writeIntBetween(writer, way.radiusM, 1, WAY_MOST_M);
  for (let i = 0; i < way.points.length && writer.error === ""; i++)
    writeIntBetween(writer, way.points[i], -mostOf(i), mostOf(i));
}

function mostOf(i: number): number {
  return i % 2 === 0 ? LON_MOST_E7 : LAT_MOST_E7;
}

export function decodeDeviceOrder(bytes: Uint8Array): Decoded<DeviceOrder> {
  const reader = createReader(bytes, 0, true);
  return decoded(reader, readDeviceOrder(reader));
}

function readDeviceOrder(reader: Reader): DeviceOrder {
  const order: DeviceOrder = { device: "", counter: 0, id: "", terms: undefined };
  let needed = 0;
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    const start = reader.pos;
    key = readKey(reader, key, 16);
    if (key !== UNTIL) needed += 1;
    if (key === 1) order.device = readTextBetween(reader, 1, DEVICE_ID_MOST_BYTES);
    else if (key === 2) order.counter = readIntBetween(reader, 1, UINT32_MOST);
    else if (key === 3) order.id = readTextBetween(reader, 1, ID_MOST_BYTES);
    else if (key === 4) {
      if (readIntBetween(reader, IN_FORCE, END) === IN_FORCE) order.terms = noTerms();
    } else if (order.terms === undefined) fail(reader, "message.unknown-field", start);
    else readTerm(reader, key, order.terms);
  }
  if (needed !== (order.terms === undefined ? FIELDS_OF_END : FIELDS_OF_ORDER)) missingField(reader);
  return order;
}

function noTerms(): Terms {
  return {
    fromMs: 0,
    toMs: undefined,
    utcOffsets: [],
    delayS: 0,
    heartbeatS: 0,
    warningsPerDay: 0,
    encounters: [],
    corridors: [],
    proximityM: 0,
    retentionDays: 0,
    packLastBytes: 0,
    packHashes: new Uint8Array(0),
  };
}

function readTerm(reader: Reader, key: number, terms: Terms): void {
  if (key === 5) terms.fromMs = readIntBetween(reader, 0, TIME_MOST_MS);
  else if (key === UNTIL) terms.toMs = readIntBetween(reader, terms.fromMs + 1, TIME_MOST_MS);
  else if (key === 7) terms.utcOffsets = readOffsets(reader);
  else if (key === 8) terms.delayS = readIntBetween(reader, 1, DAY_S);
  else if (key === 9) terms.heartbeatS = readIntBetween(reader, 1, DAY_S);
  else if (key === 10) terms.warningsPerDay = readIntBetween(reader, 0, WARNINGS_MOST);
  else if (key === 11) {
    const count = readArrayCount(reader, 0, ENCOUNTERS_MOST);
    for (let i = 0; i < count && reader.error === ""; i++) terms.encounters.push(readEncounter(reader));
  } else if (key === 12) {
    const count = readArrayCount(reader, 0, CORRIDORS_MOST);
    for (let i = 0; i < count && reader.error === ""; i++) {
      readArrayCount(reader, 2, 2);
      const way = readWay(reader);
      terms.corridors.push({ way: way, dwellS: readIntBetween(reader, 1, DAY_S) });
    }
  } else if (key === 13) terms.proximityM = readIntBetween(reader, 1, PROXIMITY_MOST_M);
  else if (key === 14) terms.retentionDays = readIntBetween(reader, 1, RETENTION_MOST_DAYS);
  else if (key === 15) terms.packLastBytes = readIntBetween(reader, 1, PACK_CHUNK_BYTES);
  else terms.packHashes = readHashes(reader);
}

function readHashes(reader: Reader): Uint8Array {
  const start = reader.pos;
  const hashes = readBytesBetween(reader, ORDER_HASH_BYTES, PACK_CHUNKS_MOST * ORDER_HASH_BYTES);
  if (hashes.length % ORDER_HASH_BYTES !== 0) fail(reader, "message.out-of-bounds", start);
  return hashes;
}

function readEncounter(reader: Reader): Encounter {
  const encounter: Encounter = { place: undefined, windows: undefined, fromMs: undefined, toMs: undefined };
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    const start = reader.pos;
    key = readKey(reader, key, 4);
    if (key === 1) encounter.place = readWay(reader);
    else if (key === 2) encounter.windows = readSchedule(reader);
    else if (key === 3) encounter.fromMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (encounter.fromMs === undefined) fail(reader, "message.missing-field", start);
    else encounter.toMs = readIntBetween(reader, encounter.fromMs + 1, TIME_MOST_MS);
  }
  if (fields === 0 || (encounter.fromMs === undefined) !== (encounter.toMs === undefined)) missingField(reader);
  return encounter;
}

/** The radius, then the points. */
function readWay(reader: Reader): Way {
  const start = reader.pos;
  const count = readArrayCount(reader, 3, 1 + 2 * WAY_POINTS_MOST);
  if (count % 2 === 0) fail(reader, "message.out-of-bounds", start);
  const way: Way = { radiusM: readIntBetween(reader, 1, WAY_MOST_M), points: [] };
  for (let i = 0; i < count - 1 && reader.error === ""; i++)
    way.points.push(readIntBetween(reader, -mostOf(i), mostOf(i)));
  return way;
}
