import { createReceiver, feed, finish, type Report } from "../../firmware/gnss/receiver.ts";
import { SYNC_1, SYNC_2 } from "../../firmware/gnss/ubx.ts";
import { ToolError } from "../../protocol/errors.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { holdsWholeSentence } from "./sniff.ts";
import {
  createBuilder,
  dateText,
  HACC_MOST_M,
  isPossibleTime,
  LATEST_MS,
  type RawRecording,
  type RowPlace,
  SPEED_MOST_MPS,
  type Trace,
} from "./trace.ts";

/** What the recording is known to be, and what may be wrong with it. */
export interface RecordingOptions {
  format: "nmea" | "ubx";
  /** It may end in the middle of a frame, which is noticed and not refused. */
  allowCutOff?: boolean;
  /** No fix is from later; UTC ms. */
  latestMs?: number;
}

/** A receiver's own bytes, NMEA or UBX or both: read by the firmware's receiver, kept to be replayed as they are. */
export function readRecording(bytes: Uint8Array, file: string, options: RecordingOptions): Trace {
  const { format, latestMs = LATEST_MS } = options;
  const builder = createBuilder(file, format, latestMs);
  const endOffset: number[] = [];
  const arriveMs: number[] = [];
  let lastMs = Number.NaN;
  let epochStart = 0;
  let undated: Undated | undefined;
  const takeFix = (fix: Fix, from: number, to: number) => {
    const { timeMs } = fix;
    if (timeMs === undefined) {
      undated ??= { offset: from, timeMs };
      return builder.notice("fixesWithoutTime");
    }
    // Receivers start with a date of their own, such as 6 January 1980, until a satellite tells them.
    if (!isPossibleTime(timeMs, latestMs)) {
      if (undated?.timeMs === undefined) undated = { offset: from, timeMs };
      return builder.notice("misDated");
    }
    if (timeMs < lastMs) return builder.notice("timesBackwards");
    const hAccM = claimOf(fix.hAccMm, HACC_MOST_M);
    const speedMps = claimOf(fix.speedMmps, SPEED_MOST_MPS);
    builder.add(timeMs, fix.latE7 / 1e7, fix.lonE7 / 1e7, { file, offset: from }, hAccM, speedMps);
    if (timeMs === lastMs) return;
    lastMs = timeMs;
    endOffset.push(to);
    arriveMs.push(timeMs);
  };
  const { cutOffBytes, badChecks } = eachReport(bytes, (report, offset) => {
    if (report.kind === "fix") takeFix(report.fix, epochStart, offset);
    if (report.kind === "fix" || report.kind === "no-fix") epochStart = offset;
  });
  for (let i = 0; i < badChecks; i++) builder.notice("badChecksums");
  if (cutOffBytes > 0 && options.allowCutOff === true) builder.notice("cutOff");
  else if (cutOffBytes > 0) throw new ToolError("trace.cut-off", { file, offset: bytes.length - cutOffBytes });
  if (arriveMs.length === 0) refuseWithoutFix(bytes, file, format, undated);
  endOffset[endOffset.length - 1] = bytes.length;
  const raw: RawRecording = { bytes, endOffset: Float64Array.from(endOffset), arriveMs: Float64Array.from(arriveMs) };
  return { ...builder.finish(), raw };
}

/** The first fix with a date that cannot be, else the first without any. */
interface Undated {
  offset: number;
  timeMs: number | undefined;
}

function refuseWithoutFix(
  bytes: Uint8Array,
  file: string,
  format: RecordingOptions["format"],
  undated: Undated | undefined,
): never {
  if (undated !== undefined) {
    const { offset, timeMs } = undated;
    const at: RowPlace = format === "nmea" ? { file, line: lineAt(bytes, offset), offset } : { file, offset };
    if (timeMs === undefined) throw new ToolError("trace.no-times", at);
    throw new ToolError("trace.mis-dated", { ...at, detail: dateText(timeMs) });
  }
  if (format === "nmea" && !holdsWholeSentence(bytes)) throw new ToolError("trace.no-sentence", { file });
  const pvtHead = Uint8Array.of(SYNC_1, SYNC_2, 0x01, 0x07);
  if (format === "ubx" && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(pvtHead) < 0)
    throw new ToolError("trace.no-nav-pvt", { file });
  throw new ToolError("trace.no-positions", { file });
}

/** Counted from 1. */
export function lineAt(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i++) if (bytes[i] === LF) line += 1;
  return line;
}

const LF = 0x0a;
/** A report is known to lie no further back than this in the bytes that completed it. */
const PIECE_BYTES = 64;

/** What a recording held beside its reports. */
interface Leftovers {
  /** Bytes at the end that are a frame or sentence that was cut off. */
  cutOffBytes: number;
  /** Frames and sentences whose check sum did not fit. */
  badChecks: number;
}

/** Every report of a recording, with the offset of the byte after the one that completed it. */
function eachReport(bytes: Uint8Array, onReport: (report: Report, offset: number) => void): Leftovers {
  const receiver = createReceiver();
  for (let from = 0; from < bytes.length; ) {
    const to = pieceEnd(bytes, from);
    feed(receiver, bytes.subarray(from, to), (report) => onReport(report, to));
    from = to;
  }
  const cutOffBytes = finish(receiver, (report) => onReport(report, bytes.length));
  return { cutOffBytes, badChecks: receiver.badChecks };
}

/** Pieces end after a line and before a frame, so that what they complete ends with them. */
function pieceEnd(bytes: Uint8Array, from: number): number {
  const most = Math.min(from + PIECE_BYTES, bytes.length);
  for (let at = from; at < most; at++) {
    if (bytes[at] === LF) return at + 1;
    if (at > from && bytes[at] === SYNC_1) return at;
  }
  return most;
}

/** Every fix of a recording in order. */
export function eachFix(bytes: Uint8Array, onFix: (fix: Fix) => void): void {
  eachReport(bytes, (report) => {
    if (report.kind === "fix") onFix(report.fix);
  });
}

/** Metres; NaN where the receiver says nothing, or what cannot be. */
function claimOf(mm: number | undefined, most: number): number {
  return mm === undefined || mm / 1000 > most ? Number.NaN : mm / 1000;
}
