import { readArrayCount, readIntBetween } from "../../protocol/cbor/items.ts";
import { createReader } from "../../protocol/cbor/reader.ts";
import { createWriter, finish, type Writer, writeArrayHead, writeInt, writeText } from "../../protocol/cbor/writer.ts";
import { type Alert, readAlertSeq, writeAlert } from "../../protocol/messages/alert.ts";
import { type Fix, writeFix } from "../../protocol/messages/fix.ts";
import type { Effect } from "../bracelet/effects.ts";
import { type Journal, lastBlock, readBlock } from "./append.ts";

/** Journal records are `[kind, message]`; of a refused one `[3, [kind, reason, offset]]`. */
export const FIX_RECORD = 1;
export const ALERT_RECORD = 2;
/** A message that the schema forbids: a fault of the device's own, which must not pass in silence. */
export const REFUSED_RECORD = 3;

const USUAL_BYTES = 128;

export function recordFix(fix: Fix, effects: Effect[]): void {
  const writer = beginRecord(FIX_RECORD);
  writeFix(writer, fix);
  record(writer, FIX_RECORD, effects);
}

export function recordAlert(alert: Alert, effects: Effect[]): void {
  const writer = beginRecord(ALERT_RECORD);
  writeAlert(writer, alert);
  record(writer, ALERT_RECORD, effects);
}

/** The sequence number of the last alert in the journal, 0 where there is none: after a reboot the next one follows it. */
export function lastAlertSeq(journal: Journal): number {
  let seq = 0;
  // The newest block with an alert in it holds the last one: no need to read the days before.
  for (let block = lastBlock(journal); block >= journal.baseAddress && seq === 0; block -= journal.flash.eraseBytes) {
    readBlock(journal, block, (bytes, length) => {
      const found = alertSeqOf(bytes, length);
      if (found > seq) seq = found;
    });
  }
  return seq;
}

/** 0 for a record of another kind. */
function alertSeqOf(bytes: Uint8Array, length: number): number {
  const reader = createReader(bytes, 0, true);
  reader.end = length;
  readArrayCount(reader, 2, 2);
  return readIntBetween(reader, FIX_RECORD, REFUSED_RECORD) === ALERT_RECORD ? readAlertSeq(reader) : 0;
}

function beginRecord(kind: number): Writer {
  const writer = createWriter(USUAL_BYTES);
  writeArrayHead(writer, 2);
  writeInt(writer, kind);
  return writer;
}

function record(writer: Writer, kind: number, effects: Effect[]): void {
  const kept = writer.error === "" ? writer : refusal(writer, kind);
  effects.push({ kind: "journal.append", record: finish(kept) });
}

function refusal(refused: Writer, kind: number): Writer {
  const writer = beginRecord(REFUSED_RECORD);
  writeArrayHead(writer, 3);
  writeInt(writer, kind);
  writeText(writer, refused.error);
  writeInt(writer, refused.offset);
  return writer;
}
