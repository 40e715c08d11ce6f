/**
 * Reads CBOR item by item, bounded, without exceptions: the first violation sets `error` and its `offset`, and every read
 * after it returns at once. Small enough for the device. A strict reader takes our profile, RFC 8949 core deterministic;
 * the other takes what stock SMP clients send, any well-formed head (`smp/fields.ts` reads their maps).
 */
export interface Reader {
  bytes: Uint8Array;
  /** Of the next byte to read. */
  pos: number;
  end: number;
  strict: boolean;
  /** Empty while all is well. */
  error: string;
  /** Of the item at which the error stands. */
  offset: number;
  /** Maps and lists begun and not ended yet; only `smp/fields.ts` counts them, for our messages have a fixed shape. */
  depth: number;
  /** Of the head read last: major type, its argument in two halves, and whether it is of indefinite length. */
  major: number;
  high: number;
  low: number;
  indefinite: boolean;
}

export const UINT = 0;
export const NEGATIVE = 1;
export const BYTES = 2;
export const TEXT = 3;
export const ARRAY = 4;
export const MAP = 5;
export const TAG = 6;
export const SIMPLE = 7;
export const FALSE = 20;
export const TRUE = 21;
export const NULL = 22;
const TWO_32 = 4294967296;
/** High half of 2^53. */
const SAFE_HIGH = 2097152;

export function createReader(bytes: Uint8Array, from: number, strict: boolean): Reader {
  return {
    bytes: bytes,
    pos: from,
    end: bytes.length,
    strict: strict,
    error: "",
    offset: from,
    depth: 0,
    major: 0,
    high: 0,
    low: 0,
    indefinite: false,
  };
}

export function fail(reader: Reader, code: string, offset: number): boolean {
  if (reader.error === "") {
    reader.error = code;
    reader.offset = offset;
  }
  return false;
}

/** Reads one head into `major`, `high`, `low`. False on a violation. */
export function readHead(reader: Reader): boolean {
  const start = reader.pos;
  if (reader.error !== "") return false;
  if (start >= reader.end) return fail(reader, "cbor.truncated", start);
  const first = reader.bytes[start];
  const info = first & 31;
  reader.major = first >> 5;
  reader.high = 0;
  reader.low = info;
  reader.indefinite = false;
  reader.pos = start + 1;
  if (info < 24) return true;
  if (info === 31) return readIndefinite(reader, start);
  if (info > 27) return fail(reader, "cbor.reserved-head", start);
  const width = 1 << (info - 24);
  if (start + 1 + width > reader.end) return fail(reader, "cbor.truncated", start);
  let high = 0;
  let low = 0;
  for (let i = 0; i < width; i++) {
    if (i < width - 4) high = high * 256 + reader.bytes[start + 1 + i];
    else low = low * 256 + reader.bytes[start + 1 + i];
  }
  reader.high = high;
  reader.low = low;
  reader.pos = start + 1 + width;
  if (reader.major === SIMPLE) return readWideSimple(reader, start, width);
  if (reader.strict && isTooWide(width, high, low)) return fail(reader, "cbor.non-shortest", start);
  return true;
}

/** A float, or a simple value of two bytes; of those the first 32 are reserved, for one byte holds them. */
function readWideSimple(reader: Reader, start: number, width: number): boolean {
  if (reader.strict) return fail(reader, width === 1 ? "cbor.simple" : "cbor.float", start);
  return width === 1 && reader.low < 32 ? fail(reader, "cbor.reserved-head", start) : true;
}

function readIndefinite(reader: Reader, start: number): boolean {
  if (reader.major === SIMPLE) return fail(reader, "cbor.break", start);
  if (reader.major < BYTES || reader.major > MAP) return fail(reader, "cbor.reserved-head", start);
  if (reader.strict) return fail(reader, "cbor.indefinite", start);
  reader.indefinite = true;
  return true;
}

function isTooWide(width: number, high: number, low: number): boolean {
  if (width === 1) return low < 24;
  if (width === 2) return low < 256;
  return width === 4 ? low < 65536 : high === 0;
}

/** Whether the head's argument is past 2^53 − 1. */
export function isWide(reader: Reader): boolean {
  return reader.high >= SAFE_HIGH;
}

export function argument(reader: Reader): number {
  return reader.high * TWO_32 + reader.low;
}

/** An integer of the head just read; past 2^53 it is refused, for a double would not hold it. */
export function integerOf(reader: Reader, start: number): number {
  if (reader.major !== UINT && reader.major !== NEGATIVE) {
    fail(reader, "cbor.not-integer", start);
    return 0;
  }
  if (isWide(reader)) {
    fail(reader, "cbor.int-too-large", start);
    return 0;
  }
  return reader.major === UINT ? argument(reader) : -1 - argument(reader);
}

/** Length of the string or the count of the container just begun, checked against what is left; indefinite ones have none. */
export function lengthOf(reader: Reader, start: number): number {
  if (reader.indefinite) {
    fail(reader, "cbor.indefinite", start);
    return 0;
  }
  const length = argument(reader);
  // Every item takes a byte at least, a pair two: a length past the end is refused before anything is set aside for it.
  const least = reader.major === MAP ? 2 * length : length;
  if (isWide(reader) || least > reader.end - reader.pos) {
    fail(reader, "cbor.truncated", start);
    return 0;
  }
  return length;
}
