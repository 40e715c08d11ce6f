import { readJournalFile } from "../../protocol/evidence/journal-file.ts";
import { readInputs } from "../../protocol/journal/read-inputs.ts";
import { INPUTS } from "../../protocol/journal/record.ts";
import { createBuilder, LATEST_MS, type Trace } from "./trace.ts";

/**
 * A device's journal as a trace: every fix that its machine was given, where and when the receiver said, seals unchecked. What has
 * no time of its own, or one before the last, is passed over and counted.
 */
export function readJournalTrace(bytes: Uint8Array, file: string, latestMs = LATEST_MS): Trace {
  const builder = createBuilder(file, "journal", latestMs);
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { number, kind, body } of readJournalFile(bytes, file)) {
    if (kind !== INPUTS) continue;
    const read = readInputs(body);
    if (!read.ok) {
      builder.notice("unreadableRecords");
      continue;
    }
    for (const { input } of read.inputs) {
      if (input.kind !== "fix") continue;
      const { timeMs, latE7, lonE7, hAccMm, speedMmps } = input.fix;
      if (timeMs === undefined) builder.notice("fixesWithoutTime");
      else if (timeMs < lastMs) builder.notice("timesBackwards");
      else {
        lastMs = timeMs;
        builder.add(timeMs, latE7 / 1e7, lonE7 / 1e7, { file, line: number }, metresOf(hAccMm), metresOf(speedMmps));
      }
    }
  }
  return builder.finish();
}

function metresOf(mm: number | undefined): number {
  return mm === undefined ? Number.NaN : mm / 1000;
}
