import { copyOf, equalBytes } from "../../protocol/bytes.ts";
import { BLOCK_HEAD_BYTES, writeBlockHead } from "../../protocol/journal/block.ts";
import {
  ALERT,
  BODY_MOST_BYTES,
  CHECKPOINT,
  frameBytes,
  frameLength,
  frameRecord,
  GAP,
  HEAD_BYTES,
  INPUTS,
  isFrame,
  type JournalRecord,
  readFrame,
  TAG_BYTES,
  tagOf,
} from "../../protocol/journal/record.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { Flash } from "../ports/flash.ts";
import type { Secrets } from "../ports/secrets.ts";
import { findEnd, readHeads } from "./find.ts";
import { openRatchet, type Ratchet, turnRatchet } from "./ratchet.ts";
import { isLoss, owes, reclaimable } from "./reclaim.ts";
import { gapOf } from "./thin.ts";

/**
 * The journal: records one after another in a ring of erase blocks. What `append` has returned stands, whatever happens next;
 * what was cut off half way is not believed; damage costs the record it struck. A block begins with its head and a checkpoint,
 * and no record crosses blocks.
 *
 * When the ring is full the oldest block whose records the centre has makes way, then the oldest that holds no alert that it
 * still lacks (`reclaim.ts`); of that one a GAP record stays (`thin.ts`), and is written before the block is needed.
 */
export interface Journal {
  flash: Flash;
  /** Where the ring begins: at an erase block, as does its end. */
  address: number;
  blocks: Block[];
  /** Indices of the blocks in use, oldest first; the last takes the next record. */
  order: number[];
  crypto: Crypto;
  secrets: Secrets;
  ratchet: Ratchet;
  /** False: the chip did not take this boot's step of the ratchet, so nothing may be sealed. */
  canSeal: boolean;
  /** Of the next record. */
  nextNumber: number;
  /** Where the next record goes in its block, and what stands before it there: a record holds only the low bits of both. */
  headOffset: number;
  lastNumber: number;
  lastEpoch: number;
  /** The last number that was written, though numbers behind it may be spent. */
  writtenTo: number;
  /** What came last was refused. */
  refusing: boolean;
  /** Alerts that found no place, for the centre all the same: ascending, `HELD_MOST` at most. */
  held: JournalRecord[];
  /** The centre has every record up to this one, and every alert up to that one. */
  ackedTo: number;
  alertsTo: number;
  /** The device's checkpoint, for the start of a block. */
  checkpoint: () => Uint8Array;
}

export interface Block {
  /** Place in the order of writing, from 1; 0: free. */
  sequence: number;
  erases: number;
  number: number;
  epoch: number;
  /** Does not take what is written to it, as far as this boot knows. */
  worn: boolean;
  /** Number of the last alert in it, 0: none; −1: nobody has looked. */
  alert: number;
  /** A GAP record tells of it. */
  told: boolean;
}

export type Appended = { ok: true; number: number } | { ok: false; reason: string };

/** Writes that may fail one after the other, each in a block of its own, before the flash is given up. */
const TRIES = 4;
/** Alerts in memory: what newer ones say of the wearer counts for more. */
const HELD_MOST = 8;
/** How much is looked at in one read. */
const GLANCE_BYTES = 256;

/**
 * Opens the ring: heads first, then the newest block alone, or as many as this epoch has begun. Always opens. A boot begins an
 * epoch, so that no number is sealed twice in one. `findings`: `journal.rewound` (records that were sealed are gone),
 * `journal.no-ratchet` (the chip does not take the next step: nothing can be sealed).
 */
export function openJournal(
  flash: Flash,
  address: number,
  bytes: number,
  secrets: Secrets,
  crypto: Crypto,
): { journal: Journal; findings: string[] } {
  const ratchet = openRatchet(secrets, crypto);
  const journal: Journal = {
    flash: flash,
    address: address,
    blocks: [],
    order: [],
    crypto: crypto,
    secrets: secrets,
    ratchet: ratchet,
    canSeal: false,
    nextNumber: ratchet.number,
    headOffset: 0,
    lastNumber: 0,
    lastEpoch: 0,
    writtenTo: ratchet.written,
    refusing: false,
    held: [],
    ackedTo: ratchet.ackedTo,
    alertsTo: ratchet.alertsTo,
    checkpoint: emptyCheckpoint,
  };
  const findings: string[] = [];
  readHeads(journal, Math.floor(bytes / flash.eraseBytes));
  if (!findEnd(journal)) findings.push("journal.rewound");
  if (!endEpoch(journal, ratchet.alertSeq)) findings.push("journal.no-ratchet");
  return { journal: journal, findings: findings };
}

