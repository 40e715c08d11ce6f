import type { Fix } from "../../protocol/messages/fix.ts";
import { daysFromDate } from "../lib/calendar.ts";
import { isOnEarth, timeOrNone } from "./bounds.ts";

/**
 * NMEA 0183 sentences RMC, GGA, GSA, GST and ZDA of any talker, merged by their time of day into one fix an epoch.
 * GST gives the accuracy; HDOP never stands in for it. No parsing functions of the engine: digits are read by hand.
 *
 * What the sentences of an epoch say of its validity is collected, and judged when it closes, in whatever order they come:
 * it is a fix if one of RMC and GGA vouches for it and nothing speaks against it.
 */
export interface NmeaEpoch {
  /** Milliseconds after midnight UTC of the epoch being gathered; −1: none. */
  todMs: number;
  /** Days since 1970; −1 until a sentence told. */
  days: number;
  /** The time of day to which `days` belongs. */
  daysTodMs: number;
  /** An RMC or a GGA of this epoch came. */
  told: boolean;
  /** One of them said that the position is good. */
  vouched: boolean;
  /** Status V, dead reckoning, manual or simulated input: one word against it is enough. */
  refused: boolean;
  hasPosition: boolean;
  latE7: number;
  lonE7: number;
  hAccMm: number | undefined;
  speedMmps: number | undefined;
  courseCdeg: number | undefined;
  satellites: number | undefined;
  /** The most that a GSA of this epoch said: 1 none, 2 or 3; 0 without one. Each system has its own, some without satellites. */
  dimensions: number;
  /** Since the stream began nothing has told dimensions or counted satellites. */
  terse: boolean;
}

export type NmeaReport = { kind: "fix"; fix: Fix } | { kind: "no-fix" };

/** NMEA says 82; some receivers write more. */
export const SENTENCE_LIMIT_BYTES = 128;
const DAY_MS = 86_400_000;
/** A midnight lies between times nearly a day apart; what goes back by less is a clock not yet set. */
const MIDNIGHT_STEP_MS = 3_600_000;
/** The schema's bound. */
const SATELLITES_MOST = 255;
const COMMA = 0x2c;
const STAR = 0x2a;
const DOT = 0x2e;
const PROPRIETARY = 0x50;

export function createNmeaEpoch(): NmeaEpoch {
  return {
    todMs: -1,
    days: -1,
    daysTodMs: -1,
    told: false,
    vouched: false,
    refused: false,
    hasPosition: false,
    latE7: 0,
    lonE7: 0,
    hAccMm: undefined,
    speedMmps: undefined,
    courseCdeg: undefined,
    satellites: undefined,
    dimensions: 0,
    terse: true,
  };
}

/** Whether `bytes[from..to)`, from `$` to the checksum, is whole. A sentence without a checksum is not believed. */
export function isWholeSentence(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 9 || bytes[to - 3] !== STAR) return false;
  let sum = 0;
  for (let i = from + 1; i < to - 3; i++) sum ^= bytes[i];
  return hexDigit(bytes[to - 2]) * 16 + hexDigit(bytes[to - 1]) === sum;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 65 && code <= 70) return code - 55;
  return code >= 97 && code <= 102 ? code - 87 : -256;
}

/**
 * Reads one whole sentence. A sentence of another time closes the epoch before it, which is reported then; GST and GSA
 * come after position in an epoch, so an epoch is complete only when the next begins.
 */
export function readSentence(bytes: Uint8Array, from: number, to: number, epoch: NmeaEpoch): NmeaReport | undefined {
  // A maker's own sentence may end like a known one: $PGRMC is Garmin's configuration.
  if (bytes[from + 1] === PROPRIETARY || bytes[from + 6] !== COMMA) return undefined;
  const end = to - 3;
  const name = (bytes[from + 3] << 16) | (bytes[from + 4] << 8) | bytes[from + 5];
  const fields = from + 7;
  if (name === RMC) return readRmc(bytes, fields, end, epoch);
  if (name === GGA) return readGga(bytes, fields, end, epoch);
  if (name === GST) return readGst(bytes, fields, end, epoch);
  if (name === ZDA) readZda(bytes, fields, end, epoch);
  if (name === GSA) readGsa(bytes, fields, end, epoch);
  return undefined;
}

