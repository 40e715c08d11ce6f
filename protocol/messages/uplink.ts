import {
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  readArrayCount,
  readBytesBetween,
  readIntBetween,
  writeArrayCount,
  writeIntBetween,
} from "../cbor/items.ts";
import { createReader, fail, type Reader } from "../cbor/reader.ts";
import { createWriter, refuse, type Writer, writeArrayHead, writeBytes, writeInt } from "../cbor/writer.ts";
import { UPLINK_CONTEXT } from "../cose/contexts.ts";
import type { Crypto } from "../cose/crypto.ts";
import { openMessage } from "../cose/message.ts";
import { BODY_MOST_BYTES, type JournalRecord, TAG_BYTES } from "../journal/record.ts";
import { UINT32_MOST } from "../limits.ts";
import { type Receipt, readReceipt, writeReceipt } from "./receipt.ts";
import { readStatus, type Status, writeStatus } from "./status.ts";

/**
 * What a device sends: journal records as they are, so that whoever has them has the evidence, and its state. The centre knows
 * a record again by device and number.
 */
export type Uplink =
  /** Alerts that the centre lacks, oldest first. */
  | { kind: "alerts"; records: JournalRecord[] }
  /** A sign of life; `newest`: number of the journal's last record. */
  | { kind: "report"; newest: number; status: Status; receipts: Receipt[]; records: JournalRecord[] }
  /** What else the journal holds, oldest first. */
  | { kind: "history"; records: JournalRecord[] };

export const UPLINK_ALERTS = 1;
export const UPLINK_REPORT = 2;
export const UPLINK_HISTORY = 3;
/** A kilobyte holds fewer: the shortest takes 16 bytes. */
export const UPLINK_RECORDS_MOST = 64;
export const UPLINK_RECEIPTS_MOST = 4;

export function encodeUplink(uplink: Uplink): Encoded {
  const writer = createWriter(1024);
  if (uplink.kind === "report") {
    beginReport(writer, uplink.newest, uplink.status, uplink.receipts);
  } else {
    writeArrayHead(writer, 2);
    writeInt(writer, uplink.kind === "alerts" ? UPLINK_ALERTS : UPLINK_HISTORY);
  }
  writeArrayCount(writer, uplink.records.length, 0, UPLINK_RECORDS_MOST);
  for (let i = 0; i < uplink.records.length; i++) writeRecord(writer, uplink.records[i]);
  return encoded(writer);
}

/** A report up to its records. */
export function beginReport(writer: Writer, newest: number, status: Status, receipts: Receipt[]): void {
  writeArrayHead(writer, 5);
  writeInt(writer, UPLINK_REPORT);
  writeIntBetween(writer, newest, 0, UINT32_MOST);
  writeStatus(writer, status);
  writeArrayCount(writer, receipts.length, 0, UPLINK_RECEIPTS_MOST);
  for (let i = 0; i < receipts.length; i++) writeReceipt(writer, receipts[i]);
}

export function writeRecord(writer: Writer, record: JournalRecord): void {
  writeArrayHead(writer, 5);
  writeIntBetween(writer, record.number, 1, UINT32_MOST);
  writeIntBetween(writer, record.epoch, 0, UINT32_MOST);
  writeIntBetween(writer, record.kind, 1, 15);
  if (record.body.length > BODY_MOST_BYTES || record.tag.length !== TAG_BYTES) refuse(writer, "message.out-of-bounds");
  writeBytes(writer, record.body);
  writeBytes(writer, record.tag);
}

export function decodeUplink(bytes: Uint8Array): Decoded<Uplink> {
  const reader = createReader(bytes, 0, true);
  return decoded(reader, readUplink(reader));
}

function readUplink(reader: Reader): Uplink {
  const count = readArrayCount(reader, 2, 5);
  const type = readIntBetween(reader, UPLINK_ALERTS, UPLINK_HISTORY);
  if (count !== (type === UPLINK_REPORT ? 5 : 2)) fail(reader, "message.out-of-bounds", 0);
  if (type !== UPLINK_REPORT)
    return { kind: type === UPLINK_ALERTS ? "alerts" : "history", records: readRecordList(reader) };
  return {
    kind: "report",
    newest: readIntBetween(reader, 0, UINT32_MOST),
    status: readStatus(reader),
    receipts: readReceipts(reader),
    records: readRecordList(reader),
  };
}

function readReceipts(reader: Reader): Receipt[] {
  const receipts: Receipt[] = [];
  const count = readArrayCount(reader, 0, UPLINK_RECEIPTS_MOST);
  for (let i = 0; i < count && reader.error === ""; i++) receipts.push(readReceipt(reader));
  return receipts;
}

function readRecordList(reader: Reader): JournalRecord[] {
  const records: JournalRecord[] = [];
  const count = readArrayCount(reader, 0, UPLINK_RECORDS_MOST);
  for (let i = 0; i < count && reader.error === ""; i++) records.push(readRecord(reader));
  return records;
}

function readRecord(reader: Reader): JournalRecord {
  readArrayCount(reader, 5, 5);
  return {
    number: readIntBetween(reader, 1, UINT32_MOST),
    epoch: readIntBetween(reader, 0, UINT32_MOST),
    kind: readIntBetween(reader, 1, 15),
    body: readBytesBetween(reader, 0, BODY_MOST_BYTES),
    tag: readBytesBetween(reader, TAG_BYTES, TAG_BYTES),
  };
}

export type OpenedUplink =
  | { ok: true; uplink: Uplink; salt: Uint8Array; counter: number }
  | { ok: false; reason: string };

/**
 * For the centre and whoever plays it; `key`: the device's uplink key. `salt` and `counter` name the message: of two that share
 * both the second is a repetition. Refused: `seal.…`, and what the decoder says.
 */
export function openUplink(crypto: Crypto, key: Uint8Array, bytes: Uint8Array): OpenedUplink {
  const opened = openMessage(crypto, key, bytes, UPLINK_CONTEXT);
  if (!opened.ok) return opened;
  const read = decodeUplink(opened.plaintext);
  if (!read.ok) return { ok: false, reason: read.reason };
  return { ok: true, uplink: read.value, salt: opened.salt, counter: opened.counter };
}

/** Body of an ACKED record: the centre has every record up to `historyTo`, and every alert up to `alertsTo`. */
export interface Acked {
  historyTo: number;
  alertsTo: number;
}

export function encodeAcked(acked: Acked): Encoded {
  const writer = createWriter(16);
  writeArrayHead(writer, 2);
  writeIntBetween(writer, acked.historyTo, 0, UINT32_MOST);
  writeIntBetween(writer, acked.alertsTo, 0, UINT32_MOST);
  return encoded(writer);
}

export function decodeAcked(bytes: Uint8Array): Decoded<Acked> {
  const reader = createReader(bytes, 0, true);
  readArrayCount(reader, 2, 2);
  return decoded(reader, {
    historyTo: readIntBetween(reader, 0, UINT32_MOST),
    alertsTo: readIntBetween(reader, 0, UINT32_MOST),
  });
}
