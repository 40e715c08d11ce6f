import { ProtocolError } from "../errors.ts";
import {
  ARRAY,
  BYTES,
  createReader,
  FALSE,
  fail,
  integerOf,
  isUtf8,
  isWide,
  lengthOf,
  MAP,
  NEGATIVE,
  NULL,
  type Reader,
  readHead,
  SIMPLE,
  TEXT,
  TRUE,
  UINT,
} from "./reader.ts";
import {
  createWriter,
  finish,
  type Writer,
  writeArrayHead,
  writeBool,
  writeBytes,
  writeInt,
  writeMapHead,
  writeNull,
  writeText,
  writeWide,
} from "./writer.ts";

/** The host's codec: whole values rather than items, `bigint` past 2^53, exceptions with code and offset. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | CborValue[]
  | Map<CborValue, CborValue>;

/** No message of ours is deeper; SMP's are at most 4. */
const DEPTH_LIMIT = 16;
const SMP_DEPTH_LIMIT = 4;
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const WIDE_LIMIT = 1n << 64n;

/** Encodes in our profile: shortest heads, sorted keys, no floats. Throws ProtocolError (offset: bytes written so far). */
export function encode(value: CborValue): Uint8Array {
  const writer = createWriter(64);
  write(writer, value, 0);
  return finish(writer);
}

/** Decodes one value in our profile, and nothing after it. Throws ProtocolError. */
export function decode(bytes: Uint8Array): CborValue {
  const item = decodeAt(bytes, 0);
  if (!item.ok) throw new ProtocolError(item.reason, item.offset);
  if (item.end !== bytes.length) throw new ProtocolError("cbor.trailing-bytes", item.end);
  return item.value;
}

/** What stock SMP clients send. Throws ProtocolError. */
export function decodeSmp(bytes: Uint8Array): CborValue {
  const reader = createReader(bytes, 0, false);
  const value = read(reader, 0);
  if (reader.error !== "") throw new ProtocolError(reader.error, reader.offset);
  if (reader.pos !== bytes.length) throw new ProtocolError("cbor.trailing-bytes", reader.pos);
  return value;
}

export type DecodedItem = { ok: true; value: CborValue; end: number } | { ok: false; reason: string; offset: number };

/** One value of a CBOR sequence, from `offset`. */
export function decodeAt(bytes: Uint8Array, offset: number): DecodedItem {
  const reader = createReader(bytes, offset, true);
  const value = read(reader, 0);
  return reader.error === ""
    ? { ok: true, value, end: reader.pos }
    : { ok: false, reason: reader.error, offset: reader.offset };
}

