import { copyOf } from "../bytes.ts";
import type { Fix } from "../messages/fix.ts";
import { type BitWriter, createBitWriter, type Model, putBits, putSigned } from "./bits.ts";

/**
 * What a device's machine was told, as the journal keeps it: every event that may decide anything, with its instant, exactly.
 * Times in UTC ms or in ms of the device's clock, as the machine takes them.
 */
export type Input =
  | { kind: "boot" }
  | { kind: "fix"; fix: Fix }
  | { kind: "motion"; motion: "still" | "walking" | "moving" }
  /** The instant that the machine asked for has come. */
  | { kind: "wake" }
  | { kind: "strap"; closed: boolean }
  | { kind: "enclosure"; closed: boolean }
  | { kind: "usb"; attached: boolean }
  | { kind: "radio"; radio: RadioReading }
  | { kind: "coverage"; attached: boolean }
  | { kind: "served" }
  | { kind: "battery"; percent: number; charging: boolean }
  | { kind: "time"; utcMs: number; errorMs: number; source: "sealed" | "network" | "kept" | "field" }
  /** Counter of the order in force and 16 bytes of its hash; 0 and no bytes: none is. */
  | { kind: "order"; counter: number; hash: Uint8Array }
  | { kind: "fit" }
  | { kind: "removal"; untilMs: number; emergency: boolean; spentMin: number }
  | { kind: "locate" }
  | { kind: "pause"; untilMs: number }
  /** A code of ours, 1 to 64 characters of ASCII. */
  | { kind: "finding"; reason: string };

/** The receiver's word on its antenna and on jamming: `firmware/gnss/ubx.ts` says what the numbers mean. */
export interface RadioReading {
  jamming: number;
  antenna: number;
  level: number;
  agc: number;
  noise: number;
}

/** Kinds as they are numbered in the record; wake and fix have shorter codes of their own. */
export const KINDS: Input["kind"][] = [
  "boot",
  "motion",
  "strap",
  "enclosure",
  "usb",
  "radio",
  "coverage",
  "served",
  "battery",
  "time",
  "order",
  "fit",
  "removal",
  "locate",
  "pause",
  "finding",
];
export const KIND_BITS = 4;
export const MOTIONS: ("still" | "walking" | "moving")[] = ["still", "walking", "moving"];
export const SOURCES: ("sealed" | "network" | "kept" | "field")[] = ["network", "sealed", "kept", "field"];
export const SOURCE_BITS = 2;
/** Minutes of a removal: more than a day of them. */
export const SPENT_BITS = 11;
/** Bits of an instant: UTC ms to the year 2199. */
export const TIME_BITS = 43;

/** Of the length of a reason. */
export const REASON_BITS = 7;

/**
 * What both sides remember within one record. Nothing is carried from one record to the next: a record begins with the last
 * fix that was taken before it, whole and at its front, so that damage costs only its own record and a full ring can be thinned
 * by whoever cannot read the rest.
 */
export interface Track {
  /** Of the last input whose instant is written. */
  nowMs: number;
  timeMs: number;
  /** Between the last two fixes. */
  spacingMs: number;
  /** Arrival less the receiver's time. */
  lagMs: number;
  latE7: number;
  lonE7: number;
  hAccMm: number;
  speedMmps: number;
  courseCdeg: number;
  satellites: number;
  /** Which of time, accuracy, speed, course and satellites the last fix had; the highest bit: three dimensions. */
  shape: number;
  time: Model;
  spacing: Model;
  lag: Model;
  place: Model;
  hAcc: Model;
  speed: Model;
  course: Model;
  count: Model;
}

export function createTrack(): Track {
  return {
    nowMs: 0,
    timeMs: 0,
    spacingMs: 60000,
    lagMs: 0,
    latE7: 0,
    lonE7: 0,
    hAccMm: 8192,
    speedMmps: 0,
    courseCdeg: 0,
    satellites: 10,
    shape: ALL,
    // Where such numbers begin, measured on recorded days; they adapt from there.
    time: { mean: 8192 },
    spacing: { mean: 4 },
    lag: { mean: 16 },
    place: { mean: 2048 },
    hAcc: { mean: 4096 },
    speed: { mean: 128 },
    course: { mean: 4096 },
    count: { mean: 1 },
  };
}

/** A record in the making. */
export interface Packing {
  writer: BitWriter;
  track: Track;
  inputs: number;
  fixes: number;
}

