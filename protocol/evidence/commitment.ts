import { bytesOf, copyOf, equalBytes } from "../bytes.ts";
import { ARRAY, BYTES, createReader, lengthOf, MAP, type Reader, readHead, TAG, TEXT } from "../cbor/reader.ts";
import { createWriter, finish, writeArrayHead, writeInt } from "../cbor/writer.ts";
import type { Crypto } from "../cose/crypto.ts";
import { ALERT, type JournalRecord } from "../journal/record.ts";

/**
 * What a log's leaf says of a record without giving it away. A record is cut into parts, each is committed to under a salt of
 * its own, and the leaf is the hash of the commitments: who holds the salts can show some parts and prove that what is held
 * back was there, unchanged. Without the salts nobody can try out what a part might have been, though a position has few digits.
 */

/** One record of a device's journal, whole. */
export type SealedRecord = JournalRecord;

/** Shown, with its salt; or held back. */
export type Part = { salt: Uint8Array; bytes: Uint8Array } | { commitment: Uint8Array };

export const SALT_BYTES = 16;
export const COMMITMENT_BYTES = 32;
/** A record has no more parts: head, an alert's few fields, tag. */
export const PARTS_MOST = 24;

/** Number, epoch and kind first, the body whole or an alert's fields one by one, the tag last. */
export function partsOf(record: SealedRecord): Uint8Array[] {
  // The one body that is cut into fields, so that a place can be taken out of it.
  const body = record.kind === ALERT ? fieldsOf(record.body) : undefined;
  return [headOf(record), ...(body ?? [record.body]), record.tag];
}

export function headOf(record: Pick<SealedRecord, "number" | "epoch" | "kind">): Uint8Array {
  const writer = createWriter(16);
  writeArrayHead(writer, 3);
  writeInt(writer, record.number);
  writeInt(writer, record.epoch);
  writeInt(writer, record.kind);
  return finish(writer);
}

/** The head of a map and then its pairs; `undefined` where the bytes are no map of few fields. */
export function fieldsOf(body: Uint8Array): Uint8Array[] | undefined {
  const reader = createReader(body, 0, true);
  if (!readHead(reader) || reader.major !== MAP) return undefined;
  const pairs = lengthOf(reader, 0);
  if (pairs > PARTS_MOST - 3) return undefined;
  const fields = [copyOf(body, 0, reader.pos)];
  for (let i = 0; i < pairs && reader.error === ""; i++) {
    const from = reader.pos;
    skip(reader, 0);
    skip(reader, 0);
    fields.push(copyOf(body, from, reader.pos));
  }
  return reader.error === "" && reader.pos === reader.end ? fields : undefined;
}

const DEPTH_MOST = 8;

function skip(reader: Reader, depth: number): void {
  const start = reader.pos;
  if (!readHead(reader)) return;
  const { major } = reader;
  if (major === TAG || depth > DEPTH_MOST) {
    reader.error = "cbor.unsupported";
    return;
  }
  if (major < BYTES || major > MAP) return;
  const length = lengthOf(reader, start);
  if (reader.error !== "") return;
  if (major === BYTES || major === TEXT) reader.pos += length;
  else for (let i = 0; i < (major === ARRAY ? length : 2 * length) && reader.error === ""; i++) skip(reader, depth + 1);
}

/** All parts of a record shown; `salt`: the record's own, from which those of its parts follow. */
export function showParts(crypto: Crypto, record: SealedRecord, salt: Uint8Array): Part[] {
  return partsOf(record).map((bytes, i) => ({ salt: partSalt(crypto, salt, i), bytes }));
}

/** The same part, held back. */
export function holdBack(crypto: Crypto, part: Part): Part {
  return "commitment" in part ? part : { commitment: commitmentOf(crypto, part) };
}

/** What goes into the log as a leaf: 32 bytes. */
export function leafOf(crypto: Crypto, parts: Part[]): Uint8Array {
  const label = bytesOf("omamori record");
  const bytes = new Uint8Array(label.length + COMMITMENT_BYTES * parts.length);
  bytes.set(label, 0);
  parts.forEach((part, i) => {
    bytes.set(commitmentOf(crypto, part), label.length + COMMITMENT_BYTES * i);
  });
  return crypto.sha256(bytes);
}

/** Whether shown bytes are what was held back. */
export function opens(crypto: Crypto, shown: Part, heldBack: Part): boolean {
  return equalBytes(commitmentOf(crypto, shown), commitmentOf(crypto, heldBack));
}

export function commitmentOf(crypto: Crypto, part: Part): Uint8Array {
  if ("commitment" in part) return part.commitment;
  const bytes = new Uint8Array(SALT_BYTES + part.bytes.length);
  bytes.set(part.salt, 0);
  bytes.set(part.bytes, SALT_BYTES);
  return crypto.sha256(bytes);
}

function partSalt(crypto: Crypto, salt: Uint8Array, index: number): Uint8Array {
  const label = bytesOf("omamori part ");
  const bytes = new Uint8Array(label.length + 1);
  bytes.set(label, 0);
  bytes[label.length] = index;
  return copyOf(crypto.hmac(salt, bytes), 0, SALT_BYTES);
}
