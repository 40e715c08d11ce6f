import type { Fix } from "../../protocol/messages/fix.ts";
import { utcMs } from "../lib/calendar.ts";
import { isOnEarth, speedOrNone, timeOrNone } from "./bounds.ts";

/**
 * UBX messages of u-blox receivers. Sources: u-blox M10 SPG 5.10 interface description (UBX-21035062) and M8 receiver
 * description (UBX-13003221); older messages and MON-HW of 68 bytes from the u-blox 6 and 7 protocol specifications.
 */

export const SYNC_1 = 0xb5;
export const SYNC_2 = 0x62;
/** Sync, class, id, length; and the checksum after the payload. */
export const HEADER_BYTES = 6;
export const CHECK_BYTES = 2;
/** MON-VER with ten extensions of 30 bytes; real ones have six. */
export const PAYLOAD_LIMIT_BYTES = 340;
/**
 * Messages that are not read are waited for only up to here, so that a false header costs no more than one NAV-PVT; longer
 * ones (satellites, raw measurements) are passed over byte by byte.
 */
const UNREAD_LIMIT_BYTES = 100;

export const NAV = 0x01;
export const ACK = 0x05;
export const MON = 0x0a;
const NAV_POSLLH = 0x02;
const NAV_SOL = 0x06;
const NAV_PVT = 0x07;
const NAV_VELNED = 0x12;
const NAV_TIMEUTC = 0x21;
const ACK_NAK = 0x00;
const ACK_ACK = 0x01;
const MON_VER = 0x04;
const MON_HW = 0x09;
const MON_RF = 0x38;

export type UbxReport =
  | { kind: "fix"; fix: Fix }
  | { kind: "no-fix" }
  | { kind: "ack" | "nak"; cls: number; id: number }
  | { kind: "radio"; radio: Radio }
  | { kind: "version"; text: string };

/** What the receiver says of its antenna and of the noise there (MON-RF, MON-HW): the worst of its front ends. */
export interface Radio {
  /** 0 unknown or off, 1 none, 2 warning: visible, but a fix, 3 critical: visible and no fix. */
  jamming: number;
  /** 0 starting, 1 unknown, 2 ok, 3 short, 4 open. */
  antenna: number;
  /** Of the front end with the strongest continuous wave. Its indicator: 0 none, 255 strong. */
  level: number;
  /** Gain control, 0–8191: falls under jamming, rises under shielding. */
  agc: number;
  /** Noise as the core measures it. */
  noise: number;
}

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

/**
 * Whether a message of this class and id can be as long. A false header that says otherwise is passed over at once; one
 * that says a length that is real holds the stream for that many bytes.
 */
export function fitsLength(cls: number, id: number, length: number): boolean {
  if (cls === NAV) return fitsNavLength(id, length);
  if (cls === ACK) return length === 2;
  if (cls === MON && id === MON_VER) return length >= 40 && length <= PAYLOAD_LIMIT_BYTES && (length - 40) % 30 === 0;
  if (cls === MON && id === MON_HW) return length === MON_HW_M8_BYTES || length === MON_HW_M6_BYTES;
  if (cls === MON && id === MON_RF) return length >= 28 && length <= UNREAD_LIMIT_BYTES && (length - 4) % 24 === 0;
  return length <= UNREAD_LIMIT_BYTES;
}

function fitsNavLength(id: number, length: number): boolean {
  // 84 up to u-blox 7, 92 since.
  if (id === NAV_PVT) return length === 84 || length === 92;
  if (id === NAV_POSLLH) return length === 28;
  if (id === NAV_SOL) return length === 52;
  if (id === NAV_VELNED) return length === 36;
  if (id === NAV_TIMEUTC) return length === 20;
  return length <= UNREAD_LIMIT_BYTES;
}

/** 17 pins, and 25 of u-blox 6 and 7. */
const MON_HW_M8_BYTES = 60;
const MON_HW_M6_BYTES = 68;

/**
 * Whether this byte can stand in the payload. MON-VER is the one message longer than an epoch, and all text: a frame that
 * begins inside tells that its header was false.
 */
export function fitsPayload(cls: number, id: number, byte: number): boolean {
  return cls !== MON || id !== MON_VER || byte < 128;
}

/** Reads one checked frame of a length that fits, whose payload begins at `at`. `undefined`: nothing that concerns us, or an epoch not complete. */
export function readUbx(
  bytes: Uint8Array,
  cls: number,
  id: number,
  at: number,
  length: number,
  epoch: UbxEpoch,
): UbxReport | undefined {
  if (cls === NAV) return readNav(bytes, id, at, length, epoch);
  if (cls === ACK && id === ACK_ACK) return { kind: "ack", cls: bytes[at], id: bytes[at + 1] };
  if (cls === ACK && id === ACK_NAK) return { kind: "nak", cls: bytes[at], id: bytes[at + 1] };
  if (cls === MON) return readMon(bytes, id, at, length);
  return undefined;
}

