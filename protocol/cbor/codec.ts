import { ProtocolError } from "../errors.ts";
import { isUtf8, textOf } from "../utf8.ts";
import {
  BYTES,
  createReader,
  FALSE,
  fail,
  integerOf,
  isWide,
  lengthOf,
  MAP,
  NEGATIVE,
  NULL,
  type Reader,
  readHead,
  SIMPLE,
  TAG,
  TEXT,
  TRUE,
  UINT,
} from "./reader.ts";
import {
  createWriter,
  finish,
  refuse,
  type Writer,
  writeArrayHead,
  writeBool,
  writeBytes,
  writeInt,
  writeMapHead,
  writeNull,
  writeRaw,
  writeText,
  writeWide,
} from "./writer.ts";

/**
 * What our profile can say, as JavaScript sees it: whole values rather than items, for the host. Integers past 2^53 are
 * `bigint`, both ways; keys of maps are integers or text.
 */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | CborValue[]
  | Map<CborValue, CborValue>;

/** Maps and lists within one another; no message of ours is deeper. */
const DEPTH_LIMIT = 16;
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const WIDE_LIMIT = 1n << 64n;

/**
 * Encodes in our profile: RFC 8949 core deterministic (shortest heads, keys sorted by their bytes), no floats, tags or
 * undefined. Throws ProtocolError: `cbor.float`, `.int-too-large`, `.not-utf8`, `.bad-key`, `.duplicate-key`, `.too-deep` or
 * `.unsupported`; `offset` is the number of bytes that come before what cannot be written.
 */
export function encode(value: CborValue): Uint8Array {
  const writer = createWriter(64);
  write(writer, value, 0);
  if (writer.error !== "") throw new ProtocolError(writer.error, writer.offset);
  return finish(writer);
}

/**
 * Decodes one value in our profile, and nothing after it. Shares no memory with `bytes`. Throws ProtocolError: `cbor.not-bytes`
 * where `bytes` is no Uint8Array (a Buffer is one), otherwise the code of what our profile does not allow, and `offset`, that
 * of the item at which it stands (a truncated item's: its first byte).
 */
export function decode(bytes: Uint8Array): CborValue {
  if (!(bytes instanceof Uint8Array)) throw new ProtocolError("cbor.not-bytes", 0);
  const reader = createReader(bytes, 0, true);
  const value = read(reader, 0);
  if (reader.error === "" && reader.pos !== reader.end) fail(reader, "cbor.trailing-bytes", reader.pos);
  if (reader.error !== "") throw new ProtocolError(reader.error, reader.offset);
  return value;
}

function read(reader: Reader, depth: number): CborValue {
  const start = reader.pos;
  return readHead(reader) ? readBody(reader, start, depth) : null;
}

/** What belongs to the head just read. */
function readBody(reader: Reader, start: number, depth: number): CborValue {
  switch (reader.major) {
    case UINT:
    case NEGATIVE:
      return isWide(reader) || isLeast(reader) ? wide(reader) : integerOf(reader, start);
    case BYTES:
    case TEXT:
      return readString(reader, start);
    case TAG:
      fail(reader, "cbor.tag", start);
      return null;
    case SIMPLE:
      return readSimple(reader, start);
    default:
      return readContainer(reader, start, depth);
  }
}

/** −2^53 is exact in a double, and yet no safe integer. */
function isLeast(reader: Reader): boolean {
  return reader.major === NEGATIVE && reader.high === 0x1fffff && reader.low === 0xffffffff;
}

function wide(reader: Reader): bigint {
  const value = (BigInt(reader.high) << 32n) | BigInt(reader.low);
  return reader.major === UINT ? value : -1n - value;
}

function readSimple(reader: Reader, start: number): boolean | null {
  if (reader.low === FALSE || reader.low === TRUE) return reader.low === TRUE;
  if (reader.low !== NULL) fail(reader, reader.low === UNDEFINED ? "cbor.undefined" : "cbor.simple", start);
  return null;
}

const UNDEFINED = 23;

function readString(reader: Reader, start: number): string | Uint8Array {
  const { bytes, major } = reader;
  const length = lengthOf(reader, start);
  const from = reader.pos;
  reader.pos += length;
  // A copy, and of the plain kind: a Buffer's own slices are views of it.
  if (major === BYTES) return new Uint8Array(bytes.subarray(from, reader.pos));
  if (!isUtf8(bytes, from, reader.pos)) fail(reader, "cbor.not-utf8", start);
  return reader.error === "" ? textOf(bytes, from, reader.pos) : "";
}

