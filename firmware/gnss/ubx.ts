import type { Fix } from "../../protocol/messages/fix.ts";
import { utcMs } from "../lib/calendar.ts";

/** UBX messages of u-blox receivers. Source: u-blox M10 interface description; older messages from the protocol 6 and 7 ones. */

export const SYNC_1 = 0xb5;
export const SYNC_2 = 0x62;
/** Sync, class, id, length; and the checksum after the payload. */
export const HEADER_BYTES = 6;
export const CHECK_BYTES = 2;
/** RXM-RAWX with 60 signals is 1,936 bytes; nothing that concerns us is longer. */
export const PAYLOAD_LIMIT_BYTES = 2_048;

export const NAV = 0x01;
export const ACK = 0x05;
export const MON = 0x0a;
const NAV_POSLLH = 0x02;
const NAV_SOL = 0x06;
const NAV_PVT = 0x07;
const NAV_VELNED = 0x12;
const NAV_TIMEUTC = 0x21;
const ACK_ACK = 0x01;
const MON_VER = 0x04;
const MON_HW = 0x09;
const MON_RF = 0x38;

export type UbxReport =
  | { kind: "fix"; fix: Fix }
  | { kind: "no-fix" }
  | { kind: "ack" | "nak"; cls: number; id: number }
  /** `antenna`: 2 ok, 3 short, 4 open. `jamming`: 0 unknown, 1 none, 2 warning, 3 critical. `level`: CW indicator, 0–255. */
  | { kind: "jamming"; jamming: number; level: number; antenna: number }
  | { kind: "version"; text: string };

/** The parts of an epoch that old receivers spread over several messages with the same time of week. */
export interface UbxEpoch {
  towMs: number;
  hasPosition: boolean;
  latE7: number;
  lonE7: number;
  hAccMm: number;
  speedMmps: number | undefined;
  courseCdeg: number | undefined;
  fixType: number;
  satellites: number | undefined;
}

export function createUbxEpoch(): UbxEpoch {
  return {
    towMs: -1,
    hasPosition: false,
    latE7: 0,
    lonE7: 0,
    hAccMm: 0,
    speedMmps: undefined,
    courseCdeg: undefined,
    fixType: 0,
    satellites: undefined,
  };
}

/** A complete frame round a payload. */
export function ubxFrame(cls: number, id: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.length + CHECK_BYTES);
  frame[0] = SYNC_1;
  frame[1] = SYNC_2;
  frame[2] = cls;
  frame[3] = id;
  frame[4] = payload.length & 255;
  frame[5] = payload.length >> 8;
  frame.set(payload, HEADER_BYTES);
  const check = ubxCheck(frame, 2, HEADER_BYTES + payload.length);
  frame[HEADER_BYTES + payload.length] = check & 255;
  frame[HEADER_BYTES + payload.length + 1] = check >> 8;
  return frame;
}

/** Fletcher's sum over `bytes[from..to)`: first sum low, second high. */
export function ubxCheck(bytes: Uint8Array, from: number, to: number): number {
  let a = 0;
  let b = 0;
  for (let i = from; i < to; i++) {
    a = (a + bytes[i]) & 255;
    b = (b + a) & 255;
  }
  return a | (b << 8);
}

/** Reads one checked frame whose payload begins at `at`. `undefined`: nothing that concerns us, or an epoch not complete. */
export function readUbx(
  bytes: Uint8Array,
  cls: number,
  id: number,
  at: number,
  length: number,
  epoch: UbxEpoch,
): UbxReport | undefined {
  if (cls === NAV) return readNav(bytes, id, at, length, epoch);
  if (cls === ACK && length >= 2) return { kind: id === ACK_ACK ? "ack" : "nak", cls: bytes[at], id: bytes[at + 1] };
  if (cls === MON) return readMon(bytes, id, at, length);
  return undefined;
}

function readNav(bytes: Uint8Array, id: number, at: number, length: number, epoch: UbxEpoch): UbxReport | undefined {
  if (id === NAV_PVT && length >= 84) return readPvt(bytes, at);
  if (id === NAV_POSLLH && length >= 28) {
    beginEpoch(epoch, u32(bytes, at));
    epoch.hasPosition = true;
    epoch.lonE7 = i32(bytes, at + 4);
    epoch.latE7 = i32(bytes, at + 8);
    epoch.hAccMm = u32(bytes, at + 20);
  } else if (id === NAV_SOL && length >= 52) {
    beginEpoch(epoch, u32(bytes, at));
    epoch.fixType = (bytes[at + 11] & 1) !== 0 ? bytes[at + 10] : 0;
    epoch.satellites = bytes[at + 47];
    if (epoch.fixType === 0) return { kind: "no-fix" };
  } else if (id === NAV_VELNED && length >= 36) {
    beginEpoch(epoch, u32(bytes, at));
    epoch.speedMmps = u32(bytes, at + 20) * 10;
    epoch.courseCdeg = courseOf(i32(bytes, at + 24));
  } else if (id === NAV_TIMEUTC && length >= 20) return readTimeUtc(bytes, at, epoch);
  return undefined;
}

