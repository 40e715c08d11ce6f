import {
  type Decoded,
  decoded,
  ID_MOST_BYTES,
  missingField,
  readArrayCount,
  readField,
  readIntBetween,
  readMapCount,
  readTextBetween,
  TIME_MOST_MS,
  unknownField,
} from "../cbor/items.ts";
import { createReader, type Reader } from "../cbor/reader.ts";
import {
  createWriter,
  finish,
  type Writer,
  writeArrayHead,
  writeInt,
  writeMapHead,
  writeText,
} from "../cbor/writer.ts";
import { readZone, writeZone, type Zone } from "./zone.ts";

/** The court's order, as much of it as the device acts on. */
export interface Order {
  id: string;
  /** UTC, milliseconds since 1970. */
  fromMs: number;
  /** UTC; `undefined`: until lifted. */
  toMs: number | undefined;
  /** The device has no time zone database, so the order carries the local time's offsets and changes, ascending. */
  utcOffsets: UtcOffset[];
  /** D: a stay in a zone this long is detected within this long of its start. Seconds. */
  delayS: number;
  /** H: the longest silence of the receiver far from every zone. Seconds. */
  heartbeatS: number;
  zones: Zone[];
}

export interface UtcOffset {
  /** From this instant (UTC, ms) … */
  fromMs: number;
  /** … local time is UTC plus this many minutes. */
  minutes: number;
}

/** A clock change twice a year for longer than any order. */
const OFFSETS_MOST = 64;
const ZONES_MOST = 1000;
const DAY_S = 86400;

export function encodeOrder(order: Order): Uint8Array {
  const writer = createWriter(1024);
  writeOrder(writer, order);
  return finish(writer);
}

export function writeOrder(writer: Writer, order: Order): void {
  writeMapHead(writer, order.toMs === undefined ? 6 : 7);
  writeInt(writer, 1);
  writeText(writer, order.id);
  writeInt(writer, 2);
  writeInt(writer, order.fromMs);
  if (order.toMs !== undefined) {
    writeInt(writer, 3);
    writeInt(writer, order.toMs);
  }
  writeInt(writer, 4);
  writeArrayHead(writer, order.utcOffsets.length);
  for (const offset of order.utcOffsets) {
    writeArrayHead(writer, 2);
    writeInt(writer, offset.fromMs);
    writeInt(writer, offset.minutes);
  }
  writeInt(writer, 5);
  writeInt(writer, order.delayS);
  writeInt(writer, 6);
  writeInt(writer, order.heartbeatS);
  writeInt(writer, 7);
  writeArrayHead(writer, order.zones.length);
  for (const zone of order.zones) writeZone(writer, zone);
}

export function decodeOrder(bytes: Uint8Array): Decoded<Order> {
  const reader = createReader(bytes, 0, true);
  return decoded(reader, readOrder(reader));
}

export function readOrder(reader: Reader): Order {
  const order: Order = { id: "", fromMs: 0, toMs: undefined, utcOffsets: [], delayS: 0, heartbeatS: 0, zones: [] };
  let needed = 0;
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    key = readField(reader, key);
    if (key !== 3) needed += 1;
    if (key === 1) order.id = readTextBetween(reader, 1, ID_MOST_BYTES);
    else if (key === 2) order.fromMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 3) order.toMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 4) order.utcOffsets = readOffsets(reader);
    else if (key === 5) order.delayS = readIntBetween(reader, 1, DAY_S);
    else if (key === 6) order.heartbeatS = readIntBetween(reader, 1, DAY_S);
    else if (key === 7) order.zones = readZones(reader);
    else unknownField(reader);
  }
  if (needed !== 6) missingField(reader);
  return order;
}

function readOffsets(reader: Reader): UtcOffset[] {
  const offsets: UtcOffset[] = [];
  const count = readArrayCount(reader, 0, OFFSETS_MOST);
  for (let i = 0; i < count && reader.error === ""; i++) {
    readArrayCount(reader, 2, 2);
    const fromMs = readIntBetween(reader, 0, TIME_MOST_MS);
    offsets.push({ fromMs: fromMs, minutes: readIntBetween(reader, -899, 899) });
  }
  return offsets;
}

function readZones(reader: Reader): Zone[] {
  const zones: Zone[] = [];
  const count = readArrayCount(reader, 0, ZONES_MOST);
  for (let i = 0; i < count && reader.error === ""; i++) zones.push(readZone(reader));
  return zones;
}