function emptyCheckpoint(): Uint8Array {
  return new Uint8Array(0);
}

/**
 * Writes one record. Refused: `journal.bad-length`; `journal.full` (every block holds what the centre lacks and must not lose;
 * the last one that can be had is kept for alerts); `journal.worn` (what was programmed read back as something else, again and
 * again); `journal.no-ratchet`. What was refused leaves a number that is nowhere, so that nobody takes its neighbours for
 * consecutive; an alert keeps that number, and goes to the centre from memory.
 */
export function append(journal: Journal, kind: number, body: Uint8Array): Appended {
  const appended = tryAppend(journal, kind, body);
  if (!appended.ok && (kind === ALERT || !journal.refusing)) {
    if (kind === ALERT) hold(journal, body);
    journal.nextNumber += 1;
  }
  journal.refusing = !appended.ok;
  return appended;
}

/** Under its seal; without a ratchet of epoch 0, in which nothing is sealed, and what stands there tells it from others of its number. */
function hold(journal: Journal, body: Uint8Array): void {
  const record = sealed(journal, ALERT, body);
  if (!journal.canSeal) {
    record.epoch = 0;
    record.tag = copyOf(journal.crypto.sha256(body), 0, TAG_BYTES);
  }
  if (journal.held.length === HELD_MOST) journal.held.shift();
  journal.held.push(record);
}

/** What the centre should know of it: 1 nothing can be sealed, 2 the last record was refused, 4 alerts wait in memory alone. */
export function troubleOf(journal: Journal): number | undefined {
  const trouble = (journal.canSeal ? 0 : 1) | (journal.refusing ? 2 : 0) | (journal.held.length > 0 ? 4 : 0);
  return trouble === 0 ? undefined : trouble;
}

function tryAppend(journal: Journal, kind: number, body: Uint8Array): Appended {
  if (!journal.canSeal) return { ok: false, reason: "journal.no-ratchet" };
  for (let tries = 0; tries < TRIES; tries++) {
    const isNew = !hasRoom(journal, body);
    if (isNew) {
      const refused = body.length > BODY_MOST_BYTES ? "journal.bad-length" : beginBlock(journal, kind);
      if (refused !== "") return { ok: false, reason: refused };
      if (!hasRoom(journal, body)) return { ok: false, reason: "journal.bad-length" };
    }
    const number = journal.nextNumber;
    if (!writeRecord(journal, kind, body)) continue;
    if (isNew) {
      // The inputs that opened a block are in its checkpoint already.
      if (kind === INPUTS) writeFitting(journal, CHECKPOINT, journal.checkpoint());
      tellOfNext(journal);
    }
    return { ok: true, number: number };
  }
  return { ok: false, reason: "journal.worn" };
}

/** Whether the newest block takes a record of that length, and readers can tell its number and epoch from those before it. */
function hasRoom(journal: Journal, body: Uint8Array): boolean {
  return (
    journal.order.length > 0 &&
    journal.headOffset + frameBytes(body.length) <= journal.flash.eraseBytes &&
    journal.nextNumber >= journal.lastNumber &&
    journal.nextNumber - journal.lastNumber < 65536 &&
    journal.ratchet.epoch >= journal.lastEpoch &&
    journal.ratchet.epoch - journal.lastEpoch < 16
  );
}

function writeFitting(journal: Journal, kind: number, body: Uint8Array): boolean {
  return body.length <= BODY_MOST_BYTES && hasRoom(journal, body) && writeRecord(journal, kind, body);
}

/** At the head. False: it does not read back, and the block takes no more. */
function writeRecord(journal: Journal, kind: number, body: Uint8Array): boolean {
  const record = sealed(journal, kind, body);
  const index = headOf(journal);
  // Spent even where the flash does not take it: what was sealed once under a number is never sealed otherwise.
  journal.nextNumber += 1;
  const frame = frameRecord(record);
  if (!programmed(journal, index, journal.headOffset, frame)) {
    journal.headOffset = journal.flash.eraseBytes;
    return false;
  }
  journal.headOffset += frame.length;
  journal.lastNumber = record.number;
  journal.lastEpoch = record.epoch;
  journal.writtenTo = record.number;
  if (kind === ALERT) journal.blocks[index].alert = record.number;
  return true;
}