function beginEpoch(epoch: UbxEpoch, towMs: number): void {
  if (epoch.towMs === towMs) return;
  epoch.towMs = towMs;
  epoch.hasPosition = false;
  epoch.speedMmps = undefined;
  epoch.courseCdeg = undefined;
  epoch.fixType = 0;
  epoch.satellites = undefined;
}

/** NAV-TIMEUTC closes an epoch of the old messages: with it the position has a date. */
function readTimeUtc(bytes: Uint8Array, at: number, epoch: UbxEpoch): UbxReport | undefined {
  if (u32(bytes, at) !== epoch.towMs || !epoch.hasPosition || (epoch.fixType !== 2 && epoch.fixType !== 3))
    return undefined;
  const validUtc = (bytes[at + 19] & 4) !== 0;
  const timeMs = validUtc ? timeOf(bytes, at + 12, i32(bytes, at + 8)) : undefined;
  epoch.hasPosition = false;
  return {
    kind: "fix",
    fix: {
      timeMs: timeMs,
      latE7: epoch.latE7,
      lonE7: epoch.lonE7,
      dimensions: epoch.fixType,
      hAccMm: epoch.hAccMm,
      speedMmps: epoch.speedMmps,
      courseCdeg: epoch.courseCdeg,
      satellites: epoch.satellites,
    },
  };
}

/** year u16, month, day, hour, minute, second; and nanoseconds that may be negative. */
function timeOf(bytes: Uint8Array, at: number, nanos: number): number | undefined {
  const ms = utcMs(u16(bytes, at), bytes[at + 2], bytes[at + 3], bytes[at + 4], bytes[at + 5], bytes[at + 6], 0);
  return ms === undefined ? undefined : ms + Math.floor((nanos + 500_000) / 1_000_000);
}

/** validDate and validTime. */
const TIME_VALID = 3;

function readPvt(bytes: Uint8Array, at: number): UbxReport {
  const fixType = bytes[at + 20];
  const ok = (bytes[at + 21] & 1) !== 0;
  // 2 and 3 are two- and three-dimensional, 4 is GNSS with dead reckoning; 1 and 5 have no position of their own.
  if (!ok || fixType < 2 || fixType > 4) return { kind: "no-fix" };
  const timed = (bytes[at + 11] & TIME_VALID) === TIME_VALID;
  return {
    kind: "fix",
    fix: {
      timeMs: timed ? timeOf(bytes, at + 4, i32(bytes, at + 16)) : undefined,
      latE7: i32(bytes, at + 28),
      lonE7: i32(bytes, at + 24),
      dimensions: fixType === 2 ? 2 : 3,
      hAccMm: u32(bytes, at + 40),
      speedMmps: notNegative(i32(bytes, at + 60)),
      courseCdeg: courseOf(i32(bytes, at + 64)),
      satellites: bytes[at + 23],
    },
  };
}

function notNegative(value: number): number | undefined {
  return value < 0 ? undefined : value;
}

/** From degrees × 10⁵; anything but one turn is none. */
function courseOf(value: number): number | undefined {
  return value < 0 || value > 36_000_000 ? undefined : Math.floor(value / 1000);
}

function readMon(bytes: Uint8Array, id: number, at: number, length: number): UbxReport | undefined {
  if (id === MON_VER && length >= 40)
    return { kind: "version", text: `${textOf(bytes, at, 30)} ${textOf(bytes, at + 30, 10)}` };
  if (id === MON_HW && length >= 60) {
    return { kind: "jamming", jamming: (bytes[at + 22] >> 2) & 3, level: bytes[at + 45], antenna: bytes[at + 20] };
  }
  if (id === MON_RF && length >= 28) {
    return { kind: "jamming", jamming: bytes[at + 5] & 3, level: bytes[at + 20], antenna: bytes[at + 6] };
  }
  return undefined;
}

/** Printable ASCII up to the first zero. */
function textOf(bytes: Uint8Array, at: number, limit: number): string {
  let text = "";
  for (let i = 0; i < limit && bytes[at + i] !== 0; i++) {
    const code = bytes[at + i];
    if (code >= 32 && code < 127) text += String.fromCharCode(code);
  }
  return text;
}

function u16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

function i32(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}