const RMC = 0x524d43;
const GGA = 0x474741;
const GST = 0x475354;
const GSA = 0x475341;
const ZDA = 0x5a4441;

/** Ends the epoch being gathered and reports it. */
export function closeEpoch(epoch: NmeaEpoch): NmeaReport | undefined {
  if (epoch.todMs < 0 || !epoch.told) return undefined;
  const report: NmeaReport =
    epoch.vouched && !epoch.refused && epoch.dimensions !== 1 && epoch.hasPosition
      ? { kind: "fix", fix: fixOf(epoch) }
      : { kind: "no-fix" };
  resetEpoch(epoch, -1);
  return report;
}

function fixOf(epoch: NmeaEpoch): Fix {
  return {
    timeMs: epoch.days < 0 ? undefined : timeOrNone(epoch.days * DAY_MS + epoch.todMs),
    latE7: epoch.latE7,
    lonE7: epoch.lonE7,
    dimensions: dimensionsOf(epoch),
    hAccMm: epoch.hAccMm,
    speedMmps: epoch.speedMmps,
    courseCdeg: epoch.courseCdeg,
    satellites: epoch.satellites,
  };
}

/**
 * GSA says how many. Without one, four satellites in GGA can solve for three and fewer cannot. A receiver that never tells
 * either is taken at its word that the fix is good; from one that does, silence is an epoch that was lost in part, and flat.
 */
function dimensionsOf(epoch: NmeaEpoch): number {
  if (epoch.dimensions > 0) return epoch.dimensions;
  if (epoch.satellites !== undefined) return epoch.satellites >= 4 ? 3 : 2;
  return epoch.terse ? 3 : 2;
}

function resetEpoch(epoch: NmeaEpoch, todMs: number): void {
  epoch.todMs = todMs;
  epoch.told = false;
  epoch.vouched = false;
  epoch.refused = false;
  epoch.hasPosition = false;
  epoch.hAccMm = undefined;
  epoch.speedMmps = undefined;
  epoch.courseCdeg = undefined;
  epoch.satellites = undefined;
  epoch.dimensions = 0;
}

function enterEpoch(epoch: NmeaEpoch, todMs: number): NmeaReport | undefined {
  if (todMs === epoch.todMs) return undefined;
  const report = closeEpoch(epoch);
  resetEpoch(epoch, todMs);
  // Past midnight before the next RMC tells the new date.
  if (epoch.days >= 0) epoch.days += midnightsBetween(epoch.daysTodMs, todMs);
  epoch.daysTodMs = todMs;
  return report;
}

/** From one time of day to another soon after or before it: 1 past a midnight, −1 back over it. */
function midnightsBetween(fromMs: number, toMs: number): number {
  if (fromMs - toMs > DAY_MS - MIDNIGHT_STEP_MS) return 1;
  return toMs - fromMs > DAY_MS - MIDNIGHT_STEP_MS ? -1 : 0;
}

/** hhmmss.sss, status, lat, N, lon, E, knots, course, ddmmyy, variation, E, mode */
function readRmc(bytes: Uint8Array, at: number, end: number, epoch: NmeaEpoch): NmeaReport | undefined {
  const todMs = timeOfDayMs(bytes, fieldAt(bytes, at, end, 0), end);
  if (todMs < 0) return undefined;
  const report = enterEpoch(epoch, todMs);
  epoch.told = true;
  const days = dateOf(bytes, fieldAt(bytes, at, end, 8), end);
  if (days >= 0) epoch.days = days;
  const mode = fieldAt(bytes, at, end, 11);
  if (bytes[fieldAt(bytes, at, end, 1)] !== ACTIVE || (mode < end && isNoSolution(bytes[mode]))) {
    epoch.refused = true;
    return report;
  }
  epoch.vouched = true;
  const place = fieldAt(bytes, at, end, 2);
  takePosition(bytes, place, end, epoch);
  // A knot is 1,852 m an hour.
  const motion = fieldAt(bytes, place, end, 4);
  const milliknots = scaled(bytes, motion, end, 3);
  if (milliknots >= 0) epoch.speedMmps = Math.floor((milliknots * 1852 + 1800) / 3600);
  const course = scaled(bytes, fieldAt(bytes, motion, end, 1), end, 2);
  if (course >= 0 && course <= 36000) epoch.courseCdeg = course;
  return report;
}

