import { createWriter, finish, writeArrayHead, writeInt, writeText } from "../../protocol/cbor/writer.ts";
import { ALERT, REFUSED } from "../../protocol/journal/record.ts";
import { type Alert, writeAlert } from "../../protocol/messages/alert.ts";
import type { Effect } from "../bracelet/effects.ts";

const USUAL_BYTES = 128;

/** A message that the schema forbids is a fault of the device's own, which must not pass in silence: `[kind, reason, offset]`. */
export function recordAlert(alert: Alert, effects: Effect[]): void {
  const writer = createWriter(USUAL_BYTES);
  writeAlert(writer, alert);
  if (writer.error === "") {
    effects.push({ kind: "journal.append", record: ALERT, body: finish(writer) });
    return;
  }
  const refusal = createWriter(USUAL_BYTES);
  writeArrayHead(refusal, 3);
  writeInt(refusal, ALERT);
  writeText(refusal, writer.error);
  writeInt(refusal, writer.offset);
  effects.push({ kind: "journal.append", record: REFUSED, body: finish(refusal) });
}