export function beginInputs(): Packing {
  return { writer: createBitWriter(64), track: createTrack(), inputs: 0, fixes: 0 };
}

/** More do not go into one record. */
export const INPUTS_MOST = 255;

/** The body of an INPUTS record: the last byte is filled up with ones, which no input is that short. */
export function finishInputs(packing: Packing): Uint8Array {
  const writer = packing.writer;
  while ((writer.length & 7) > 0) putBits(writer, 1, 1);
  return copyOf(writer.bytes, 0, writer.length >> 3);
}

/**
 * `onTime`: a wake at the very instant that the machine asked for, which the replay knows by itself. `last`: the last fix that
 * was taken for the wearer's place, if there is one; looked at for the first input of a record.
 */
export function packInput(packing: Packing, input: Input, nowMs: number, onTime: boolean, last?: Fix): void {
  const writer = packing.writer;
  const track = packing.track;
  if (packing.inputs === 0) putFront(writer, track, nowMs, last);
  packing.inputs += 1;
  if (input.kind === "wake") {
    putBits(writer, onTime ? 0 : 7, onTime ? 1 : 3);
    // The instant is the machine's own, and whoever reads this without the machine does not know it.
    if (onTime) return;
    putElapsed(writer, track, nowMs);
  } else if (input.kind === "fix") {
    packing.fixes += 1;
    putBits(writer, 2, 2);
    putFix(writer, track, input.fix, nowMs);
  } else {
    putBits(writer, 6, 3);
    putBits(writer, KINDS.indexOf(input.kind), KIND_BITS);
    putElapsed(writer, track, nowMs);
    putFields(writer, input);
  }
}

/** `1`, and time, latitude and longitude of the last fix, to the second and to 0.7 m: a place to go on from. Or `0` and the instant. */
function putFront(writer: BitWriter, track: Track, nowMs: number, last: Fix | undefined): void {
  const timeMs = last === undefined ? undefined : last.timeMs;
  putBool(writer, timeMs !== undefined);
  if (last === undefined || timeMs === undefined) {
    putBits(writer, nowMs, TIME_BITS);
    beginAt(track, nowMs, 0, 0);
    return;
  }
  const seconds = Math.floor(timeMs / 1000);
  const lat = Math.floor((last.latE7 + LAT_BASE) / FRONT_STEP_E7);
  const lon = Math.floor((last.lonE7 + LON_BASE) / FRONT_STEP_E7);
  putBits(writer, seconds, SECONDS_BITS);
  putBits(writer, lat, LAT_BITS);
  putBits(writer, lon, LON_BITS);
  beginAt(track, 1000 * seconds, lat * FRONT_STEP_E7 - LAT_BASE, lon * FRONT_STEP_E7 - LON_BASE);
}

/** Where both sides go on from. */
export function beginAt(track: Track, timeMs: number, latE7: number, lonE7: number): void {
  track.nowMs = timeMs;
  track.timeMs = timeMs;
  track.latE7 = latE7;
  track.lonE7 = lonE7;
}

function putElapsed(writer: BitWriter, track: Track, nowMs: number): void {
  putSigned(writer, track.time, nowMs - track.nowMs);
  track.nowMs = nowMs;
}

function putFields(writer: BitWriter, input: Input): void {
  switch (input.kind) {
    case "motion":
      putBits(writer, MOTIONS.indexOf(input.motion), 2);
      break;
    case "strap":
    case "enclosure":
      putBool(writer, input.closed);
      break;
    case "usb":
    case "coverage":
      putBool(writer, input.attached);
      break;
    case "radio":
      putBits(writer, input.radio.jamming, 8);
      putBits(writer, input.radio.antenna, 8);
      putBits(writer, input.radio.level, 8);
      putBits(writer, input.radio.agc, 16);
      putBits(writer, input.radio.noise, 16);
      break;
    case "battery":
      putBits(writer, input.percent, 7);
      putBool(writer, input.charging);
      break;
    case "time":
      putBits(writer, input.utcMs, TIME_BITS);
      putBits(writer, input.errorMs, 32);
      putBits(writer, SOURCES.indexOf(input.source), SOURCE_BITS);
      break;
    case "order":
      putBits(writer, input.counter, 32);
      for (let i = 0; i < input.hash.length; i++) putBits(writer, input.hash[i], 8);
      break;
    case "removal":
      putBits(writer, input.untilMs, TIME_BITS);
      putBool(writer, input.emergency);
      putBits(writer, input.spentMin, SPENT_BITS);
      break;
    case "pause":
      putBits(writer, input.untilMs, TIME_BITS);
      break;
    case "finding":
      putBits(writer, input.reason.length, REASON_BITS);
      for (let i = 0; i < input.reason.length; i++) putBits(writer, input.reason.charCodeAt(i), 7);
      break;
  }
}