const ACTIVE = 0x41;

/** Modes E (dead reckoning), M (typed in), S (simulated) and N (none) of RMC; older receivers have no such field. */
function isNoSolution(mode: number): boolean {
  return mode === 0x45 || mode === 0x4d || mode === 0x53 || mode === 0x4e;
}

/** hhmmss.sss, lat, N, lon, E, quality, satellites, HDOP, … */
function readGga(bytes: Uint8Array, at: number, end: number, epoch: NmeaEpoch): NmeaReport | undefined {
  const todMs = timeOfDayMs(bytes, fieldAt(bytes, at, end, 0), end);
  if (todMs < 0) return undefined;
  const report = enterEpoch(epoch, todMs);
  epoch.told = true;
  const place = fieldAt(bytes, at, end, 1);
  const judged = fieldAt(bytes, place, end, 4);
  const quality = scaled(bytes, judged, end, 0);
  // Some leave it empty, which speaks neither for the fix nor against it.
  if (quality < 0) return report;
  // 6 is dead reckoning, 7 and 8 are typed in or simulated: no solution of satellites.
  if (quality === 0 || (quality >= 6 && quality <= 8)) {
    epoch.refused = true;
    return report;
  }
  epoch.vouched = true;
  takePosition(bytes, place, end, epoch);
  const satellites = scaled(bytes, fieldAt(bytes, judged, end, 1), end, 0);
  if (satellites < 0) return report;
  epoch.satellites = Math.min(satellites, SATELLITES_MOST);
  epoch.terse = false;
  return report;
}

/** hhmmss.sss, RMS, major, minor, angle, σ lat, σ lon, σ alt: all metres */
function readGst(bytes: Uint8Array, at: number, end: number, epoch: NmeaEpoch): NmeaReport | undefined {
  const todMs = timeOfDayMs(bytes, fieldAt(bytes, at, end, 0), end);
  if (todMs < 0) return undefined;
  const report = enterEpoch(epoch, todMs);
  const northMm = scaled(bytes, fieldAt(bytes, at, end, 5), end, 3);
  const eastMm = scaled(bytes, fieldAt(bytes, at, end, 6), end, 3);
  if (northMm >= 0 && eastMm >= 0) epoch.hAccMm = Math.floor(Math.sqrt(northMm * northMm + eastMm * eastMm) + 0.5);
  return report;
}

/**
 * hhmmss.sss, day, month, year in four digits: the date for receivers that send no RMC. It may tell the whole second of an
 * epoch at .20, so it belongs to the epoch it comes in and begins none; midnight may lie between the two.
 */
function readZda(bytes: Uint8Array, at: number, end: number, epoch: NmeaEpoch): void {
  const todMs = timeOfDayMs(bytes, fieldAt(bytes, at, end, 0), end);
  const year = scaled(bytes, fieldAt(bytes, at, end, 3), end, 0);
  if (todMs < 0 || year < 0) return;
  const days = daysFromDate(year, two(bytes, fieldAt(bytes, at, end, 2)), two(bytes, fieldAt(bytes, at, end, 1)));
  if (days < 0) return;
  epoch.days = days;
  if (epoch.todMs < 0) epoch.daysTodMs = todMs;
  else epoch.days += midnightsBetween(todMs, epoch.todMs);
}

/** M/A, dimensions, satellites … */
function readGsa(bytes: Uint8Array, at: number, end: number, epoch: NmeaEpoch): void {
  const dimensions = scaled(bytes, fieldAt(bytes, at, end, 1), end, 0);
  if (dimensions < 1 || dimensions > 3) return;
  epoch.dimensions = Math.max(epoch.dimensions, dimensions);
  epoch.terse = false;
}