function readNav(bytes: Uint8Array, id: number, at: number, length: number, epoch: UbxEpoch): UbxReport | undefined {
  if (id === NAV_PVT) return readPvt(bytes, at, length);
  if (id === NAV_POSLLH) {
    beginEpoch(epoch, u32(bytes, at));
    epoch.hasPosition = true;
    epoch.lonE7 = i32(bytes, at + 4);
    epoch.latE7 = i32(bytes, at + 8);
    epoch.hAccMm = u32(bytes, at + 20);
  } else if (id === NAV_SOL) {
    beginEpoch(epoch, u32(bytes, at));
    epoch.fixType = (bytes[at + 11] & 1) !== 0 ? bytes[at + 10] : 0;
    epoch.satellites = bytes[at + 47];
    if (epoch.fixType === 0) return { kind: "no-fix" };
  } else if (id === NAV_VELNED) {
    beginEpoch(epoch, u32(bytes, at));
    epoch.speedMmps = speedOrNone(u32(bytes, at + 20) * 10);
    epoch.courseCdeg = courseOf(i32(bytes, at + 24));
  } else if (id === NAV_TIMEUTC) return readTimeUtc(bytes, at, epoch);
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
  if (!isOnEarth(epoch.latE7, epoch.lonE7)) return { kind: "no-fix" };
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
  return ms === undefined ? undefined : timeOrNone(ms + Math.floor((nanos + 500_000) / 1_000_000));
}

/** validDate, validTime and fullyResolved: without the last the second is a guess. */
const TIME_VALID = 7;
const FLAGS3_OFFSET = 78;

function readPvt(bytes: Uint8Array, at: number, length: number): UbxReport {
  const fixType = bytes[at + 20];
  const ok = (bytes[at + 21] & 1) !== 0;
  const invalidLlh = length === 92 && (bytes[at + FLAGS3_OFFSET] & 1) !== 0;
  // 2 and 3 are two- and three-dimensional, 4 is GNSS with dead reckoning; 1 and 5 have no position of their own.
  if (!ok || invalidLlh || fixType < 2 || fixType > 4) return { kind: "no-fix" };
  if (!isOnEarth(i32(bytes, at + 28), i32(bytes, at + 24))) return { kind: "no-fix" };
  const timed = (bytes[at + 11] & TIME_VALID) === TIME_VALID;
  return {
    kind: "fix",
    fix: {
      timeMs: timed ? timeOf(bytes, at + 4, i32(bytes, at + 16)) : undefined,
      latE7: i32(bytes, at + 28),
      lonE7: i32(bytes, at + 24),
      dimensions: fixType === 2 ? 2 : 3,
      hAccMm: u32(bytes, at + 40),
      speedMmps: speedOrNone(i32(bytes, at + 60)),
      courseCdeg: courseOf(i32(bytes, at + 64)),
      satellites: bytes[at + 23],
    },
  };
}

/** From degrees × 10⁵; anything but one turn is none. */
function courseOf(value: number): number | undefined {
  return value < 0 || value > 36_000_000 ? undefined : Math.floor(value / 1000);
}

function readMon(bytes: Uint8Array, id: number, at: number, length: number): UbxReport | undefined {
  if (id === MON_VER) return { kind: "version", text: `${textOf(bytes, at, 30)} ${textOf(bytes, at + 30, 10)}` };
  if (id === MON_HW) return { kind: "radio", radio: readHardware(bytes, at, length) };
  return id === MON_RF ? { kind: "radio", radio: readFrontEnds(bytes, at, length) } : undefined;
}

function readHardware(bytes: Uint8Array, at: number, length: number): Radio {
  const pins = length === MON_HW_M8_BYTES ? 17 : 25;
  return {
    jamming: (bytes[at + 22] >> 2) & 3,
    antenna: bytes[at + 20],
    level: bytes[at + 28 + pins],
    agc: u16(bytes, at + 18),
    noise: u16(bytes, at + 16),
  };
}

/** A block for each front end. */
function readFrontEnds(bytes: Uint8Array, at: number, length: number): Radio {
  const radio: Radio = { jamming: 0, antenna: 0, level: -1, agc: 0, noise: 0 };
  for (let block = at + 4; block < at + length; block += 24) {
    radio.jamming = Math.max(radio.jamming, bytes[block + 1] & 3);
    radio.antenna = Math.max(radio.antenna, bytes[block + 2]);
    if (bytes[block + 16] <= radio.level) continue;
    radio.level = bytes[block + 16];
    radio.noise = u16(bytes, block + 12);
    radio.agc = u16(bytes, block + 14);
  }
  return radio;
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
