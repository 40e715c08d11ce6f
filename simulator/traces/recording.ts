import { createReceiver, feed, finish, type Report } from "../../firmware/gnss/receiver.ts";
import { ToolError } from "../../protocol/errors.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { createBuilder, type RawRecording, type Trace } from "./trace.ts";

/** A receiver's own bytes, NMEA or UBX or both: read by the firmware's receiver, kept to be replayed as they are. */
export function readRecording(bytes: Uint8Array, file: string, format: "nmea" | "ubx", allowCutOff = false): Trace {
  const builder = createBuilder(file, format);
  const endOffset: number[] = [];
  const arriveMs: number[] = [];
  let lastMs = Number.NaN;
  const cutOffBytes = eachReport(bytes, (report, offset) => {
    if (report.kind !== "fix") return;
    const timeMs = report.fix.timeMs;
    if (timeMs === undefined) return builder.notice("fixesWithoutTime");
    if (timeMs < lastMs) return builder.notice("timesBackwards");
    const { fix } = report;
    builder.add(timeMs, fix.latE7 / 1e7, fix.lonE7 / 1e7, { file, offset }, metres(fix.hAccMm), metres(fix.speedMmps));
    if (timeMs === lastMs) return;
    lastMs = timeMs;
    endOffset.push(offset);
    arriveMs.push(timeMs);
  });
  if (cutOffBytes > 0 && allowCutOff) builder.notice("cutOff");
  else if (cutOffBytes > 0) throw new ToolError("trace.cut-off", { file, offset: bytes.length - cutOffBytes });
  if (arriveMs.length === 0) throw new ToolError("trace.no-positions", { file });
  endOffset[endOffset.length - 1] = bytes.length;
  const raw: RawRecording = { bytes, endOffset: Float64Array.from(endOffset), arriveMs: Float64Array.from(arriveMs) };
  return { ...builder.finish(), raw };
}

/**
 * Every report of a recording, with the offset of the byte after the one that completed it. Returns how many bytes at the
 * end are a frame or sentence that was cut off.
 */
export function eachReport(bytes: Uint8Array, onReport: (report: Report, offset: number) => void): number {
  const receiver = createReceiver();
  // In small pieces, so that a report is known to lie within the last of them.
  const piece = 64;
  for (let from = 0; from < bytes.length; from += piece) {
    const part = bytes.subarray(from, from + piece);
    feed(receiver, part, (report) => onReport(report, from + part.length));
  }
  return finish(receiver, (report) => onReport(report, bytes.length));
}

/** Every fix of a recording in order. */
export function eachFix(bytes: Uint8Array, onFix: (fix: Fix) => void): void {
  eachReport(bytes, (report) => {
    if (report.kind === "fix") onFix(report.fix);
  });
}

function metres(mm: number | undefined): number {
  return mm === undefined ? Number.NaN : mm / 1000;
}
