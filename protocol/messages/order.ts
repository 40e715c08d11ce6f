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
  writeOptional,
  writeTextField,
} from "../cbor/items.ts";
import { createReader, type Reader } from "../cbor/reader.ts";
import { createWriter, type Writer, writeArrayHead, writeInt, writeMapHead } from "../cbor/writer.ts";
import { DAY_S, ID_MOST_BYTES, OFFSET_MOST_MIN, OFFSETS_MOST, TIME_MOST_MS, ZONES_MOST } from "../limits.ts";
import { readZone, writeZone, type Zone } from "./zone.ts";

/** The court's order, as much of it as the device acts on. */
export interface Order {
  /** 1 to 64 bytes of UTF-8. */
  id: string;
  /** UTC, milliseconds since 1970. */
  fromMs: number;
  /** UTC, milliseconds since 1970, after `fromMs`; `undefined`: until lifted. */
  toMs: number | undefined;
  /** The device has no time zone database, so the order carries the local time's offsets and changes, ascending; at most 64. */
  utcOffsets: UtcOffset[];
  /** D: a stay in a zone this long is detected within this long of its start. Seconds. */
  delayS: number;
  /** H: the longest silence of the receiver far from every zone. Seconds. */
  heartbeatS: number;
  /** At most 1,000, with different ids. */
  zones: Zone[];
}

export interface UtcOffset {
  /** From this instant (UTC, ms) … */
  fromMs: number;
  /** … local time is UTC plus this many minutes. */
  minutes: number;
}

export function encodeOrder(order: Order): Encoded {
  const writer = createWriter(1024);
  writeOrder(writer, order);
  return encoded(writer);
}

export function writeOrder(writer: Writer, order: Order): void {
  writeMapHead(writer, 6 + countOf(order.toMs));
  writeTextField(writer, 1, order.id, 1, ID_MOST_BYTES);
  writeIntField(writer, 2, order.fromMs, 0, TIME_MOST_MS);
  writeOptional(writer, 3, order.toMs, order.fromMs + 1, TIME_MOST_MS);
  writeInt(writer, 4);
  writeOffsets(writer, order.utcOffsets);
  writeIntField(writer, 5, order.delayS, 1, DAY_S);
  writeIntField(writer, 6, order.heartbeatS, 1, DAY_S);
  writeInt(writer, 7);
  writeArrayCount(writer, order.zones.length, 0, ZONES_MOST);
  for (let i = 0; i < order.zones.length && writer.error === ""; i++) writeZone(writer, order.zones[i]);
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
    key = readKey(reader, key, 7);
    if (key !== 3) needed += 1;
    if (key === 1) order.id = readTextBetween(reader, 1, ID_MOST_BYTES);
    else if (key === 2) order.fromMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 3) order.toMs = readIntBetween(reader, order.fromMs + 1, TIME_MOST_MS);
    else if (key === 4) order.utcOffsets = readOffsets(reader);
    else if (key === 5) order.delayS = readIntBetween(reader, 1, DAY_S);
    else if (key === 6) order.heartbeatS = readIntBetween(reader, 1, DAY_S);
    else if (key === 7) order.zones = readZones(reader);
  }
  if (needed !== 6) missingField(reader);
  return order;
}

/** Each change comes after the one before. */
export function writeOffsets(writer: Writer, offsets: UtcOffset[]): void {
  writeArrayCount(writer, offsets.length, 0, OFFSETS_MOST);
  for (let i = 0; i < offsets.length && writer.error === ""; i++) {
    writeArrayHead(writer, 2);
    writeIntBetween(writer, offsets[i].fromMs, i === 0 ? 0 : offsets[i - 1].fromMs + 1, TIME_MOST_MS);
    writeIntBetween(writer, offsets[i].minutes, -OFFSET_MOST_MIN, OFFSET_MOST_MIN);
  }
}

export function readOffsets(reader: Reader): UtcOffset[] {
  const offsets: UtcOffset[] = [];
  const count = readArrayCount(reader, 0, OFFSETS_MOST);
  for (let i = 0; i < count && reader.error === ""; i++) {
    readArrayCount(reader, 2, 2);
    const fromMs = readIntBetween(reader, i === 0 ? 0 : offsets[i - 1].fromMs + 1, TIME_MOST_MS);
    offsets.push({ fromMs: fromMs, minutes: readIntBetween(reader, -OFFSET_MOST_MIN, OFFSET_MOST_MIN) });
  }
  return offsets;
}

function readZones(reader: Reader): Zone[] {
  const zones: Zone[] = [];
  const count = readArrayCount(reader, 0, ZONES_MOST);
  for (let i = 0; i < count && reader.error === ""; i++) zones.push(readZone(reader));
  return zones;
}
