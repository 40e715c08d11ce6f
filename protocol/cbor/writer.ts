import { putUtf8, utf8Length } from "../utf8.ts";

/**
 * Writes CBOR (RFC 8949, core deterministic) into a buffer that grows, without exceptions, as the reader reads it: the first
 * thing that must not be written sets `error` and its `offset`, and nothing of the message is given out. Small enough for
 * the device.
 */
export interface Writer {
  bytes: Uint8Array;
  length: number;
  /** Empty while all is well. */
  error: string;
  /** Bytes that had been written when the error arose. */
  offset: number;
}

const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const TWO_32 = 4294967296;
const SAFE_MOST = 9007199254740991;

export function createWriter(capacityBytes: number): Writer {
  return { bytes: new Uint8Array(capacityBytes), length: 0, error: "", offset: 0 };
}

/** Only the first error counts. */
export function refuse(writer: Writer, code: string): void {
  if (writer.error !== "") return;
  writer.error = code;
  writer.offset = writer.length;
}

/** A copy of what has been written; no bytes at all after an error. */
export function finish(writer: Writer): Uint8Array {
  const out = new Uint8Array(writer.error === "" ? writer.length : 0);
  for (let i = 0; i < out.length; i++) out[i] = writer.bytes[i];
  return out;
}

/** An integer that a double holds exactly; `cbor.float` or `cbor.int-too-large` for any other number. */
export function writeInt(writer: Writer, value: number): void {
  if (Math.floor(value) !== value || value - value !== 0) refuse(writer, "cbor.float");
  else if (value > SAFE_MOST || value < -SAFE_MOST) refuse(writer, "cbor.int-too-large");
  else if (value < 0) writeHead(writer, NEGATIVE, -1 - value);
  else writeHead(writer, UINT, value);
}

export function writeBytes(writer: Writer, value: Uint8Array): void {
  writeHead(writer, BYTES, value.length);
  writeRaw(writer, value, value.length);
}

/** Bytes that are CBOR already. */
export function writeRaw(writer: Writer, bytes: Uint8Array, length: number): void {
  reserve(writer, length);
  for (let i = 0; i < length; i++) writer.bytes[writer.length + i] = bytes[i];
  writer.length += length;
}

/** As UTF-8; `cbor.not-utf8` for a lone surrogate. */
export function writeText(writer: Writer, value: string): void {
  const length = utf8Length(value);
  if (length < 0) {
    refuse(writer, "cbor.not-utf8");
    return;
  }
  writeHead(writer, TEXT, length);
  reserve(writer, length);
  putUtf8(writer.bytes, writer.length, value);
  writer.length += length;
}

export function writeArrayHead(writer: Writer, items: number): void {
  writeHead(writer, ARRAY, items);
}

/** The caller writes `pairs` keys and values, keys ascending in their encoded bytes. */
export function writeMapHead(writer: Writer, pairs: number): void {
  writeHead(writer, MAP, pairs);
}

export function writeBool(writer: Writer, value: boolean): void {
  pushByte(writer, value ? TRUE : FALSE);
}

export function writeNull(writer: Writer): void {
  pushByte(writer, NULL);
}

/** An integer of 64 bits in two halves, for the host's wide integers; `negative`: of −1 less the value. */
export function writeWide(writer: Writer, negative: boolean, high: number, low: number): void {
  pushByte(writer, ((negative ? NEGATIVE : UINT) << 5) | 27);
  push32(writer, high);
  push32(writer, low);
}

function writeHead(writer: Writer, major: number, value: number): void {
  const top = major << 5;
  if (value < 24) pushByte(writer, top | value);
  else if (value < 256) {
    pushByte(writer, top | 24);
    pushByte(writer, value);
  } else if (value < 65536) {
    pushByte(writer, top | 25);
    pushByte(writer, value >> 8);
    pushByte(writer, value & 255);
  } else if (value < TWO_32) {
    pushByte(writer, top | 26);
    push32(writer, value);
  } else {
    pushByte(writer, top | 27);
    push32(writer, Math.floor(value / TWO_32));
    push32(writer, value % TWO_32);
  }
}

function push32(writer: Writer, value: number): void {
  pushByte(writer, (value >>> 24) & 255);
  pushByte(writer, (value >>> 16) & 255);
  pushByte(writer, (value >>> 8) & 255);
  pushByte(writer, value & 255);
}

function pushByte(writer: Writer, value: number): void {
  reserve(writer, 1);
  writer.bytes[writer.length] = value;
  writer.length += 1;
}

function reserve(writer: Writer, more: number): void {
  const needed = writer.length + more;
  if (needed <= writer.bytes.length) return;
  let capacity = 2 * writer.bytes.length + 16;
  if (capacity < needed) capacity = needed;
  const grown = new Uint8Array(capacity);
  for (let i = 0; i < writer.length; i++) grown[i] = writer.bytes[i];
  writer.bytes = grown;
}