function sealed(journal: Journal, kind: number, body: Uint8Array): JournalRecord {
  const number = journal.nextNumber;
  const epoch = journal.ratchet.epoch;
  const tag = tagOf(journal.crypto, journal.ratchet.recordKey, number, epoch, kind, body);
  return { number: number, epoch: epoch, kind: kind, body: body, tag: tag };
}

/** False: it does not read back, and the block is given up. */
function programmed(journal: Journal, index: number, offset: number, bytes: Uint8Array): boolean {
  const address = addressOf(journal, index) + offset;
  journal.flash.program(address, bytes);
  const back = new Uint8Array(bytes.length);
  journal.flash.read(address, back, back.length);
  if (equalBytes(back, bytes)) return true;
  journal.blocks[index].worn = true;
  return false;
}

/** Makes the next block the newest. Empty, or why not. */
function beginBlock(journal: Journal, kind: number): string {
  let isWorn = false;
  for (let tries = 0; tries < TRIES; tries++) {
    let index = reclaimable(journal, -1);
    if (index < 0 && !isWorn && forgive(journal)) index = reclaimable(journal, -1);
    if (index < 0 || (kind !== ALERT && isLast(journal, index))) break;
    const block = journal.blocks[index];
    const at = journal.order.indexOf(index);
    const lost = at >= 0 && !block.told && isLoss(journal, at) ? gapOf(journal, at) : undefined;
    if (at >= 0) journal.order.splice(at, 1);
    if (!takeBlock(journal, index)) {
      isWorn = true;
      continue;
    }
    if (kind !== INPUTS && kind !== CHECKPOINT) writeFitting(journal, CHECKPOINT, journal.checkpoint());
    if (lost !== undefined) writeFitting(journal, GAP, lost);
    return "";
  }
  return isWorn ? "journal.worn" : "journal.full";
}

/** What failed for a while need not be worn: blocks that were given up are tried again. Whether there were any. */
function forgive(journal: Journal): boolean {
  let any = false;
  for (const block of journal.blocks) {
    if (block.worn) any = true;
    block.worn = false;
  }
  return any;
}

/** Whether, once that block is taken, none can be had any more: the newest holds an alert as well. */
function isLast(journal: Journal, index: number): boolean {
  const newest = journal.order.length - 1;
  return newest >= 0 && reclaimable(journal, index) < 0 && owes(journal, newest);
}

/** Erases a block and writes its head. False: it does not take them. */
function takeBlock(journal: Journal, index: number): boolean {
  const block = journal.blocks[index];
  const ratchet = journal.ratchet;
  const newest = journal.order.length > 0 ? journal.blocks[headOf(journal)].sequence : ratchet.sequence;
  block.sequence = 0;
  block.erases += 1;
  journal.flash.erase(addressOf(journal, index));
  if (programmedEnd(journal, index) > 0) {
    block.worn = true;
    return false;
  }
  block.number = journal.nextNumber;
  block.epoch = ratchet.epoch;
  block.alert = 0;
  block.told = false;
  const head = {
    sequence: newest + 1,
    erases: block.erases,
    number: block.number,
    epoch: block.epoch,
  };
  if (!programmed(journal, index, 0, writeBlockHead(head))) return false;
  block.sequence = head.sequence;
  journal.order.push(index);
  journal.headOffset = BLOCK_HEAD_BYTES;
  journal.lastNumber = block.number;
  journal.lastEpoch = block.epoch;
  return true;
}

/** The block that will make way next, if it does so before the centre has it: what stays of it is written while it still stands. */
function tellOfNext(journal: Journal): void {
  const index = reclaimable(journal, -1);
  const at = journal.order.indexOf(index);
  if (at < 0 || journal.blocks[index].told || !isLoss(journal, at)) return;
  journal.blocks[index].told = writeFitting(journal, GAP, gapOf(journal, at));
}

/** An epoch ends: its key is gone for good. False: the chip does not take it, and the epoch goes on. */
export function endEpoch(journal: Journal, alertSeq: number): boolean {
  const ratchet = journal.ratchet;
  const sequence = journal.order.length > 0 ? journal.blocks[headOf(journal)].sequence : ratchet.sequence;
  // Though the chip may not take it this time.
  ratchet.alertSeq = alertSeq;
  const now = {
    number: journal.nextNumber,
    written: journal.writtenTo,
    alertSeq: alertSeq,
    sequence: sequence,
    ackedTo: journal.ackedTo,
    alertsTo: journal.alertsTo,
  };
  if (!turnRatchet(journal.secrets, journal.crypto, ratchet, now)) return false;
  journal.canSeal = true;
  return true;
}