/** Bits of `Track.shape`. */
export const HAS_TIME = 1;
export const HAS_ACCURACY = 2;
export const HAS_SPEED = 4;
export const HAS_COURSE = 8;
export const HAS_SATELLITES = 16;
export const IS_3D = 32;
export const SHAPE_BITS = 6;
/** What a receiver with all its senses says. */
const ALL = 63;

function putFix(writer: BitWriter, track: Track, fix: Fix, nowMs: number): void {
  const shape = shapeOf(fix);
  const spacingMs = fix.timeMs === undefined ? 0 : fix.timeMs - track.timeMs;
  const isWhole = (spacingMs - track.spacingMs) % 1000 === 0;
  const isUsual = shape === track.shape && isWhole;
  putBool(writer, isUsual);
  if (!isUsual) {
    putBits(writer, shape, SHAPE_BITS);
    putBool(writer, isWhole);
  }
  track.shape = shape;
  if (fix.timeMs === undefined) putElapsed(writer, track, nowMs);
  else putTime(writer, track, spacingMs, isWhole, nowMs);
  putSigned(writer, track.place, fix.latE7 - track.latE7);
  putSigned(writer, track.place, fix.lonE7 - track.lonE7);
  track.latE7 = fix.latE7;
  track.lonE7 = fix.lonE7;
  if (fix.hAccMm !== undefined) {
    putSigned(writer, track.hAcc, fix.hAccMm - track.hAccMm);
    track.hAccMm = fix.hAccMm;
  }
  if (fix.speedMmps !== undefined) {
    putSigned(writer, track.speed, fix.speedMmps - track.speedMmps);
    track.speedMmps = fix.speedMmps;
  }
  if (fix.courseCdeg !== undefined) {
    // A receiver at rest holds its course.
    putBool(writer, fix.courseCdeg !== track.courseCdeg);
    if (fix.courseCdeg !== track.courseCdeg) putSigned(writer, track.course, fix.courseCdeg - track.courseCdeg);
    track.courseCdeg = fix.courseCdeg;
  }
  if (fix.satellites !== undefined) {
    putSigned(writer, track.count, fix.satellites - track.satellites);
    track.satellites = fix.satellites;
  }
}

/** Latitude and longitude of the front: unsigned, in steps of 64 × 10⁻⁷ degrees; their bits, and those of UTC seconds to 2242. */
export const LAT_BASE = 900000000;
export const LON_BASE = 1800000000;
export const FRONT_STEP_E7 = 64;
export const SECONDS_BITS = 33;
export const LAT_BITS = 25;
export const LON_BITS = 26;
/** What holds the last fix at the front of a body; its first bit says whether it does. */
export const FRONT_BYTES = 11;

/** Fixes come evenly, at whole seconds, and take as long as the last one to arrive. */
function putTime(writer: BitWriter, track: Track, spacingMs: number, isWhole: boolean, nowMs: number): void {
  const change = spacingMs - track.spacingMs;
  putSigned(writer, isWhole ? track.spacing : track.time, isWhole ? change / 1000 : change);
  track.timeMs += spacingMs;
  track.spacingMs = spacingMs;
  putSigned(writer, track.lag, nowMs - track.timeMs - track.lagMs);
  track.nowMs = nowMs;
  track.lagMs = nowMs - track.timeMs;
}

function shapeOf(fix: Fix): number {
  return (
    (fix.timeMs === undefined ? 0 : HAS_TIME) |
    (fix.hAccMm === undefined ? 0 : HAS_ACCURACY) |
    (fix.speedMmps === undefined ? 0 : HAS_SPEED) |
    (fix.courseCdeg === undefined ? 0 : HAS_COURSE) |
    (fix.satellites === undefined ? 0 : HAS_SATELLITES) |
    (fix.dimensions === 3 ? IS_3D : 0)
  );
}

function putBool(writer: BitWriter, value: boolean): void {
  putBits(writer, value ? 1 : 0, 1);
}