function read(reader: Reader, depth: number): CborValue {
  const start = reader.pos;
  if (!readHead(reader)) return null;
  switch (reader.major) {
    case UINT:
    case NEGATIVE:
      return isWide(reader) || isLeast(reader) ? wide(reader) : integerOf(reader, start);
    case BYTES:
    case TEXT:
      return readString(reader, start);
    case ARRAY:
    case MAP:
      return readContainer(reader, start, depth);
    case SIMPLE:
      if (reader.low === FALSE || reader.low === TRUE) return reader.low === TRUE;
      if (reader.low !== NULL) fail(reader, reader.low === 23 ? "cbor.undefined" : "cbor.simple", start);
      return null;
    default:
      fail(reader, "cbor.tag", start);
      return null;
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

function readString(reader: Reader, start: number): CborValue {
  const { major } = reader;
  const length = lengthOf(reader, start);
  if (reader.error !== "") return null;
  const from = reader.pos;
  reader.pos += length;
  if (major === BYTES) return reader.bytes.slice(from, from + length);
  if (!isUtf8(reader.bytes, from, from + length)) fail(reader, "cbor.not-utf8", start);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(reader.bytes.subarray(from, from + length));
}

function readContainer(reader: Reader, start: number, depth: number): CborValue {
  const { major, indefinite } = reader;
  const limit = reader.strict ? DEPTH_LIMIT : SMP_DEPTH_LIMIT;
  const count = indefinite ? Number.POSITIVE_INFINITY : lengthOf(reader, start);
  if (depth >= limit) fail(reader, "cbor.too-deep", start);
  const items: CborValue[] = [];
  const map = new Map<CborValue, CborValue>();
  let lastKey: Uint8Array | undefined;
  const seen = new Set<string>();
  for (let i = 0; i < count && reader.error === ""; i++) {
    if (indefinite && reader.bytes[reader.pos] === BREAK) {
      reader.pos += 1;
      break;
    }
    if (major === ARRAY) {
      items.push(read(reader, depth + 1));
      continue;
    }
    const keyStart = reader.pos;
    const key = readKey(reader, keyStart);
    const keyBytes = reader.bytes.subarray(keyStart, reader.pos);
    checkOrder(reader, keyStart, keyBytes, lastKey, key, seen);
    lastKey = keyBytes;
    const value = read(reader, depth + 1);
    map.set(key, value);
  }
  return major === ARRAY ? items : map;
}

const BREAK = 0xff;

function readKey(reader: Reader, start: number): CborValue {
  const key = read(reader, DEPTH_LIMIT);
  if (
    reader.error === "" &&
    typeof key !== "string" &&
    (reader.strict ? typeof key !== "number" && typeof key !== "bigint" : true)
  )
    fail(reader, "cbor.bad-key", start);
  return key;
}

function checkOrder(
  reader: Reader,
  start: number,
  key: Uint8Array,
  last: Uint8Array | undefined,
  value: CborValue,
  seen: Set<string>,
): void {
  if (reader.error !== "") return;
  if (!reader.strict) {
    const name = `${typeof value}:${String(value)}`;
    if (seen.has(name)) fail(reader, "cbor.duplicate-key", start);
    seen.add(name);
    return;
  }
  const order = last === undefined ? 1 : compareBytes(key, last);
  if (order === 0) fail(reader, "cbor.duplicate-key", start);
  else if (order < 0) fail(reader, "cbor.unsorted-keys", start);
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
  else if (typeof value === "number") {
    if (!Number.isSafeInteger(value))
      throw new ProtocolError(Number.isInteger(value) ? "cbor.int-too-large" : "cbor.float", writer.length);
    writeInt(writer, value === 0 ? 0 : value);
  } else if (typeof value === "bigint") writeBig(writer, value);
  else if (typeof value === "string") {
    if (!isWellFormed(value)) throw new ProtocolError("cbor.not-utf8", writer.length);
    writeText(writer, value);
  } else if (value instanceof Uint8Array) writeBytes(writer, value);
  else if (Array.isArray(value) || value instanceof Map) writeContainer(writer, value, depth);
  else throw new ProtocolError("cbor.unsupported", writer.length);
}

function writeContainer(writer: Writer, value: CborValue[] | Map<CborValue, CborValue>, depth: number): void {
  if (depth >= DEPTH_LIMIT) throw new ProtocolError("cbor.too-deep", writer.length);
  if (Array.isArray(value)) {
    writeArrayHead(writer, value.length);
    for (const item of value) write(writer, item, depth + 1);
    return;
  }
  const pairs = [...value].map(([key, item]) => {
    if (typeof key !== "string" && typeof key !== "number" && typeof key !== "bigint")
      throw new ProtocolError("cbor.bad-key", writer.length);
    return { key: encode(key), item };
  });
  pairs.sort((a, b) => compareBytes(a.key, b.key));
  writeMapHead(writer, pairs.length);
  pairs.forEach(({ key, item }, i) => {
    if (i > 0 && compareBytes(key, pairs[i - 1].key) === 0)
      throw new ProtocolError("cbor.duplicate-key", writer.length);
    writeRaw(writer, key);
    write(writer, item, depth + 1);
  });
}

/** Copies what is encoded already. */
function writeRaw(writer: Writer, bytes: Uint8Array): void {
  if (writer.length + bytes.length > writer.bytes.length) {
    const grown = new Uint8Array(2 * (writer.length + bytes.length));
    grown.set(writer.bytes.subarray(0, writer.length));
    writer.bytes = grown;
  }
  writer.bytes.set(bytes, writer.length);
  writer.length += bytes.length;
}

function writeBig(writer: Writer, value: bigint): void {
  if (value >= -SAFE && value <= SAFE) {
    writeInt(writer, Number(value));
    return;
  }
  const magnitude = value < 0n ? -1n - value : value;
  if (magnitude >= WIDE_LIMIT) throw new ProtocolError("cbor.int-too-large", writer.length);
  writeWide(writer, value < 0n, Number(magnitude >> 32n), Number(magnitude & 0xffffffffn));
}

function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xd800 || code > 0xdfff) continue;
    const low = text.charCodeAt(i + 1);
    if (code > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) return false;
    i += 1;
  }
  return true;
}