/** Where field `index` begins; `end` where there are not that many. */
function fieldAt(bytes: Uint8Array, at: number, end: number, index: number): number {
  let left = index;
  while (left > 0 && at < end) {
    if (bytes[at] === COMMA) left -= 1;
    at += 1;
  }
  return at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** A decimal number times 10^places, rounded half up; −1 where there is none (an empty field, a sign, a letter). */
function scaled(bytes: Uint8Array, at: number, end: number, places: number): number {
  if (at >= end || !isDigit(bytes[at])) return -1;
  let value = 0;
  let digits = 0;
  while (at < end && isDigit(bytes[at])) {
    value = value * 10 + bytes[at] - 48;
    digits += 1;
    if (digits > DIGITS_LIMIT) return -1;
    at += 1;
  }
  let left = places;
  if (at < end && bytes[at] === DOT) {
    at += 1;
    while (at < end && isDigit(bytes[at])) {
      if (left > 0) value = value * 10 + bytes[at] - 48;
      else if (left === 0 && bytes[at] >= 53) value += 1;
      left -= 1;
      at += 1;
    }
  }
  if (at < end && bytes[at] !== COMMA) return -1;
  while (left > 0) {
    value *= 10;
    left -= 1;
  }
  return value;
}

/** With nine places more it is still exact in a double. */
const DIGITS_LIMIT = 6;

function two(bytes: Uint8Array, at: number): number {
  return isDigit(bytes[at]) && isDigit(bytes[at + 1]) ? (bytes[at] - 48) * 10 + bytes[at + 1] - 48 : -1;
}

function timeOfDayMs(bytes: Uint8Array, at: number, end: number): number {
  if (at + 6 > end) return -1;
  const hour = two(bytes, at);
  const minute = two(bytes, at + 2);
  const secondMs = scaled(bytes, at + 4, end, 3);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || secondMs < 0 || secondMs >= 61_000) return -1;
  return (hour * 60 + minute) * 60_000 + secondMs;
}

/** ddmmyy; years 80–99 are of the last century, as receivers with a rolled week say. */
function dateOf(bytes: Uint8Array, at: number, end: number): number {
  if (at + 6 > end) return -1;
  const year = two(bytes, at + 4);
  if (year < 0) return -1;
  return daysFromDate(year < 80 ? 2000 + year : 1900 + year, two(bytes, at + 2), two(bytes, at));
}

/** lat, N, lon, E from `at` on. */
function takePosition(bytes: Uint8Array, at: number, end: number, epoch: NmeaEpoch): void {
  const ns = fieldAt(bytes, at, end, 1);
  const lon = fieldAt(bytes, ns, end, 1);
  const ew = fieldAt(bytes, lon, end, 1);
  if ((bytes[ns] !== NORTH && bytes[ns] !== SOUTH) || (bytes[ew] !== EAST && bytes[ew] !== WEST)) return;
  const latE7 = angleE7(bytes, at, end, bytes[ns] === SOUTH);
  const lonE7 = angleE7(bytes, lon, end, bytes[ew] === WEST);
  if (!isOnEarth(latE7, lonE7)) return;
  epoch.latE7 = latE7;
  epoch.lonE7 = lonE7;
  epoch.hasPosition = true;
}

const NORTH = 0x4e;
const SOUTH = 0x53;
const EAST = 0x45;
const WEST = 0x57;
/** Not on Earth. */
const NO_ANGLE = 4_000_000_000;
/** Minutes are written with four to seven places. */
const MINUTE_PLACES = 7;

/** dddmm.mmmm, rounded half up in its magnitude. */
function angleE7(bytes: Uint8Array, at: number, end: number, negative: boolean): number {
  const value = scaled(bytes, at, end, MINUTE_PLACES);
  if (value < 0) return NO_ANGLE;
  const degrees = Math.floor(value / 1_000_000_000);
  const minutesE7 = value - degrees * 1_000_000_000;
  if (degrees > 180 || minutesE7 >= 600_000_000) return NO_ANGLE;
  const angle = degrees * 10_000_000 + Math.floor((minutesE7 + 30) / 60);
  return negative ? -angle : angle;
}
