import { copyOf, joinBytes, uint32Bytes } from "../bytes.ts";
import type { Crypto } from "../cose/crypto.ts";
import { hkdf } from "../cose/keys.ts";
import { crc32 } from "../crc32.ts";

/**
 * One record of a device's journal, as flash, uplink and evidence hold it.
 *
 *   length u16 │ CRC-32 u32 │ number, low 16 bits │ kind and epoch, 4 bits each │ body │ tag, 8 bytes
 *
 * Numbers count every record of a device from 1, for ever; epochs count the ratchet's steps. The tag is over the whole number
 * and epoch, so that nothing can be moved, left out unseen or made up. Little end first.
 */
export interface JournalRecord {
  number: number;
  epoch: number;
  kind: number;
  body: Uint8Array;
  tag: Uint8Array;
}

/** Inputs of the machine, packed (`inputs.ts`). */
export const INPUTS = 1;
export const ALERT = 2;
/** A message of the device's own that the schema forbids: `[kind, reason, offset]`. */
export const REFUSED = 3;
export const CHECKPOINT = 4;
export const BOOT = 5;
/** An order put in force, ended, or refused: `[counter, what, reason, hash]`. */
export const ORDER = 6;
export const RECEIPT = 7;
/** Records that had to make way, with some of their positions. */
export const GAP = 8;
/** What the centre has. */
export const ACKED = 9;
/** Anything that was refused or found amiss, by its reason. */
export const FINDING = 10;
export const FIT = 11;
export const UPDATE = 12;

export const HEAD_BYTES = 9;
export const TAG_BYTES = 8;
/**
 * Longest body: a checkpoint of a hundred watched zones is the longest. Beside it an erase block has room for the inputs that opened
 * it, of 300 bytes, and for the longest GAP record.
 */
export const BODY_MOST_BYTES = 3200;

export function frameBytes(bodyBytes: number): number {
  return HEAD_BYTES + bodyBytes + TAG_BYTES;
}

/** The key that records of one epoch are sealed with; `ratchet` is the epoch's K. */
export function recordKey(crypto: Crypto, ratchet: Uint8Array): Uint8Array {
  return hkdf(crypto, ratchet, new Uint8Array(0), MAC, 32);
}

/** K of the next epoch. */
export function nextRatchet(crypto: Crypto, ratchet: Uint8Array): Uint8Array {
  return hkdf(crypto, ratchet, new Uint8Array(0), NEXT, 32);
}

const MAC = /* @__PURE__ */ new Uint8Array([0x6d, 0x61, 0x63]);
const NEXT = /* @__PURE__ */ new Uint8Array([0x6e, 0x65, 0x78, 0x74]);

export function tagOf(
  crypto: Crypto,
  key: Uint8Array,
  number: number,
  epoch: number,
  kind: number,
  body: Uint8Array,
): Uint8Array {
  const kinds = new Uint8Array(1);
  kinds[0] = kind;
  return copyOf(crypto.hmac(key, joinBytes([uint32Bytes(number), uint32Bytes(epoch), kinds, body])), 0, TAG_BYTES);
}

/** The record as it stands in flash. */
export function frameRecord(record: JournalRecord): Uint8Array {
  const length = record.body.length;
  const frame = new Uint8Array(frameBytes(length));
  frame[0] = length & 255;
  frame[1] = length >> 8;
  frame[6] = record.number & 255;
  frame[7] = (record.number >> 8) & 255;
  frame[8] = (record.kind << 4) | (record.epoch & 15);
  frame.set(record.body, HEAD_BYTES);
  frame.set(record.tag, HEAD_BYTES + length);
  putU32(frame, 2, checkOf(frame, frame.length));
  return frame;
}

/** Bytes of the frame that `head` begins, or 0 where it can not begin one. */
export function frameLength(head: Uint8Array): number {
  const length = head[0] | (head[1] << 8);
  return length > BODY_MOST_BYTES || head[8] < 16 || head[8] === 255 ? 0 : frameBytes(length);
}

/** Whether `frame[0..length)` is whole. */
export function isFrame(frame: Uint8Array, length: number): boolean {
  return u32(frame, 2) === checkOf(frame, length) >>> 0;
}

/** The record of a whole frame; `last` and `lastEpoch`: number and epoch of a record shortly before it. */
export function readFrame(frame: Uint8Array, length: number, last: number, lastEpoch: number): JournalRecord {
  const low = frame[6] | (frame[7] << 8);
  return {
    number: last + ((low - last) & 0xffff),
    epoch: lastEpoch + ((frame[8] - lastEpoch) & 15),
    kind: frame[8] >> 4,
    body: copyOf(frame, HEAD_BYTES, length - TAG_BYTES),
    tag: copyOf(frame, length - TAG_BYTES, length),
  };
}

/** Over all but the check itself. */
function checkOf(frame: Uint8Array, length: number): number {
  return crc32(crc32(0, frame, 2), frame.subarray(6, length), length - 6);
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = (value >>> (8 * i)) & 255;
}

export function u32(bytes: Uint8Array, at: number): number {
  return bytes[at] + bytes[at + 1] * 256 + bytes[at + 2] * 65536 + bytes[at + 3] * 16777216;
}
