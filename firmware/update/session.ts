import { equalBytes } from "../../protocol/bytes.ts";
import {
  IMAGE_MOST_BYTES,
  IMAGE_SLOT_BYTES,
  type ImageManifest,
  type ImageTarget,
  imageBytesOf,
  PIECE_BYTES,
} from "../../protocol/messages/image.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { Flash } from "../ports/flash.ts";
import type { Secrets } from "../ports/secrets.ts";
import { raiseCounter } from "../secrets/counters.ts";
import { SLOT_ROLLBACK, SLOT_UPDATE } from "../secrets/slots.ts";
import { openManifest } from "./manifest.ts";
import {
  AT_CONFIRMED,
  AT_FORMAT,
  AT_OUTCOME,
  AT_PHASE,
  AT_PREVIOUS,
  AT_TESTED,
  eraseBlock,
  hashIn,
  INCOMING,
  isPiece,
  isWhole,
  manifestOf,
  OUTCOME_CONFIRMED,
  OUTCOME_NONE,
  OUTCOME_UNREACHED,
  PHASE_PENDING,
  PHASE_STEADY,
  PRIMARY,
  placeOf,
  readAt,
  readSealedManifest,
  readState,
  type Slots,
  shortHash,
  wholePieces,
} from "./slots.ts";

/** What the running image knows of images: the one that runs, and the one that is being taken in. */
export interface Update extends Slots {
  target: ImageTarget;
  /** As in SLOT_UPDATE; `undefined`: no loader has started us. */
  state: Uint8Array | undefined;
  /** Without the hashes of its pieces. */
  running: ImageManifest | undefined;
  /** It runs this once, unless it is confirmed. */
  testing: boolean;
  /** The image that is being taken in. */
  offered: ImageManifest | undefined;
  /** 16 bytes of the SHA-256 of its sealed manifest. */
  offeredHash: Uint8Array;
  /** Of the next piece wanted; −1: what is there has to be looked at first. */
  nextOffset: number;
}

interface Refused {
  ok: false;
  reason: string;
}

/** `nextOffset`: of the piece that is wanted; `totalBytes` where none is. */
export type TookImage = { ok: true; nextOffset: number; totalBytes: number } | Refused;
export type DidImage = { ok: true } | Refused;

/** Copying, and half an hour of proving with modem and receiver, stay above the first low-battery alert. */
export const BATTERY_FLOOR_PERCENT = 30;
/** An image that cannot prove itself within this time makes way. */
export const PROVE_MS = 1800000;

const DONE: DidImage = { ok: true };

/** At boot, after the loader. */
export function openUpdate(
  area: { flash: Flash; address: number },
  secrets: Secrets,
  crypto: Crypto,
  target: ImageTarget,
): Update {
  const state = readState(secrets);
  const update: Update = {
    flash: area.flash,
    address: area.address,
    secrets: secrets,
    crypto: crypto,
    target: target,
    state: state,
    running: undefined,
    testing: false,
    offered: undefined,
    offeredHash: new Uint8Array(0),
    nextOffset: -1,
  };
  if (state === undefined) return update;
  update.running = manifestOf(update, PRIMARY, hashIn(state, AT_CONFIRMED));
  if (update.running === undefined) {
    update.running = manifestOf(update, PRIMARY, hashIn(state, AT_TESTED));
    update.testing = update.running !== undefined;
  }
  if (update.running !== undefined) update.running.hashes = new Uint8Array(0);
  return update;
}

/**
 * A sealed manifest from outside: what was taken in for another one is erased; the same again goes on where it was. Refused:
 * what `openManifest` says, `image.format-gap` (it could not write what the confirmed one reads), `image.pending` (another is
 * about to be tested), `image.worn` (the flash does not take it).
 */
export function offerManifest(update: Update, sealed: Uint8Array): TookImage {
  const manifest = judge(update, sealed);
  if (typeof manifest === "string") return refused(manifest);
  if (!equalBytes(readSealedManifest(update, INCOMING), sealed)) {
    const erased = eraseIncoming(update, false);
    if (!erased.ok) return erased;
    if (!keepManifest(update, sealed)) return refused("image.worn");
  }
  const reason = findOffer(update);
  return update.offered === undefined ? refused(reason) : took(update, update.offered);
}

