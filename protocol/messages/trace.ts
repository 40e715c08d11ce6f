import {
  type Decoded,
  decoded,
  INT32_MOST,
  LAT_MOST_E7,
  LON_MOST_E7,
  missingField,
  readField,
  readIntBetween,
  readMapCount,
  readTextBetween,
  TIME_MOST_MS,
  UINT32_MOST,
  unknownField,
} from "../cbor/items.ts";
import { createReader, type Reader } from "../cbor/reader.ts";
import { createWriter, finish, type Writer, writeInt, writeMapHead, writeText } from "../cbor/writer.ts";
import { writeField } from "./fix.ts";

/** Our trace format is a CBOR sequence (RFC 8742): one header, then one record a point. */
export interface TraceHeader {
  /** For people; a file's name. */
  name: string;
}

export interface TracePoint {
  /** UTC ms. */
  timeMs: number;
  latE7: number;
  lonE7: number;
  hAccMm: number | undefined;
  speedMmps: number | undefined;
}

export const TRACE_FORMAT = "omamori-trace";
export const TRACE_VERSION = 1;
const NAME_MOST_BYTES = 255;

export function encodeTraceHeader(header: TraceHeader): Uint8Array {
  const writer = createWriter(64);
  writeTraceHeader(writer, header);
  return finish(writer);
}

export function writeTraceHeader(writer: Writer, header: TraceHeader): void {
  writeMapHead(writer, 3);
  writeInt(writer, 1);
  writeText(writer, TRACE_FORMAT);
  writeInt(writer, 2);
  writeInt(writer, TRACE_VERSION);
  writeInt(writer, 3);
  writeText(writer, header.name);
}

export function decodeTraceHeader(bytes: Uint8Array): Decoded<TraceHeader> {
  const reader = createReader(bytes, 0, true);
  return decoded(reader, readTraceHeader(reader));
}

export function readTraceHeader(reader: Reader): TraceHeader {
  const header: TraceHeader = { name: "" };
  let needed = 0;
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    key = readField(reader, key);
    needed += 1;
    if (key === 1 && readTextBetween(reader, 1, 32) !== TRACE_FORMAT) missingField(reader);
    else if (key === 2) readIntBetween(reader, TRACE_VERSION, TRACE_VERSION);
    else if (key === 3) header.name = readTextBetween(reader, 0, NAME_MOST_BYTES);
    else if (key > 3) unknownField(reader);
  }
  if (needed !== 3) missingField(reader);
  return header;
}

export function encodeTracePoint(point: TracePoint): Uint8Array {
  const writer = createWriter(32);
  writeTracePoint(writer, point);
  return finish(writer);
}

export function writeTracePoint(writer: Writer, point: TracePoint): void {
  let pairs = 3;
  if (point.hAccMm !== undefined) pairs += 1;
  if (point.speedMmps !== undefined) pairs += 1;
  writeMapHead(writer, pairs);
  writeField(writer, 1, point.timeMs);
  writeField(writer, 2, point.latE7);
  writeField(writer, 3, point.lonE7);
  writeField(writer, 4, point.hAccMm);
  writeField(writer, 5, point.speedMmps);
}

export function decodeTracePoint(bytes: Uint8Array): Decoded<TracePoint> {
  const reader = createReader(bytes, 0, true);
  return decoded(reader, readTracePoint(reader));
}

export function readTracePoint(reader: Reader): TracePoint {
  const point: TracePoint = { timeMs: 0, latE7: 0, lonE7: 0, hAccMm: undefined, speedMmps: undefined };
  let needed = 0;
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    key = readField(reader, key);
    if (key <= 3) needed += 1;
    if (key === 1) point.timeMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 2) point.latE7 = readIntBetween(reader, -LAT_MOST_E7, LAT_MOST_E7);
    else if (key === 3) point.lonE7 = readIntBetween(reader, -LON_MOST_E7, LON_MOST_E7);
    else if (key === 4) point.hAccMm = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 5) point.speedMmps = readIntBetween(reader, 0, INT32_MOST);
    else unknownField(reader);
  }
  if (needed !== 3) missingField(reader);
  return point;
}
