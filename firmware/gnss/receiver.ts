import {
  closeEpoch,
  createNmeaEpoch,
  isWholeSentence,
  type NmeaEpoch,
  readSentence,
  SENTENCE_LIMIT_BYTES,
} from "./nmea.ts";
import {
  CHECK_BYTES,
  createUbxEpoch,
  fitsLength,
  fitsPayload,
  HEADER_BYTES,
  PAYLOAD_LIMIT_BYTES,
  readUbx,
  SYNC_1,
  SYNC_2,
  type UbxEpoch,
  type UbxReport,
  ubxCheck,
} from "./ubx.ts";

/** What the receiver said, once bytes have become sense. */
export type Report = UbxReport;

/** Turns the receiver's bytes into reports, UBX and NMEA mixed, in whatever pieces they come. */
export interface Receiver {
  buffer: Uint8Array;
  length: number;
  ubx: UbxEpoch;
  nmea: NmeaEpoch;
  /** Frames and sentences whose check did not fit, since the stream began. */
  badChecks: number;
}

/** Room for the longest frame and as much again, so that feeding copies little. */
const BUFFER_BYTES = 2 * (HEADER_BYTES + PAYLOAD_LIMIT_BYTES + CHECK_BYTES);
const DOLLAR = 0x24;

export function createReceiver(): Receiver {
  return {
    buffer: new Uint8Array(BUFFER_BYTES),
    length: 0,
    ubx: createUbxEpoch(),
    nmea: createNmeaEpoch(),
    badChecks: 0,
  };
}

/** Takes bytes and calls back for every report they complete. How the bytes are cut into pieces makes no difference. */
export function feed(receiver: Receiver, bytes: Uint8Array, onReport: (report: Report) => void): void {
  let from = 0;
  while (from < bytes.length) {
    const room = BUFFER_BYTES - receiver.length;
    const take = Math.min(bytes.length - from, room);
    for (let i = 0; i < take; i++) receiver.buffer[receiver.length + i] = bytes[from + i];
    receiver.length += take;
    from += take;
    drain(receiver, onReport);
  }
}

/**
 * The stream has ended: what still waits for more is looked through once more, since a false frame header may stand before
 * something whole, and an NMEA epoch still being gathered is reported. Returns the bytes of a frame or sentence cut off.
 */
export function finish(receiver: Receiver, onReport: (report: Report) => void): number {
  const waiting = receiver.length;
  let whole = false;
  while (receiver.length > 0) {
    if (receiver.buffer[0] === DOLLAR && isWholeSentence(receiver.buffer, 0, receiver.length)) {
      const last = readSentence(receiver.buffer, 0, receiver.length, receiver.nmea);
      if (last !== undefined) onReport(last);
      receiver.length = 0;
      whole = true;
    } else {
      forget(receiver, 1);
      if (drain(receiver, onReport)) whole = true;
    }
  }
  const report = closeEpoch(receiver.nmea);
  if (report !== undefined) onReport(report);
  return whole ? 0 : waiting;
}

/** The receiver lost power: half a frame or half an epoch from before belongs to nothing that comes after. */
export function cutStream(receiver: Receiver): void {
  receiver.length = 0;
  receiver.ubx = createUbxEpoch();
  receiver.nmea = createNmeaEpoch();
}

/** Reads all that is whole, and moves the rest to the front. Whether anything was whole. */
function drain(receiver: Receiver, onReport: (report: Report) => void): boolean {
  let whole = false;
  let at = 0;
  while (at < receiver.length) {
    const used = readOne(receiver, at, onReport);
    if (used === 0) break;
    if (used > 1) whole = true;
    at += used;
  }
  forget(receiver, at);
  return whole;
}

function forget(receiver: Receiver, count: number): void {
  const bytes = receiver.buffer;
  for (let i = count; i < receiver.length; i++) bytes[i - count] = bytes[i];
  receiver.length -= count;
}

/** Bytes used at `at`: a frame, a sentence, or one byte of nothing. 0: more is needed to tell. */
function readOne(receiver: Receiver, at: number, onReport: (report: Report) => void): number {
  const first = receiver.buffer[at];
  if (first === SYNC_1) return readFrame(receiver, at, onReport);
  return first === DOLLAR ? readLine(receiver, at, onReport) : 1;
}

function readFrame(receiver: Receiver, at: number, onReport: (report: Report) => void): number {
  const bytes = receiver.buffer;
  const left = receiver.length - at;
  if (left >= 2 && bytes[at + 1] !== SYNC_2) return 1;
  if (left < HEADER_BYTES) return 0;
  const cls = bytes[at + 2];
  const id = bytes[at + 3];
  const payload = bytes[at + 4] | (bytes[at + 5] << 8);
  if (!fitsLength(cls, id, payload)) return 1;
  const total = HEADER_BYTES + payload + CHECK_BYTES;
  const end = at + Math.min(left, HEADER_BYTES + payload);
  for (let i = at + HEADER_BYTES; i < end; i++) if (!fitsPayload(cls, id, bytes[i])) return 1;
  if (left < total) return 0;
  const check = ubxCheck(bytes, at + 2, at + HEADER_BYTES + payload);
  if (check !== (bytes[at + total - 2] | (bytes[at + total - 1] << 8))) {
    // A false sync must not swallow the good frame that may begin inside it.
    receiver.badChecks += 1;
    return 1;
  }
  const report = readUbx(bytes, cls, id, at + HEADER_BYTES, payload, receiver.ubx);
  if (report !== undefined) onReport(report);
  return total;
}

function readLine(receiver: Receiver, at: number, onReport: (report: Report) => void): number {
  const bytes = receiver.buffer;
  const limit = Math.min(at + SENTENCE_LIMIT_BYTES, receiver.length);
  let end = at + 1;
  // Whatever is no printable ASCII ends a sentence: a line end, or a frame that cut in.
  while (end < limit && bytes[end] >= 32 && bytes[end] < 127 && bytes[end] !== DOLLAR) end += 1;
  if (end === receiver.length && end - at < SENTENCE_LIMIT_BYTES) return 0;
  if (!isWholeSentence(bytes, at, end)) {
    // A dollar sign among binary data is no sentence gone wrong.
    if (isNamed(bytes, at, end)) receiver.badChecks += 1;
    return 1;
  }
  const report = readSentence(bytes, at, end, receiver.nmea);
  if (report !== undefined) onReport(report);
  return end - at;
}

/** `$`, talker, three letters, comma. */
function isNamed(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 7 || bytes[from + 6] !== 0x2c) return false;
  for (let i = from + 1; i < from + 6; i++) if (bytes[i] < 65 || bytes[i] > 90) return false;
  return true;
}
