import { ARRAY, BYTES, createReader, fail, lengthOf, MAP, type Reader, readHead, TAG, TEXT } from "../cbor/reader.ts";
import { isUtf8, textOf } from "../utf8.ts";

/**
 * Reads the CBOR of SMP messages as stock clients and servers send it: text keys in any order, any head width, definite or
 * indefinite maps and lists, at most four within one another. The caller names the keys it knows; every other key is skipped
 * with its value, whatever that is. Nothing is built that is not asked for, so it fits the device.
 *
 *   const reader = createSmpReader(bytes);
 *   const map = openMap(reader);
 *   let key = nextKey(reader, map, KEYS);
 *   while (key !== END) {
 *     if (KEYS[key] === "off") off = readIntBetween(reader, 0, UINT32_MOST);
 *     else data = readBytesBetween(reader, 0, CHUNK_MOST_BYTES);
 *     key = nextKey(reader, map, KEYS);
 *   }
 *   return decoded(reader, { off, data });
 *
 * The value of a key that was named must be read, or passed over with `skipValue`, before the next; a map or list that was
 * opened must be read to its end. Errors are the reader's: a `cbor.` or `message.` code and the
 * offset of the item.
 */
export interface Container {
  /** Pairs or items still to come; unknown in an indefinite one, which ends with a break. */
  left: number;
  indefinite: boolean;
  /** Where the text of each key read so far begins and ends, by turns. */
  read: number[];
}

/** Returned by `nextKey` after the last pair, and after an error. */
export const END = -1;

/** Design §6: `{"images": [{…}]}` takes three. */
const DEPTH_LIMIT = 4;
/** Pairs in one map; MCUmgr's own largest has about a dozen. Bounds the search for a duplicate. */
const PAIRS_MOST = 32;
const BREAK = 0xff;

export function createSmpReader(bytes: Uint8Array): Reader {
  return createReader(bytes, 0, false);
}

export function openMap(reader: Reader): Container {
  return open(reader, MAP, "message.not-map");
}

export function openList(reader: Reader): Container {
  return open(reader, ARRAY, "message.not-array");
}

/** Position in `known` of the next key that is among them, or `END`. Unknown keys are skipped, a second one of a name refused. */
export function nextKey(reader: Reader, map: Container, known: string[]): number {
  while (hasNext(reader, map)) {
    const key = known.indexOf(readKey(reader, map));
    if (key >= 0 || reader.error !== "") return reader.error === "" ? key : END;
    skipValue(reader);
  }
  return END;
}

/** Whether the container has another item, which is then to be read. False at its end, which is passed, and after an error. */
export function hasNext(reader: Reader, container: Container): boolean {
  if (reader.error !== "") return false;
  const atBreak = container.indefinite && reader.pos < reader.end && reader.bytes[reader.pos] === BREAK;
  if (!atBreak && (container.indefinite || container.left > 0)) {
    container.left -= 1;
    return true;
  }
  if (atBreak) reader.pos += 1;
  reader.depth -= 1;
  return false;
}

/** Passes over one value of any kind. It must be well-formed, and no deeper than we would read. */
export function skipValue(reader: Reader): void {
  let start = reader.pos;
  if (!readHead(reader)) return;
  while (reader.major === TAG) {
    start = reader.pos;
    if (!readHead(reader)) return;
  }
  if (reader.major === BYTES || reader.major === TEXT) skipString(reader, start);
  else if (reader.major === ARRAY || reader.major === MAP) skipContainer(reader, start);
}

function open(reader: Reader, major: number, wrong: string): Container {
  const start = reader.pos;
  if (readHead(reader) && reader.major !== major) fail(reader, wrong, start);
  return begin(reader, start);
}

/** The container whose head was just read. */
function begin(reader: Reader, start: number): Container {
  const indefinite = reader.indefinite;
  const left = indefinite || reader.error !== "" ? 0 : lengthOf(reader, start);
  if (reader.depth >= DEPTH_LIMIT) fail(reader, "cbor.too-deep", start);
  reader.depth += 1;
  return { left: left, indefinite: indefinite, read: [] };
}

function readKey(reader: Reader, map: Container): string {
  const start = reader.pos;
  if (readHead(reader) && reader.major !== TEXT) fail(reader, "cbor.bad-key", start);
  const length = reader.error === "" ? lengthOf(reader, start) : 0;
  const from = reader.pos;
  const to = from + length;
  if (reader.error === "" && !isUtf8(reader.bytes, from, to)) fail(reader, "cbor.not-utf8", start);
  if (map.read.length >= 2 * PAIRS_MOST) fail(reader, "message.out-of-bounds", start);
  if (reader.error !== "") return "";
  for (let i = 0; i < map.read.length; i += 2)
    if (isSame(reader.bytes, map.read[i], map.read[i + 1], from, to)) fail(reader, "cbor.duplicate-key", start);
  map.read.push(from, to);
  reader.pos = to;
  return textOf(reader.bytes, from, to);
}

function isSame(bytes: Uint8Array, from: number, to: number, otherFrom: number, otherTo: number): boolean {
  if (to - from !== otherTo - otherFrom) return false;
  for (let i = from; i < to; i++) if (bytes[i] !== bytes[otherFrom + i - from]) return false;
  return true;
}

function skipString(reader: Reader, start: number): void {
  if (!reader.indefinite) {
    reader.pos += lengthOf(reader, start);
    return;
  }
  const major = reader.major;
  while (reader.error === "") {
    const chunk = reader.pos;
    if (chunk < reader.end && reader.bytes[chunk] === BREAK) {
      reader.pos += 1;
      return;
    }
    if (readHead(reader) && reader.major !== major) fail(reader, "cbor.bad-chunk", chunk);
    if (reader.error === "") reader.pos += lengthOf(reader, chunk);
  }
}

function skipContainer(reader: Reader, start: number): void {
  const isMap = reader.major === MAP;
  const container = begin(reader, start);
  while (hasNext(reader, container)) {
    skipValue(reader);
    if (isMap) skipValue(reader);
  }
}
