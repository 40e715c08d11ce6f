import { createReceiver, feed, finish, type Report } from "../../firmware/gnss/receiver.ts";
import { HEADER_BYTES, SYNC_1, SYNC_2 } from "../../firmware/gnss/ubx.ts";
import { ToolError } from "../../protocol/errors.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { holdsWholeFrame, holdsWholeSentence } from "./sniff.ts";
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
import { lineAt } from "./utf8.ts";

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
  let first: DatedFix[] | undefined = [];
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
    const dated = { fix, timeMs, from, to };
    if (first === undefined) return add(dated);
    first.push(dated);
    if (first.length === FIRST_FIXES) addFirst(first);
  };
  const addFirst = (all: DatedFix[]) => {
    first = undefined;
    const agreed = agreeing(all);
    for (let i = agreed.length; i < all.length; i++) builder.notice("strayDates");
    agreed.forEach(add);
  };
  const add = ({ fix, timeMs, from, to }: DatedFix) => {
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
  if (first !== undefined) addFirst(first);
  for (let i = 0; i < badChecks; i++) builder.notice("badChecksums");
  if (cutOffBytes > 0 && options.allowCutOff === true) builder.notice("cutOff");
  else if (cutOffBytes > 0) throw new ToolError("trace.cut-off", { file, offset: bytes.length - cutOffBytes });
  if (arriveMs.length === 0) refuseWithoutFix(bytes, file, format, undated);
  endOffset[endOffset.length - 1] = bytes.length;
  const raw: RawRecording = { bytes, endOffset: Float64Array.from(endOffset), arriveMs: Float64Array.from(arriveMs) };
  return { ...builder.finish(), raw };
}

interface DatedFix {
  fix: Fix;
  timeMs: number;
  /** Its bytes. */
  from: number;
  to: number;
}

/** As many as settle among themselves what the date is: fewer than half of them may be astray. */
const FIRST_FIXES = 21;
/** From the date that is the middle one; a recording may well pause for a night or a holiday. */
const ASTRAY_MS = 30 * 86_400_000;

/**
 * Until a satellite tells it otherwise a receiver may believe in a date that could be, of its last use or of 1,024 weeks ago.
 * Begun there, a trace would last for years. Where no date has a majority all are kept.
 */
function agreeing(first: DatedFix[]): DatedFix[] {
  const middleMs = first.map(({ timeMs }) => timeMs).sort((a, b) => a - b)[first.length >> 1];
  const near = first.filter(({ timeMs }) => Math.abs(timeMs - middleMs) <= ASTRAY_MS);
  return 2 * near.length > first.length ? near : first;
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
    const detail = timeMs === undefined ? dateInBytes(bytes, offset) : dateText(timeMs);
    if (detail === undefined) throw new ToolError("trace.no-times", at);
    throw new ToolError("trace.mis-dated", { ...at, detail });
  }
  if (format === "nmea" && !holdsWholeSentence(bytes)) throw new ToolError("trace.no-sentence", { file });
  if (format === "ubx" && !holdsWholeFrame(bytes)) throw new ToolError("trace.no-frame", { file });
  if (format === "ubx" && asBuffer(bytes).indexOf(PVT_HEAD) < 0) throw new ToolError("trace.no-nav-pvt", { file });
  throw new ToolError("trace.no-positions", { file });
}

const PVT_HEAD = Uint8Array.of(SYNC_1, SYNC_2, 0x01, 0x07);
/** An epoch, and what may stand before it. */
const LOOK_BYTES = 4_096;
const RMC_DATE = /\$[A-Z]{2}RMC,(?:[^,*$]*,){8}(\d{6}),/;

/** The date that is written, though the calendar has none such, of the first fix; in the receiver's own terms. */
function dateInBytes(bytes: Uint8Array, offset: number): string | undefined {
  const look = asBuffer(bytes).subarray(offset, offset + LOOK_BYTES);
  const pvt = look.indexOf(PVT_HEAD) + HEADER_BYTES;
  // Year, month, day, and 11 bytes into the message whether they are meant.
  if (pvt >= HEADER_BYTES && pvt + 12 <= look.length && (look[pvt + 11] & 1) === 1)
    return `${look.readUInt16LE(pvt + 4)}-${look[pvt + 6]}-${look[pvt + 7]}`;
  return RMC_DATE.exec(look.toString("latin1"))?.[1];
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
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
