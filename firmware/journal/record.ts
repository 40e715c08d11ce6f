import { createWriter, finish, writeArrayHead, writeInt } from "../../protocol/cbor/writer.ts";
import { type Alert, writeAlert } from "../../protocol/messages/alert.ts";
import { type Fix, writeFix } from "../../protocol/messages/fix.ts";
import type { Effect } from "../bracelet/effects.ts";

/** Journal records are `[kind, message]`. */
export const FIX_RECORD = 1;
export const ALERT_RECORD = 2;

const USUAL_BYTES = 128;

export function recordFix(fix: Fix, effects: Effect[]): void {
  const writer = createWriter(USUAL_BYTES);
  writeArrayHead(writer, 2);
  writeInt(writer, FIX_RECORD);
  writeFix(writer, fix);
  effects.push({ kind: "journal.append", record: finish(writer) });
}

export function recordAlert(alert: Alert, effects: Effect[]): void {
  const writer = createWriter(USUAL_BYTES);
  writeArrayHead(writer, 2);
  writeInt(writer, ALERT_RECORD);
  writeAlert(writer, alert);
  effects.push({ kind: "journal.append", record: finish(writer) });
}