function readContainer(reader: Reader, start: number, depth: number): CborValue {
  const { major } = reader;
  const count = lengthOf(reader, start);
  if (depth >= DEPTH_LIMIT) fail(reader, "cbor.too-deep", start);
  return major === MAP ? readPairs(reader, count, depth + 1) : readItems(reader, count, depth + 1);
}

function readItems(reader: Reader, count: number, depth: number): CborValue[] {
  const items: CborValue[] = [];
  for (let i = 0; i < count && reader.error === ""; i++) items.push(read(reader, depth));
  return items;
}

function readPairs(reader: Reader, count: number, depth: number): Map<CborValue, CborValue> {
  const map = new Map<CborValue, CborValue>();
  let last: Uint8Array | undefined;
  for (let i = 0; i < count && reader.error === ""; i++) {
    const start = reader.pos;
    const key = readKey(reader, depth);
    const bytes = reader.bytes.subarray(start, reader.pos);
    const order = last === undefined ? 1 : compareBytes(bytes, last);
    if (order <= 0) fail(reader, order === 0 ? "cbor.duplicate-key" : "cbor.unsorted-keys", start);
    last = bytes;
    map.set(key, read(reader, depth));
  }
  return map;
}

function readKey(reader: Reader, depth: number): CborValue {
  const start = reader.pos;
  if (!readHead(reader)) return null;
  if (isKeyType(reader.major)) return readBody(reader, start, depth);
  fail(reader, "cbor.bad-key", start);
  return null;
}

function isKeyType(major: number): boolean {
  return major === UINT || major === NEGATIVE || major === TEXT;
}

/** Bytewise, a prefix first: RFC 8949 §4.2.1. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

function write(writer: Writer, value: CborValue, depth: number): void {
  if (value === null) writeNull(writer);
  else if (typeof value === "boolean") writeBool(writer, value);
  else if (typeof value === "number") writeInt(writer, value);
  else if (typeof value === "bigint") writeBig(writer, value);
  else if (typeof value === "string") writeText(writer, value);
  else if (value instanceof Uint8Array) writeBytes(writer, value);
  else if (!Array.isArray(value) && !(value instanceof Map)) refuse(writer, "cbor.unsupported");
  else if (depth >= DEPTH_LIMIT) refuse(writer, "cbor.too-deep");
  else if (Array.isArray(value)) writeItems(writer, value, depth + 1);
  else writePairs(writer, value, depth + 1);
}

function writeItems(writer: Writer, items: CborValue[], depth: number): void {
  writeArrayHead(writer, items.length);
  for (let i = 0; i < items.length && writer.error === ""; i++) write(writer, items[i], depth);
}

function writePairs(writer: Writer, map: Map<CborValue, CborValue>, depth: number): void {
  writeMapHead(writer, map.size);
  const pairs = [...map].map(([key, item]) => ({ key: keyBytes(writer, key), item }));
  pairs.sort((a, b) => compareBytes(a.key, b.key));
  for (let i = 0; i < pairs.length && writer.error === ""; i++) {
    const { key, item } = pairs[i];
    if (i > 0 && compareBytes(key, pairs[i - 1].key) === 0) refuse(writer, "cbor.duplicate-key");
    writeRaw(writer, key, key.length);
    write(writer, item, depth);
  }
}

/** A key that cannot be written has no place among the others yet: the error stands where the map's keys begin. */
function keyBytes(writer: Writer, key: CborValue): Uint8Array {
  const own = createWriter(16);
  if (typeof key === "string" || typeof key === "number" || typeof key === "bigint") write(own, key, 0);
  else refuse(own, "cbor.bad-key");
  if (own.error !== "") refuse(writer, own.error);
  return finish(own);
}

function writeBig(writer: Writer, value: bigint): void {
  const magnitude = value < 0n ? -1n - value : value;
  if (value >= -SAFE && value <= SAFE) writeInt(writer, Number(value));
  else if (magnitude >= WIDE_LIMIT) refuse(writer, "cbor.int-too-large");
  else writeWide(writer, value < 0n, Number(magnitude >> 32n), Number(magnitude & 0xffffffffn));
}
