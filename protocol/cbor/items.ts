import { ARRAY, fail, integerOf, isUtf8, lengthOf, MAP, type Reader, readHead, TEXT } from "./reader.ts";

/** Reads the items that messages are made of, each with its bound; the first violation sets the reader's error. */

export function readIntBetween(reader: Reader, least: number, most: number): number {
  const start = reader.pos;
  if (!readHead(reader)) return least;
  const value = integerOf(reader, start);
  if (value < least || value > most) fail(reader, "message.out-of-bounds", start);
  return value;
}

export function readArrayCount(reader: Reader, least: number, most: number): number {
  return readCount(reader, ARRAY, "message.not-array", least, most);
}

export function readMapCount(reader: Reader): number {
  return readCount(reader, MAP, "message.not-map", 0, MOST_FIELDS);
}

/** No message has more. */
const MOST_FIELDS = 32;

function readCount(reader: Reader, major: number, wrong: string, least: number, most: number): number {
  const start = reader.pos;
  if (!readHead(reader)) return 0;
  if (reader.major !== major) fail(reader, wrong, start);
  const count = reader.error === "" ? lengthOf(reader, start) : 0;
  if (reader.error === "" && (count < least || count > most)) fail(reader, "message.out-of-bounds", start);
  return reader.error === "" ? count : 0;
}

/** The next key of a message: keys are integers and ascend. `last`: the one before, 0 at first. */
export function readField(reader: Reader, last: number): number {
  const start = reader.pos;
  const key = readIntBetween(reader, 1, MOST_KEY);
  if (reader.error === "" && key <= last)
    fail(reader, key === last ? "cbor.duplicate-key" : "cbor.unsorted-keys", start);
  return key;
}

const MOST_KEY = 255;

export function unknownField(reader: Reader): void {
  fail(reader, "message.unknown-field", reader.pos);
}

/** Text of `least` to `most` bytes. */
export function readTextBetween(reader: Reader, least: number, most: number): string {
  const start = reader.pos;
  if (!readHead(reader)) return "";
  if (reader.major !== TEXT) fail(reader, "message.not-text", start);
  const length = reader.error === "" ? lengthOf(reader, start) : 0;
  if (reader.error === "" && (length < least || length > most)) fail(reader, "message.out-of-bounds", start);
  if (reader.error === "" && !isUtf8(reader.bytes, reader.pos, reader.pos + length))
    fail(reader, "cbor.not-utf8", start);
  if (reader.error !== "") return "";
  reader.pos += length;
  return textFrom(reader.bytes, reader.pos - length, reader.pos);
}

/** UTF-8, checked before, to a string; the device has no decoder of its own. */
function textFrom(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  let at = from;
  while (at < to) {
    const lead = bytes[at];
    const more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    let code = more === 0 ? lead : lead & (0x3f >> more);
    for (let i = 1; i <= more; i++) code = code * 64 + (bytes[at + i] & 0x3f);
    at += 1 + more;
    if (code < 0x10000) text += String.fromCharCode(code);
    else text += String.fromCharCode(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
  }
  return text;
}

/** After the last item: nothing may follow, and nothing may be missing. */
export function endOfMessage(reader: Reader): void {
  if (reader.error === "" && reader.pos !== reader.end) fail(reader, "cbor.trailing-bytes", reader.pos);
}

/** A field that must be there was not. */
export function missingField(reader: Reader): void {
  fail(reader, "message.missing-field", reader.pos);
}

/** Bounds that several messages share. Times are UTC ms up to the year 2199. */
export const LAT_MOST_E7 = 900000000;
export const LON_MOST_E7 = 1800000000;
export const TIME_MOST_MS = 7258118399999;
export const UINT32_MOST = 4294967295;
export const INT32_MOST = 2147483647;
export const ID_MOST_BYTES = 64;

export type Decoded<T> = { ok: true; value: T } | { ok: false; reason: string; offset: number };

/** What a reader came to. */
export function decoded<T>(reader: Reader, value: T): Decoded<T> {
  endOfMessage(reader);
  return reader.error === "" ? { ok: true, value: value } : { ok: false, reason: reader.error, offset: reader.offset };
}
