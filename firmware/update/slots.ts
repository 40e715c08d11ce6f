import { copyOf, equalBytes } from "../../protocol/bytes.ts";
import { readBytesBetween } from "../../protocol/cbor/items.ts";
import { readSeal } from "../../protocol/cose/seal.ts";
import {
  decodeImageManifest,
  IMAGE_MOST_BYTES,
  IMAGE_SLOT_BYTES,
  type ImageManifest,
  imageBytesOf,
  PIECE_BYTES,
  PIECE_HASH_BYTES,
  SEALED_MANIFEST_MOST_BYTES,
} from "../../protocol/messages/image.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { Flash } from "../ports/flash.ts";
import type { Secrets } from "../ports/secrets.ts";
import { readCounter } from "../secrets/counters.ts";
import { SLOT_ROLLBACK, SLOT_UPDATE } from "../secrets/slots.ts";

/**
 * Three places for an image in the bulk flash. Each holds a container, and in its last erase block, where MCUboot has its
 * trailer, the sealed manifest: length u16, big end first, then the seal. Whoever has a clip can write all of it, so nothing
 * there is believed: what counts is named by SLOT_UPDATE on the chip, by the hash of its sealed manifest.
 */
export interface Slots {
  flash: Flash;
  /** Where the first place lies in the bulk flash, at an erase block; blocks are of 4,096 bytes or less. */
  address: number;
  secrets: Secrets;
  crypto: Crypto;
}

/** What runs. */
export const PRIMARY = 0;
/** Where the next one is taken in. */
export const INCOMING = 1;
/** What ran before, or a second copy of what runs. */
export const PREVIOUS = 2;

/**
 * What SLOT_UPDATE holds, kept as it lies there: phase, outcome and format, a byte each, then three times 16 bytes of the
 * SHA-256 of a sealed manifest, zeros where there is none. Its write is the one that decides.
 */
export const STATE_BYTES = 51;
export const AT_PHASE = 0;
/** How the last update ended, until the image has put it in the journal. */
export const AT_OUTCOME = 1;
/** Of the persistent records: the confirmed image's. An image under test writes this one. */
export const AT_FORMAT = 2;
/** The confirmed image: in primary, but while another is under test. */
export const AT_CONFIRMED = 3;
/** The one to fall back on. */
export const AT_PREVIOUS = 19;
/** The one under test, or to be tested, or last tested. */
export const AT_TESTED = 35;

/** Only the confirmed image counts, and it lies in primary. */
export const PHASE_STEADY = 0;
/** A test is asked for: at the next boot the confirmed image is copied to previous, first of all. */
export const PHASE_PENDING = 1;
/** The confirmed image lies in previous too; the one to be tested is being copied to primary. */
export const PHASE_INSTALLING = 2;
/** It has been started, once. Whoever finds this at boot copies the confirmed image back. */
export const PHASE_TRYING = 3;

export const OUTCOME_NONE = 0;
/** The image under test was confirmed. */
export const OUTCOME_CONFIRMED = 1;
/** The same, but without an uplink, for there was no coverage. */
export const OUTCOME_UNREACHED = 2;
/** It was not confirmed. */
export const OUTCOME_REVERTED = 3;
/** It did not verify, and was not started. */
export const OUTCOME_DAMAGED = 4;
/** Neither primary nor another copy of the confirmed image verified: another one runs. */
export const OUTCOME_FELL_BACK = 5;

const BUFFER_BYTES = 256;

/** `undefined`: no image has been taken for this device's yet. */
export function readState(secrets: Secrets): Uint8Array | undefined {
  const state = secrets.read(SLOT_UPDATE);
  return state !== undefined && state.length === STATE_BYTES ? state : undefined;
}

/** One of the three hashes. */
export function hashIn(state: Uint8Array, at: number): Uint8Array {
  return copyOf(state, at, at + PIECE_HASH_BYTES);
}

/** No image with a rollback counter below this one is started. */
export function leastRollback(slots: Slots): number {
  return readCounter(slots.secrets, SLOT_ROLLBACK);
}

export function placeOf(slots: Slots, slot: number): number {
  return slots.address + IMAGE_SLOT_BYTES * slot;
}

/** The first 16 bytes of a SHA-256: of a piece, or of a sealed manifest. */
export function shortHash(slots: Slots, bytes: Uint8Array): Uint8Array {
  return copyOf(slots.crypto.sha256(bytes), 0, PIECE_HASH_BYTES);
}

