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
  writeIntField,
  writeOptional,
} from "../cbor/items.ts";
import { createReader, type Reader } from "../cbor/reader.ts";
import { createWriter, type Writer, writeMapHead } from "../cbor/writer.ts";
import { INT32_MOST, LAT_MOST_E7, LON_MOST_E7, TIME_MOST_MS, UINT32_MOST } from "../limits.ts";

/**
 * One solution of the GNSS receiver, with its time and quality. All integers, so that engines agree to the bit.
 * Absence is `undefined`: a receiver that gives no accuracy has none, and HDOP never stands in for it.
 */
export interface Fix {
  /** UTC, milliseconds since 1970, as the receiver says it. `undefined` while it has no valid date and time. */
  timeMs: number | undefined;
  /** Degrees × 10⁷, north positive. */
  latE7: number;
  /** Degrees × 10⁷, east positive. */
  lonE7: number;
  /** 2 or 3: dimensions solved for. */
  dimensions: number;
  /** Millimetres, 1-sigma horizontal accuracy as the receiver claims it. */
  hAccMm: number | undefined;
  /** Millimetres per second over ground, from Doppler. */
  speedMmps: number | undefined;
  /** Degrees × 100 from true north, of the motion. */
  courseCdeg: number | undefined;
  /** Satellites used in the solution. */
  satellites: number | undefined;
}

/** Degrees × 100, a full turn. */
const COURSE_MOST_CDEG = 36000;
const SATELLITES_MOST = 255;
/** A fix with every field is under 50 bytes. */
const USUAL_BYTES = 64;

export function encodeFix(fix: Fix): Encoded {
  const writer = createWriter(USUAL_BYTES);
  writeFix(writer, fix);
  return encoded(writer);
}

/** Map keys ascend from 1 in the order of the fields; an absent field has no key. */
export function writeFix(writer: Writer, fix: Fix): void {
  const moving = countOf(fix.speedMmps) + countOf(fix.courseCdeg);
  writeMapHead(writer, 3 + countOf(fix.timeMs) + countOf(fix.hAccMm) + moving + countOf(fix.satellites));
  writeOptional(writer, 1, fix.timeMs, 0, TIME_MOST_MS);
  writeIntField(writer, 2, fix.latE7, -LAT_MOST_E7, LAT_MOST_E7);
  writeIntField(writer, 3, fix.lonE7, -LON_MOST_E7, LON_MOST_E7);
  writeIntField(writer, 4, fix.dimensions, 2, 3);
  writeOptional(writer, 5, fix.hAccMm, 0, UINT32_MOST);
  writeOptional(writer, 6, fix.speedMmps, 0, INT32_MOST);
  writeOptional(writer, 7, fix.courseCdeg, 0, COURSE_MOST_CDEG);
  writeOptional(writer, 8, fix.satellites, 0, SATELLITES_MOST);
}

export function decodeFix(bytes: Uint8Array): Decoded<Fix> {
  const reader = createReader(bytes, 0, true);
  return decoded(reader, readFix(reader));
}

export function readFix(reader: Reader): Fix {
  const fix: Fix = {
    timeMs: undefined,
    latE7: 0,
    lonE7: 0,
    dimensions: 0,
    hAccMm: undefined,
    speedMmps: undefined,
    courseCdeg: undefined,
    satellites: undefined,
  };
  let needed = 0;
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    key = readKey(reader, key, 8);
    if (key >= 2 && key <= 4) needed += 1;
    if (key === 1) fix.timeMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 2) fix.latE7 = readIntBetween(reader, -LAT_MOST_E7, LAT_MOST_E7);
    else if (key === 3) fix.lonE7 = readIntBetween(reader, -LON_MOST_E7, LON_MOST_E7);
    else if (key === 4) fix.dimensions = readIntBetween(reader, 2, 3);
    else if (key === 5) fix.hAccMm = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 6) fix.speedMmps = readIntBetween(reader, 0, INT32_MOST);
    else if (key === 7) fix.courseCdeg = readIntBetween(reader, 0, COURSE_MOST_CDEG);
    else if (key === 8) fix.satellites = readIntBetween(reader, 0, SATELLITES_MOST);
  }
  if (needed !== 3) missingField(reader);
  return fix;
}
