import { isUtf8, textOf, utf8Length } from "../utf8.ts";
import {
  ARRAY,
  BYTES,
  FALSE,
  fail,
  integerOf,
  lengthOf,
  MAP,
  type Reader,
  readHead,
  SIMPLE,
  TEXT,
  TRUE,
} from "./reader.ts";
import { finish, refuse, type Writer, writeArrayHead, writeInt, writeText } from "./writer.ts";

/**
 * The items that messages are made of, each with its bounds, read and written side by side. The first violation sets the
 * reader's or the writer's error, and what comes after it changes nothing.
 */

/** What a reader came to; `offset` is that of the item at which the violation stands. */
export type Decoded<T> = { ok: true; value: T } | { ok: false; reason: string; offset: number };

/** What a writer came to; `offset` is the number of bytes written before the violation. */
export type Encoded = { ok: true; bytes: Uint8Array } | { ok: false; reason: string; offset: number };

/** Ends the reading of a message: nothing may follow it. */
export function decoded<T>(reader: Reader, value: T): Decoded<T> {
  endOfMessage(reader);
  return reader.error === "" ? { ok: true, value: value } : { ok: false, reason: reader.error, offset: reader.offset };
}

export function endOfMessage(reader: Reader): void {
  if (reader.error === "" && reader.pos !== reader.end) fail(reader, "cbor.trailing-bytes", reader.pos);
}

/** Ends the writing of a message. */
export function encoded(writer: Writer): Encoded {
  return writer.error === ""
    ? { ok: true, bytes: finish(writer) }
    : { ok: false, reason: writer.error, offset: writer.offset };
}

export function readIntBetween(reader: Reader, least: number, most: number): number {
  const start = reader.pos;
  if (!readHead(reader)) return least;
  const value = integerOf(reader, start);
  if (value >= least && value <= most) return value;
  fail(reader, "message.out-of-bounds", start);
  return least;
}

export function writeIntBetween(writer: Writer, value: number, least: number, most: number): void {
  if (typeof value !== "number" || Math.floor(value) !== value) refuse(writer, "cbor.not-integer");
  else if (value < least || value > most) refuse(writer, "message.out-of-bounds");
  else writeInt(writer, value);
}

/** Text of `least` to `most` bytes of UTF-8. */
export function readTextBetween(reader: Reader, least: number, most: number): string {
  const start = reader.pos;
  const length = readCount(reader, TEXT, "message.not-text", least, most);
  const from = reader.pos;
  if (reader.error === "" && !isUtf8(reader.bytes, from, from + length)) fail(reader, "cbor.not-utf8", start);
  if (reader.error !== "") return "";
  reader.pos += length;
  return textOf(reader.bytes, from, from + length);
}

export function writeTextBetween(writer: Writer, value: string, least: number, most: number): void {
  if (typeof value !== "string") refuse(writer, "message.not-text");
  // A character takes a byte at least: text that is far too long is not walked through.
  else if (value.length > most) refuse(writer, "message.out-of-bounds");
  else {
    const length = utf8Length(value);
    if (length >= 0 && (length < least || length > most)) refuse(writer, "message.out-of-bounds");
    writeText(writer, value);
  }
}

/** A copy of a string of `least` to `most` bytes. */
export function readBytesBetween(reader: Reader, least: number, most: number): Uint8Array {
  const length = readCount(reader, BYTES, "message.not-bytes", least, most);
  const value = new Uint8Array(length);
  for (let i = 0; i < length; i++) value[i] = reader.bytes[reader.pos + i];
  reader.pos += length;
  return value;
}

export function readBool(reader: Reader): boolean {
  const start = reader.pos;
  if (!readHead(reader)) return false;
  if (reader.major !== SIMPLE || (reader.low !== FALSE && reader.low !== TRUE)) fail(reader, "message.not-bool", start);
  return reader.low === TRUE;
}

export function readArrayCount(reader: Reader, least: number, most: number): number {
  return readCount(reader, ARRAY, "message.not-array", least, most);
}

export function writeArrayCount(writer: Writer, count: number, least: number, most: number): void {
  if (count >= least && count <= most) writeArrayHead(writer, count);
  else refuse(writer, "message.out-of-bounds");
}

export function readMapCount(reader: Reader): number {
  return readCount(reader, MAP, "message.not-map", 0, FIELDS_MOST);
}

/** No message has more. */
const FIELDS_MOST = 32;

/**
 * The next key of a message whose keys are 1 to `most`. Keys ascend; `last` is the one before, 0 at first.
 * `message.unknown-field` for a key past `most`.
 */
export function readKey(reader: Reader, last: number, most: number): number {
  const start = reader.pos;
  const key = readIntBetween(reader, 1, KEY_MOST);
  if (key <= last) fail(reader, key === last ? "cbor.duplicate-key" : "cbor.unsorted-keys", start);
  else if (key > most) fail(reader, "message.unknown-field", start);
  return key;
}

const KEY_MOST = 255;

/** A field that must be there was not. */
export function missingField(reader: Reader): void {
  fail(reader, "message.missing-field", reader.pos);
}

/** A field whose value is an integer. */
export function writeIntField(writer: Writer, key: number, value: number, least: number, most: number): void {
  writeInt(writer, key);
  writeIntBetween(writer, value, least, most);
}

/** The same, but `undefined` is absence: then there is no key either. */
export function writeOptional(
  writer: Writer,
  key: number,
  value: number | undefined,
  least: number,
  most: number,
): void {
  if (value !== undefined) writeIntField(writer, key, value, least, most);
}

export function writeTextField(writer: Writer, key: number, value: string, least: number, most: number): void {
  writeInt(writer, key);
  writeTextBetween(writer, value, least, most);
}

/** What an optional field adds to a map's count. */
export function countOf(value: unknown): number {
  return value === undefined ? 0 : 1;
}

/** Items of a container or bytes of a string; 0 after an error. */
function readCount(reader: Reader, major: number, wrong: string, least: number, most: number): number {
  const start = reader.pos;
  if (!readHead(reader)) return 0;
  if (reader.major !== major) fail(reader, wrong, start);
  const count = reader.error === "" ? lengthOf(reader, start) : 0;
  if (reader.error === "" && (count < least || count > most)) fail(reader, "message.out-of-bounds", start);
  return reader.error === "" ? count : 0;
}