/** What stands at `offset` of a slot. */
export function readAt(slots: Slots, slot: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  slots.flash.read(placeOf(slots, slot) + offset, bytes, length);
  return bytes;
}

/** The sealed manifest as it stands in the slot; empty where none does. */
export function readSealedManifest(slots: Slots, slot: number): Uint8Array {
  const head = readAt(slots, slot, IMAGE_MOST_BYTES, 2);
  const length = head[0] * 256 + head[1];
  return readAt(slots, slot, IMAGE_MOST_BYTES + 2, length <= SEALED_MANIFEST_MOST_BYTES ? length : 0);
}

/** What the slot's manifest says, if it is the one whose hash is given: then its seal has been verified once. */
export function manifestOf(slots: Slots, slot: number, hash: Uint8Array): ImageManifest | undefined {
  const sealed = readSealedManifest(slots, slot);
  if (!equalBytes(shortHash(slots, sealed), hash)) return undefined;
  const reader = readSeal(sealed, 4, 5, 0);
  const manifest = decodeImageManifest(readBytesBetween(reader, 0, sealed.length));
  return manifest.ok ? manifest.value : undefined;
}

/** Whether `bytes` are piece `index` as it was sealed; an index past the end finds no hash. */
export function isPiece(slots: Slots, manifest: ImageManifest, index: number, bytes: Uint8Array): boolean {
  return (
    bytes.length === pieceBytes(manifest, index) &&
    equalBytes(shortHash(slots, bytes), hashIn(manifest.hashes, PIECE_HASH_BYTES * index))
  );
}

function pieceBytes(manifest: ImageManifest, index: number): number {
  return Math.min(PIECE_BYTES, imageBytesOf(manifest) - PIECE_BYTES * index);
}

/** How many pieces, from the first, the slot holds as they were sealed. */
export function wholePieces(slots: Slots, slot: number, manifest: ImageManifest): number {
  let count = 0;
  while (
    count * PIECE_HASH_BYTES < manifest.hashes.length &&
    isPiece(slots, manifest, count, readAt(slots, slot, PIECE_BYTES * count, pieceBytes(manifest, count)))
  )
    count += 1;
  return count;
}

/** Whether the slot holds all of what the manifest names. */
export function isWhole(slots: Slots, slot: number, manifest: ImageManifest): boolean {
  return wholePieces(slots, slot, manifest) * PIECE_HASH_BYTES === manifest.hashes.length;
}

/** Erases the block unless it is erased. */
export function eraseBlock(flash: Flash, address: number): void {
  if (!isSame(flash, address, -1)) flash.erase(address);
}

/**
 * Makes `to` hold what `from` holds: first its manifest goes, for it names what is no longer there, and last the other's comes.
 * Blocks that are the same already are left as they are, so that after a power cut it goes on where it was, and a second time
 * changes nothing.
 */
export function copyImage(slots: Slots, from: number, to: number, manifest: ImageManifest): void {
  const sealedAt = placeOf(slots, to) + IMAGE_MOST_BYTES;
  if (!isSame(slots.flash, sealedAt, placeOf(slots, from) + IMAGE_MOST_BYTES)) eraseBlock(slots.flash, sealedAt);
  for (let at = 0; at < IMAGE_SLOT_BYTES; at += slots.flash.eraseBytes)
    if (at < imageBytesOf(manifest) || at >= IMAGE_MOST_BYTES)
      copyBlock(slots.flash, placeOf(slots, from) + at, placeOf(slots, to) + at);
}

function copyBlock(flash: Flash, from: number, to: number): void {
  if (isSame(flash, to, from)) return;
  eraseBlock(flash, to);
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let at = 0; at < flash.eraseBytes; at += BUFFER_BYTES) {
    flash.read(from + at, buffer, BUFFER_BYTES);
    flash.program(to + at, buffer);
  }
}

/** Whether the block is the same as that at `like`; −1: whether it is erased. */
function isSame(flash: Flash, address: number, like: number): boolean {
  const one = new Uint8Array(BUFFER_BYTES);
  const other = new Uint8Array(BUFFER_BYTES).fill(0xff);
  for (let at = 0; at < flash.eraseBytes; at += BUFFER_BYTES) {
    flash.read(address + at, one, BUFFER_BYTES);
    if (like >= 0) flash.read(like + at, other, BUFFER_BYTES);
    if (!equalBytes(one, other)) return false;
  }
  return true;
}