/**
 * The piece of the offered image at `offset`; one that is not the next is passed over, and the answer says which is. Refused:
 * `image.no-manifest`, what `offerManifest` says, `image.piece-mismatch` (not what was sealed), `image.worn` (it does not read
 * back: the offer is dropped).
 */
export function offerImageChunk(update: Update, offset: number, bytes: Uint8Array): TookImage {
  const reason = findOffer(update);
  const manifest = update.offered;
  if (manifest === undefined) return refused(reason);
  const wanted = took(update, manifest);
  if (offset !== update.nextOffset || offset === imageBytesOf(manifest)) return wanted;
  if (!isPiece(update, manifest, offset / PIECE_BYTES, bytes)) return refused("image.piece-mismatch");
  // What a power cut left of it is completed: bits only fall, and towards the same bytes.
  update.flash.program(placeOf(update, INCOMING) + offset, bytes);
  if (!equalBytes(readAt(update, INCOMING, offset, bytes.length), bytes)) {
    // The same offer, made again, finds no manifest there and erases all.
    update.offered = undefined;
    update.flash.erase(placeOf(update, INCOMING) + IMAGE_MOST_BYTES);
    return refused("image.worn");
  }
  update.nextOffset = offset + bytes.length;
  return took(update, manifest);
}

/**
 * Has the loader start the offered image at the next boot, once. Refused, and nothing changes: `image.no-loader`,
 * `image.unconfirmed` (the one that runs is under test itself), `image.battery-low`, `image.no-manifest`, what `offerManifest` says
 * of it today, `image.running` (it is the one that runs), `image.incomplete`, `image.unwritten` (the slot on the chip).
 */
export function testImage(update: Update, batteryPercent: number): DidImage {
  if (update.state === undefined) return refused("image.no-loader");
  if (update.testing) return refused("image.unconfirmed");
  if (batteryPercent < BATTERY_FLOOR_PERCENT) return refused("image.battery-low");
  update.offered = undefined;
  const reason = findOffer(update);
  if (update.offered === undefined) return refused(reason);
  if (equalBytes(update.offeredHash, hashIn(update.state, AT_CONFIRMED))) return refused("image.running");
  if (!isWhole(update, INCOMING, update.offered)) return refused("image.incomplete");
  const state = new Uint8Array(update.state);
  state[AT_PHASE] = PHASE_PENDING;
  state.set(update.offeredHash, AT_TESTED);
  return write(update, state);
}

/** What has been seen since the boot of an image under test. */
export interface TestFacts {
  /** Mounted, and takes records. */
  journal: boolean;
  /** The order in force verified, or there is none. */
  order: boolean;
  /** One frame of the receiver's. */
  receiver: boolean;
  /** One acknowledged uplink. */
  uplink: boolean;
  /** The modem was attached at some time. */
  coverage: boolean;
}

/**
 * Confirms an image under test once it has proved itself; `testedMs` since its boot. `wait`: not yet. `revert`: it had its time,
 * and the device is to be reset: the loader does the rest. Without coverage it is confirmed at the end of its time.
 */
export function proveImage(update: Update, facts: TestFacts, testedMs: number): "confirmed" | "wait" | "revert" {
  if (!update.testing) return "confirmed";
  const isLate = testedMs >= PROVE_MS;
  const isReached = facts.uplink || (isLate && !facts.coverage);
  if (facts.journal && facts.order && facts.receiver && isReached)
    if (confirmImage(update, facts.uplink ? OUTCOME_CONFIRMED : OUTCOME_UNREACHED).ok) return "confirmed";
  return isLate ? "revert" : "wait";
}

/** From here on there is no way back to an image below its rollback counter. Refused: `image.unwritten`. */
export function confirmImage(update: Update, outcome: number): DidImage {
  if (update.state === undefined || update.running === undefined || !update.testing) return DONE;
  const state = new Uint8Array(update.state);
  state[AT_PHASE] = PHASE_STEADY;
  state[AT_OUTCOME] = outcome;
  state[AT_FORMAT] = update.running.about.format;
  state.set(hashIn(update.state, AT_CONFIRMED), AT_PREVIOUS);
  state.set(hashIn(update.state, AT_TESTED), AT_CONFIRMED);
  const written = write(update, state);
  if (!written.ok) return written;
  update.testing = false;
  // Where this fails, or the power does, the loader does it at the next boot.
  raiseCounter(update.secrets, SLOT_ROLLBACK, update.running.rollback);
  return DONE;
}

