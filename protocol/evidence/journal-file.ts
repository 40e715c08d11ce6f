import { equalBytes } from "../bytes.ts";
import { readArrayCount, readBytesBetween, readIntBetween } from "../cbor/items.ts";
import { createReader, fail, type Reader } from "../cbor/reader.ts";
import { createWriter, finish, writeArrayHead, writeBytes, writeInt, writeRaw } from "../cbor/writer.ts";
import { ToolError } from "../errors.ts";
import { otherVersion, readBlockHead } from "../journal/block.ts";
import { inWrittenOrder, nameOfRecord } from "../journal/order.ts";
import { ERASE_BYTES, readRing } from "../journal/read.ts";
import { UINT32_MOST } from "../limits.ts";
import type { SealedRecord } from "./commitment.ts";

/**
 * Records of a device's journal in a file, one after another (RFC 8742): `[number, epoch, kind, body, tag]`, as an uplink carries
 * them. In any order; the same record twice is one, and two of one number in one epoch are refused (`journal.two-of-one`).
 */
export function readRecordFile(bytes: Uint8Array, file: string): SealedRecord[] {
  const reader = createReader(bytes, 0, true);
  const records: SealedRecord[] = [];
  while (reader.error === "" && reader.pos < reader.end) {
    const record = readRecord(reader);
    if (reader.error === "") records.push(record);
  }
  if (reader.error !== "")
    throw new ToolError("journal.bad-file", { file, detail: reader.error, offset: reader.offset });
  return unique(records, file);
}

/**
 * A device's journal in whichever form it was brought: its records one after another, or the ring as its flash has it, in erase
 * blocks of 4,096 bytes. Throws `journal.unknown-file`, `journal.other-version`, `journal.two-of-one`.
 */
export function readJournalFile(bytes: Uint8Array, file: string): SealedRecord[] {
  if (isRecordFile(bytes)) return readRecordFile(bytes, file);
  const found = readRing(bytes).records;
  if (found.length === 0) {
    const version = otherVersionIn(bytes);
    if (version !== undefined) throw new ToolError("journal.other-version", { file, version });
    throw new ToolError("journal.unknown-file", { file });
  }
  return unique(found, file);
}

/**
 * In the order in which they were written; the same twice is one. A number may stand in several epochs: a device whose flash was put
 * back uses it once more. Within an epoch a copy that tells otherwise must be looked into by people.
 */
function unique(records: SealedRecord[], file: string): SealedRecord[] {
  const known = new Map<string, SealedRecord>();
  for (const record of records) {
    const { number, epoch } = record;
    const other = known.get(nameOfRecord(record));
    if (other !== undefined && !equalBytes(recordBytes(other), recordBytes(record)))
      throw new ToolError("journal.two-of-one", { file, number, epoch });
    known.set(nameOfRecord(record), record);
  }
  return inWrittenOrder([...known.values()]);
}

/** Of a ring that another version of the firmware wrote. */
function otherVersionIn(bytes: Uint8Array): number | undefined {
  for (let at = 0; at < bytes.length; at += ERASE_BYTES) {
    const version = otherVersion(bytes.subarray(at, at + 4));
    if (version !== undefined) return version;
  }
  return undefined;
}

/** Whether a file is a journal in one of these forms. */
export function looksLikeJournal(bytes: Uint8Array): boolean {
  if (isRecordFile(bytes)) return true;
  for (let at = 0; at + ERASE_BYTES <= bytes.length; at += ERASE_BYTES)
    if (readBlockHead(bytes.subarray(at, at + ERASE_BYTES)) !== undefined) return true;
  // Reading it says which version it is of.
  return otherVersionIn(bytes) !== undefined;
}

/** Whether a file begins as one of records does: a list of five, and a small integer. */
export function isRecordFile(bytes: Uint8Array): boolean {
  const reader = createReader(bytes, 0, true);
  readRecord(reader);
  return reader.error === "";
}

export function writeRecordFile(records: SealedRecord[]): Uint8Array {
  const writer = createWriter(64 * records.length);
  for (const record of records) {
    const bytes = recordBytes(record);
    writeRaw(writer, bytes, bytes.length);
  }
  return finish(writer);
}

function readRecord(reader: Reader): SealedRecord {
  if (reader.pos >= reader.end) fail(reader, "cbor.truncated", reader.pos);
  readArrayCount(reader, 5, 5);
  const number = readIntBetween(reader, 1, UINT32_MOST);
  const epoch = readIntBetween(reader, 0, UINT32_MOST);
  const kind = readIntBetween(reader, 0, 15);
  const body = readBytesBetween(reader, 0, 4096);
  return { number, epoch, kind, body, tag: readBytesBetween(reader, 1, 32) };
}

function recordBytes({ number, epoch, kind, body, tag }: SealedRecord): Uint8Array {
  const writer = createWriter(body.length + 32);
  writeArrayHead(writer, 5);
  for (const value of [number, epoch, kind]) writeInt(writer, value);
  writeBytes(writer, body);
  writeBytes(writer, tag);
  return finish(writer);
}
