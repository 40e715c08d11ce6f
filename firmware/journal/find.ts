import { equalBytes } from "../../protocol/bytes.ts";
import { createReader } from "../../protocol/cbor/reader.ts";
import { BLOCK_HEAD_BYTES, readBlockHead } from "../../protocol/journal/block.ts";
import { ACKED, ALERT, type JournalRecord, tagOf } from "../../protocol/journal/record.ts";
import { readAlertSeq } from "../../protocol/messages/alert.ts";
import { decodeAcked } from "../../protocol/messages/uplink.ts";
import { addressOf, type Block, type Journal, programmedEnd, readBlock } from "./ring.ts";

/** Blocks that may be begun in one epoch, 15 minutes at most: a head that claims more was not written by this device. */
const AHEAD_MOST = 1024;

/** Their heads say which blocks are in use, and in which order. */
export function readHeads(journal: Journal, count: number): void {
  const bytes = new Uint8Array(BLOCK_HEAD_BYTES);
  let erases = 0;
  for (let i = 0; i < count; i++) {
    journal.flash.read(addressOf(journal, i), bytes, BLOCK_HEAD_BYTES);
    const head = readBlockHead(bytes);
    const block: Block = { sequence: 0, erases: -1, number: 0, epoch: 0, worn: false, alert: -1, told: false };
    journal.blocks.push(block);
    if (head === undefined || head.sequence > journal.ratchet.sequence + AHEAD_MOST) continue;
    block.sequence = head.sequence;
    block.erases = head.erases;
    block.number = head.number;
    block.epoch = head.epoch;
    if (head.erases > erases) erases = head.erases;
    let at = journal.order.length;
    while (at > 0 && journal.blocks[journal.order[at - 1]].sequence > head.sequence) at -= 1;
    journal.order.splice(at, 0, i);
  }
  // A head that a cut destroyed leaves a block no younger than the others.
  for (const block of journal.blocks) if (block.erases < 0) block.erases = erases;
}

/** What the newest blocks say of the last number. */
interface Search {
  isHead: boolean;
  /** The highest number that is whole; the highest that is sealed in this epoch, 0: none. */
  found: number;
  sealed: number;
  /** Of the last ACKED record sealed in it. */
  acked: number;
}

/**
 * The end of the newest block, and the last number sealed: by this epoch's seal where there is one, else by the ratchet. What
 * is not erased can not be written again, so the end is behind the last byte that is not. False: the last record that was
 * durable before the ratchet turned is not there, nor is anything behind it.
 */
export function findEnd(journal: Journal): boolean {
  const ratchet = journal.ratchet;
  const search: Search = { isHead: true, found: 0, sealed: 0, acked: 0 };
  for (let k = journal.order.length - 1; k >= 0; k--) {
    const block = journal.blocks[journal.order[k]];
    if (search.isHead) {
      journal.headOffset = Math.max(BLOCK_HEAD_BYTES, programmedEnd(journal, journal.order[k]));
      journal.lastNumber = block.number;
      journal.lastEpoch = block.epoch;
      // Begun in this epoch, it says that what came before was there.
      search.found = block.number - 1;
    }
    readBlock(journal, journal.order[k], (record, endOffset) => {
      noteEnd(journal, search, record, endOffset);
      return true;
    });
    search.isHead = false;
    if (block.epoch < ratchet.epoch) break;
  }
  if (search.sealed >= journal.nextNumber) journal.nextNumber = search.sealed + 1;
  journal.writtenTo = Math.max(ratchet.written, search.sealed);
  return search.found >= ratchet.written;
}

function noteEnd(journal: Journal, search: Search, record: JournalRecord, endOffset: number): void {
  if (search.isHead) {
    // A body that ends in 0xff looks erased there.
    if (endOffset > journal.headOffset) journal.headOffset = endOffset;
    journal.lastNumber = record.number;
    journal.lastEpoch = record.epoch;
  }
  if (record.number > search.found) search.found = record.number;
  if (!isSealedNow(journal, record)) return;
  if (record.kind === ACKED && record.number > search.acked) takeAcked(journal, search, record);
  if (record.number <= search.sealed) return;
  search.sealed = record.number;
  // The power went before its epoch ended: the ratchet does not know of it.
  if (record.kind === ALERT) journal.ratchet.alertSeq = readAlertSeq(createReader(record.body, 0, true));
}

/** Since the ratchet turned. What earlier epochs said of it stands on the chip, for nobody can check their seals any more. */
function takeAcked(journal: Journal, search: Search, record: JournalRecord): void {
  const acked = decodeAcked(record.body);
  if (!acked.ok) return;
  search.acked = record.number;
  journal.ackedTo = acked.value.historyTo;
  journal.alertsTo = Math.max(acked.value.alertsTo, acked.value.historyTo);
}

/** Sealed in the epoch whose key is still there. */
function isSealedNow(journal: Journal, record: JournalRecord): boolean {
  const ratchet = journal.ratchet;
  if (record.epoch !== ratchet.epoch) return false;
  const tag = tagOf(journal.crypto, ratchet.recordKey, record.number, record.epoch, record.kind, record.body);
  return equalBytes(tag, record.tag);
}