/** How the last update ended, as `OUTCOME_…`, once; for the journal. */
export function takeOutcome(update: Update): number {
  if (update.state === undefined || update.state[AT_OUTCOME] === OUTCOME_NONE) return OUTCOME_NONE;
  const state = new Uint8Array(update.state);
  const outcome = state[AT_OUTCOME];
  state[AT_OUTCOME] = OUTCOME_NONE;
  // Where this is not written it is told again at the next boot.
  write(update, state);
  return outcome;
}

/**
 * Format of the persistent records to write. `own`: the newest that this image can. While it is under test, it is the
 * confirmed image's, which may have to read them.
 */
export function formatToWrite(update: Update, own: number): number {
  return update.state === undefined ? own : Math.min(own, update.state[AT_FORMAT]);
}

/** Erases the incoming image; `cancels`: even one that is about to be tested, which then is not. Else `image.pending`. */
export function eraseIncoming(update: Update, cancels: boolean): DidImage {
  if (isPending(update) && update.state !== undefined) {
    if (!cancels) return refused("image.pending");
    const state = new Uint8Array(update.state);
    state[AT_PHASE] = PHASE_STEADY;
    const written = write(update, state);
    if (!written.ok) return written;
  }
  update.offered = undefined;
  const step = update.flash.eraseBytes;
  // From behind: while the manifest stands, what it names is being taken in.
  for (let at = IMAGE_SLOT_BYTES - step; at >= 0; at -= step) eraseBlock(update.flash, placeOf(update, INCOMING) + at);
  return DONE;
}

export function isPending(update: Update): boolean {
  return update.state !== undefined && update.state[AT_PHASE] === PHASE_PENDING;
}

/** Puts a sealed manifest where it belongs. False: it does not read back. */
export function keepManifest(update: Update, sealed: Uint8Array): boolean {
  const head = new Uint8Array(2);
  head[0] = sealed.length >> 8;
  head[1] = sealed.length & 255;
  const at = placeOf(update, INCOMING) + IMAGE_MOST_BYTES;
  update.flash.program(at + 2, sealed);
  update.flash.program(at, head);
  return equalBytes(readSealedManifest(update, INCOMING), sealed);
}

/** Finds in the flash what is being taken in; why it cannot be tested, or empty: `update.offered` is it. */
export function findOffer(update: Update): string {
  if (update.offered !== undefined) return "";
  const sealed = readSealedManifest(update, INCOMING);
  const manifest = sealed.length === 0 ? "image.no-manifest" : judge(update, sealed);
  if (typeof manifest === "string") return manifest;
  update.offered = manifest;
  update.offeredHash = shortHash(update, sealed);
  update.nextOffset = -1;
  return "";
}

/** While it is under test it must write what the confirmed one reads, and afterwards read what that one wrote. */
function judge(update: Update, sealed: Uint8Array): ImageManifest | string {
  const manifest = openManifest(update, update.target, sealed);
  if (typeof manifest === "string" || update.state === undefined) return manifest;
  const back = manifest.about.format - update.state[AT_FORMAT];
  return back >= 0 && back <= manifest.about.formatsBack ? manifest : "image.format-gap";
}

function took(update: Update, manifest: ImageManifest): TookImage {
  const total = imageBytesOf(manifest);
  if (update.nextOffset < 0) update.nextOffset = Math.min(total, PIECE_BYTES * wholePieces(update, INCOMING, manifest));
  return { ok: true, nextOffset: update.nextOffset, totalBytes: total };
}

function write(update: Update, state: Uint8Array): DidImage {
  if (!update.secrets.write(SLOT_UPDATE, state)) return refused("image.unwritten");
  update.state = state;
  return DONE;
}

function refused(reason: string): Refused {
  return { ok: false, reason: reason };
}