interface Reading {
  from: number;
  on: boolean;
  /** How many of those in memory have had their turn. */
  held: number;
}

/**
 * Calls back for every record from number `from` on that is whole, in order, until that says false; those in memory among them.
 * Nobody has verified the seals of past epochs here: their keys are gone.
 */
export function readRecords(journal: Journal, from: number, onRecord: (record: JournalRecord) => boolean): void {
  const reading: Reading = { from: from, on: true, held: 0 };
  let at = Math.max(0, journal.order.length - 1);
  while (at > 0 && journal.blocks[journal.order[at]].number > from) at -= 1;
  for (; at < journal.order.length && reading.on; at++)
    readBlock(journal, journal.order[at], (record) => {
      if (record.number < from) return true;
      readHeld(journal, reading, record.number, onRecord);
      if (reading.on) reading.on = onRecord(record);
      return reading.on;
    });
  readHeld(journal, reading, journal.nextNumber, onRecord);
}

function readHeld(
  journal: Journal,
  reading: Reading,
  below: number,
  onRecord: (record: JournalRecord) => boolean,
): void {
  while (reading.on && reading.held < journal.held.length && journal.held[reading.held].number < below) {
    const record = journal.held[reading.held];
    reading.held += 1;
    if (record.number >= reading.from) reading.on = onRecord(record);
  }
}

/** The block's whole records, and the offset behind each, until `onRecord` says false. */
export function readBlock(
  journal: Journal,
  index: number,
  onRecord: (record: JournalRecord, endOffset: number) => boolean,
): void {
  const block = journal.blocks[index];
  const size = journal.flash.eraseBytes;
  const address = addressOf(journal, index);
  const head = new Uint8Array(HEAD_BYTES);
  let last = block.number;
  let epoch = block.epoch;
  let offset = BLOCK_HEAD_BYTES;
  while (offset + frameBytes(0) <= size) {
    journal.flash.read(address + offset, head, HEAD_BYTES);
    const length = frameLength(head);
    let whole = false;
    if (length > 0 && offset + length <= size) {
      const frame = new Uint8Array(length);
      journal.flash.read(address + offset, frame, length);
      whole = isFrame(frame, length);
      if (whole) {
        const record = readFrame(frame, length, last, epoch);
        last = record.number;
        epoch = record.epoch;
        offset += length;
        if (!onRecord(record, offset)) return;
      }
    }
    // Where no record stands the next one is looked for a byte on, so that damage costs only what it struck.
    if (!whole) offset += 1;
  }
}

/**
 * The centre has every record up to `ackedTo`, and every alert up to `alertsTo`: the one may make way, the other need not stay.
 * Less than before where it lost some; never what has not been written. After a boot as the chip and this epoch's seals have it.
 */
export function acknowledge(journal: Journal, ackedTo: number, alertsTo: number): void {
  const newest = journal.nextNumber - 1;
  // What was told to make way was told without what counts as lacking from now on.
  if (ackedTo < journal.ackedTo) for (const block of journal.blocks) block.told = false;
  journal.ackedTo = Math.min(ackedTo, newest);
  journal.alertsTo = Math.min(alertsTo, newest);
  while (journal.held.length > 0 && journal.held[0].number <= Math.max(ackedTo, alertsTo)) journal.held.shift();
}

/** Number of the newest block's first record; 1 where there is no block. */
export function newestFrom(journal: Journal): number {
  return journal.order.length > 0 ? journal.blocks[headOf(journal)].number : 1;
}

function headOf(journal: Journal): number {
  return journal.order[journal.order.length - 1];
}

export function addressOf(journal: Journal, index: number): number {
  return journal.address + index * journal.flash.eraseBytes;
}

/** The offset just behind the block's last byte that is not erased. */
export function programmedEnd(journal: Journal, index: number): number {
  const bytes = new Uint8Array(GLANCE_BYTES);
  let end = journal.flash.eraseBytes;
  while (end > 0) {
    const length = Math.min(GLANCE_BYTES, end);
    journal.flash.read(addressOf(journal, index) + end - length, bytes, length);
    for (let i = length - 1; i >= 0; i--) if (bytes[i] !== 0xff) return end - length + i + 1;
    end -= length;
  }
  return 0;
}
