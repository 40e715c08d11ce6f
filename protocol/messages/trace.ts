import {
  countOf,
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  missingField,
  readIntBetween,
  readKey,
  readMapCount,
  readTextBetween,
  writeIntField,
  writeOptional,
  writeTextField,
} from "../cbor/items.ts";
import { createReader, fail, type Reader } from "../cbor/reader.ts";
import { createWriter, type Writer, writeMapHead } from "../cbor/writer.ts";
import { INT32_MOST, LAT_MOST_E7, LON_MOST_E7, NAME_MOST_BYTES, TIME_MOST_MS, UINT32_MOST } from "../limits.ts";

/** Our trace format is a CBOR sequence (RFC 8742): one header, then one record a point. */
export interface TraceHeader {
  /** For people; a file's name. */
  name: string;
}

export interface TracePoint {
  /** UTC ms. */
  timeMs: number;
  /** Degrees × 10⁷, north and east positive. */
  latE7: number;
  lonE7: number;
  /** Millimetres, 1-sigma horizontal accuracy; `undefined` where the recording has none. */
  hAccMm: number | undefined;
  /** Millimetres per second over ground. */
  speedMmps: number | undefined;
}

export const TRACE_FORMAT = "omamori-trace";
export const TRACE_VERSION = 1;

export function encodeTraceHeader(header: TraceHeader): Encoded {
  const writer = createWriter(64);
  writeTraceHeader(writer, header);
  return encoded(writer);
}

export function writeTraceHeader(writer: Writer, header: TraceHeader): void {
  writeMapHead(writer, 3);
  writeTextField(writer, 1, TRACE_FORMAT, TRACE_FORMAT.length, TRACE_FORMAT.length);
  writeIntField(writer, 2, TRACE_VERSION, TRACE_VERSION, TRACE_VERSION);
  writeTextField(writer, 3, header.name, 0, NAME_MOST_BYTES);
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
    key = readKey(reader, key, 3);
    needed += 1;
    if (key === 1) readFormat(reader);
    else if (key === 2) readIntBetween(reader, TRACE_VERSION, TRACE_VERSION);
    else if (key === 3) header.name = readTextBetween(reader, 0, NAME_MOST_BYTES);
  }
  if (needed !== 3) missingField(reader);
  return header;
}

function readFormat(reader: Reader): void {
  const start = reader.pos;
  const format = readTextBetween(reader, 1, NAME_MOST_BYTES);
  if (format !== TRACE_FORMAT) fail(reader, "message.out-of-bounds", start);
}

export function encodeTracePoint(point: TracePoint): Encoded {
  const writer = createWriter(32);
  writeTracePoint(writer, point);
  return encoded(writer);
}

export function writeTracePoint(writer: Writer, point: TracePoint): void {
  writeMapHead(writer, 3 + countOf(point.hAccMm) + countOf(point.speedMmps));
  writeIntField(writer, 1, point.timeMs, 0, TIME_MOST_MS);
  writeIntField(writer, 2, point.latE7, -LAT_MOST_E7, LAT_MOST_E7);
  writeIntField(writer, 3, point.lonE7, -LON_MOST_E7, LON_MOST_E7);
  writeOptional(writer, 4, point.hAccMm, 0, UINT32_MOST);
  writeOptional(writer, 5, point.speedMmps, 0, INT32_MOST);
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
    key = readKey(reader, key, 5);
    if (key <= 3) needed += 1;
    if (key === 1) point.timeMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 2) point.latE7 = readIntBetween(reader, -LAT_MOST_E7, LAT_MOST_E7);
    else if (key === 3) point.lonE7 = readIntBetween(reader, -LON_MOST_E7, LON_MOST_E7);
    else if (key === 4) point.hAccMm = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 5) point.speedMmps = readIntBetween(reader, 0, INT32_MOST);
  }
  if (needed !== 3) missingField(reader);
  return point;
}
