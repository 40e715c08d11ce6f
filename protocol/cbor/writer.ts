/** Writes CBOR (RFC 8949, core deterministic) into a buffer that grows. Small enough for the device. */
export interface Writer {
  bytes: Uint8Array;
  length: number;
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

export function createWriter(capacityBytes: number): Writer {
  return { bytes: new Uint8Array(capacityBytes), length: 0 };
}

/** A copy of what has been written. */
export function finish(writer: Writer): Uint8Array {
  const out = new Uint8Array(writer.length);
  for (let i = 0; i < writer.length; i++) out[i] = writer.bytes[i];
  return out;
}

/** An integer that a double holds exactly. */
export function writeInt(writer: Writer, value: number): void {
  if (value < 0) writeHead(writer, NEGATIVE, -1 - value);
  else writeHead(writer, UINT, value);
}

export function writeBytes(writer: Writer, value: Uint8Array): void {
  writeHead(writer, BYTES, value.length);
  reserve(writer, value.length);
  for (let i = 0; i < value.length; i++) writer.bytes[writer.length + i] = value[i];
  writer.length += value.length;
}

/** UTF-8. A lone surrogate is written as U+FFFD; the host refuses one before it comes here. */
export function writeText(writer: Writer, value: string): void {
  writeHead(writer, TEXT, utf8Length(value));
  let i = 0;
  while (i < value.length) {
    const code = codePointAt(value, i);
    i += code > 0xffff ? 2 : 1;
    writeCodePoint(writer, code);
  }
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

/** An unsigned integer of 64 bits in two halves, for the host's wide integers. */
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

function codePointAt(text: string, i: number): number {
  const high = text.charCodeAt(i);
  if (high < 0xd800 || high > 0xdfff) return high;
  const low = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
  if (high > 0xdbff || low < 0xdc00 || low > 0xdfff) return 0xfffd;
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

function utf8Length(text: string): number {
  let length = 0;
  let i = 0;
  while (i < text.length) {
    const code = codePointAt(text, i);
    i += code > 0xffff ? 2 : 1;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}

function writeCodePoint(writer: Writer, code: number): void {
  if (code < 0x80) {
    pushByte(writer, code);
    return;
  }
  if (code < 0x800) pushByte(writer, 0xc0 | (code >> 6));
  else {
    if (code < 0x10000) pushByte(writer, 0xe0 | (code >> 12));
    else {
      pushByte(writer, 0xf0 | (code >> 18));
      pushByte(writer, 0x80 | ((code >> 12) & 63));
    }
    pushByte(writer, 0x80 | ((code >> 6) & 63));
  }
  pushByte(writer, 0x80 | (code & 63));
}
