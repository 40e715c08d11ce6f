import { copyOf, equalBytes, joinBytes, uint32Bytes } from "../../protocol/bytes.ts";
import { crc32 } from "../../protocol/crc32.ts";
import type { Flash } from "../ports/flash.ts";
import { SECRET_MOST_BYTES, type Secrets } from "../ports/secrets.ts";

/**
 * The `secrets` port over two or more pages of on-chip flash: a log of records in the page with the highest sequence number.
 * A write appends the new record, reads it back and programs the old one to zeros; when the page is full, what lives moves
 * to the next one, whose head is written last, and the page before is zeroed. So a page is erased once in a turn of all.
 *
 * Words (4 bytes) are programmed whole, aligned, and twice between two erases: data, then zeros, which is what
 * nRF52840 allows. Record: `mark, slot, length, mark | body, padded | CRC-32`. A page begins with a record of slot 0, twice, so that one
 * flipped bit does not lose every key: the page's sequence number.
 *
 * Wear: at 150 ratchet steps a day of 52 bytes, and as many counters of 12, about 9.6 KB go into 3.4 KB of free page, which is 2.8
 * moves a day (2.6 measured); over two pages of 10,000 erases each that is 20 years, over four 40.
 */
interface Store {
  flash: Flash;
  /** Of the first page. */
  address: number;
  pages: number;
  /** Which page is in use. */
  page: number;
  sequence: number;
  /** Offset in it at which the next record goes. */
  end: number;
  /** By slot: the offset of its record in the page; 0: none. */
  places: Uint16Array;
}

/** The slot of a page's head, which is no secret. */
const HEAD = 0;
const HEAD_BYTES = 12;
const HEADS_BYTES = 24;
const RECORD_MARK = 0xa5;
/** Head and CRC. */
const RECORD_FRAME_BYTES = 8;
const SLOTS_MOST = 64;
const ERASED = 0xff;

/** `bytes`: two pages at least. Finishes what a power cut interrupted; afterwards nothing but what stands in a slot can be read. */
export function openSecrets(flash: Flash, address: number, bytes: number): Secrets {
  const store: Store = {
    flash: flash,
    address: address,
    pages: Math.floor(bytes / flash.eraseBytes),
    page: 0,
    sequence: 0,
    end: HEADS_BYTES,
    places: new Uint16Array(SLOTS_MOST),
  };
  for (let page = 0; page < store.pages; page++) {
    const sequence = sequenceOf(store, page);
    if (sequence <= store.sequence) continue;
    store.sequence = sequence;
    store.page = page;
  }
  if (store.sequence > 0) findRecords(store);
  for (let page = 0; page < store.pages; page++) wipePage(store, page);
  return {
    read: (slot: number) => readSlot(store, slot),
    write: (slot: number, value: Uint8Array) => writeSlot(store, slot, value),
    erase: (slot: number) => eraseSlot(store, slot),
  };
}

function placeOf(store: Store, slot: number): number {
  return slot < SLOTS_MOST ? store.places[slot] : 0;
}

function readSlot(store: Store, slot: number): Uint8Array | undefined {
  const offset = placeOf(store, slot);
  if (offset === 0) return undefined;
  const bytes = readAt(store, store.page, offset, RECORD_FRAME_BYTES + SECRET_MOST_BYTES);
  return isRecord(bytes, 0) ? copyOf(bytes, 4, 4 + bytes[2]) : undefined;
}

function writeSlot(store: Store, slot: number, value: Uint8Array): boolean {
  if (slot === HEAD || slot >= SLOTS_MOST || value.length > SECRET_MOST_BYTES) return false;
  const old = readSlot(store, slot);
  if (old !== undefined && equalBytes(old, value)) return true;
  const record = recordOf(slot, value);
  if (store.sequence === 0 || store.end + record.length > store.flash.eraseBytes) return move(store, slot, record);
  const offset = store.end;
  store.end += record.length;
  // A place that does not take it is left behind, wiped, for the next page.
  if (!programAt(store, store.page, offset, record)) return move(store, slot, record);
  const before = store.places[slot];
  store.places[slot] = offset;
  // What cannot be zeroed goes with its page.
  if (before > 0 && !zeroRecord(store, before)) move(store, slot, record);
  return true;
}

function eraseSlot(store: Store, slot: number): boolean {
  const offset = placeOf(store, slot);
  if (offset === 0) return true;
  const from = store.page;
  if (!zeroRecord(store, offset)) return move(store, slot, undefined) && wipePage(store, from);
  store.places[slot] = 0;
  return true;
}

/**
 * Takes what lives to the next page that holds it, with `record` in place of what stands in `slot` (`undefined`: nothing). The
 * head, last of all, is the moment from which the new page counts. False: no page would take it, and all is as before.
 */
function move(store: Store, slot: number, record: Uint8Array | undefined): boolean {
  const from = store.page;
  for (let i = 1; i <= store.pages; i++) {
    const page = (from + i) % store.pages;
    if (store.sequence > 0 && page === from) return false;
    const places = new Uint16Array(SLOTS_MOST);
    const end = copyTo(store, page, places, slot, record);
    if (end === 0 || !programHeads(store, page)) continue;
    store.page = page;
    store.sequence += 1;
    store.end = end;
    store.places = places;
    if (from !== page) wipePage(store, from);
    return true;
  }
  return false;
}

/** Where the copy ends; 0: the page did not take it. */
function copyTo(store: Store, page: number, places: Uint16Array, slot: number, record: Uint8Array | undefined): number {
  let end = HEADS_BYTES;
  store.flash.erase(pageAddress(store, page));
  for (let i = 0; i < SLOTS_MOST; i++) {
    const value = i === slot ? undefined : readSlot(store, i);
    const copy = i === slot ? record : value === undefined ? undefined : recordOf(i, value);
    if (copy === undefined) continue;
    if (end + copy.length > store.flash.eraseBytes || !programAt(store, page, end, copy)) return 0;
    places[i] = end;
    end += copy.length;
  }
  return end;
}

/** Looks at every word, for after a power cut a length cannot be trusted. Of two records for a slot the later one counts. */
function findRecords(store: Store): void {
  const size = store.flash.eraseBytes;
  const bytes = readAt(store, store.page, 0, size);
  let offset = HEADS_BYTES;
  while (offset < size) {
    if (isRecord(bytes, offset)) {
      store.places[bytes[offset + 1]] = offset;
      offset += recordBytes(bytes[offset + 2]);
      store.end = offset;
    } else {
      offset += 4;
      if (wordAt(bytes, offset - 4) !== -1) store.end = offset;
    }
  }
}

/**
 * Zeros in whatever is not erased and, in the page in use, is no part of a record that stands. False: something else can still
 * be read. A page of old that takes no zeros is erased.
 */
function wipePage(store: Store, page: number): boolean {
  const isLive = page === store.page && store.sequence > 0;
  const bytes = readAt(store, page, 0, store.flash.eraseBytes);
  if (isLive) hideLiving(store, bytes);
  let isClean = true;
  let offset = 0;
  while (offset < bytes.length) {
    let run = 0;
    while (offset + run < bytes.length && isReadable(bytes, offset + run)) run += 4;
    if (run > 0 && !programAt(store, page, offset, new Uint8Array(run))) isClean = false;
    offset += run + 4;
  }
  if (isClean || isLive) return isClean;
  store.flash.erase(pageAddress(store, page));
  return sequenceOf(store, page) === 0;
}

/** Makes what stands look erased in a copy of the page, so that it is left alone. */
function hideLiving(store: Store, bytes: Uint8Array): void {
  bytes.fill(ERASED, 0, HEADS_BYTES);
  for (let slot = 0; slot < SLOTS_MOST; slot++) {
    const offset = store.places[slot];
    if (offset > 0) bytes.fill(ERASED, offset, offset + recordBytes(bytes[offset + 2]));
  }
}

/** Whether the word is neither erased nor overwritten. */
function isReadable(bytes: Uint8Array, at: number): boolean {
  const word = wordAt(bytes, at);
  return word !== 0 && word !== -1;
}

/** Overwrites body and CRC in place and reads them back; slot and length are no secret. */
function zeroRecord(store: Store, offset: number): boolean {
  const length = recordBytes(readAt(store, store.page, offset, 4)[2]) - 4;
  return programAt(store, store.page, offset + 4, new Uint8Array(length));
}

function recordOf(slot: number, value: Uint8Array): Uint8Array {
  const record = new Uint8Array(recordBytes(value.length));
  record[0] = RECORD_MARK;
  record[1] = slot;
  record[2] = value.length;
  record[3] = RECORD_MARK;
  record.set(value, 4);
  record.set(crcOf(record), record.length - 4);
  return record;
}

/** Whether a whole record stands at `offset` of the bytes. */
function isRecord(bytes: Uint8Array, offset: number): boolean {
  const length = bytes[offset + 2];
  const end = offset + recordBytes(length);
  if (bytes[offset] !== RECORD_MARK || bytes[offset + 3] !== RECORD_MARK) return false;
  if (bytes[offset + 1] >= SLOTS_MOST || length > SECRET_MOST_BYTES || end > bytes.length) return false;
  return equalBytes(copyOf(bytes, end - 4, end), crcOf(copyOf(bytes, offset, end)));
}

function recordBytes(length: number): number {
  return RECORD_FRAME_BYTES + ((length + 3) & ~3);
}

/** Over all of the record before it; never 0, which is what an overwritten record has. */
function crcOf(record: Uint8Array): Uint8Array {
  const crc = crc32(0, record, record.length - 4);
  return uint32Bytes(crc === 0 ? 1 : crc);
}

function programHeads(store: Store, page: number): boolean {
  const head = recordOf(HEAD, uint32Bytes(store.sequence + 1));
  return programAt(store, page, 0, joinBytes([head, head]));
}

/** 0: the page has no head. */
function sequenceOf(store: Store, page: number): number {
  const heads = readAt(store, page, 0, HEADS_BYTES);
  for (let at = 0; at < HEADS_BYTES; at += HEAD_BYTES)
    if (isRecord(heads, at) && heads[at + 1] === HEAD) return wordAt(heads, at + 4) >>> 0;
  return 0;
}

/** Big end first. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

function pageAddress(store: Store, page: number): number {
  return store.address + page * store.flash.eraseBytes;
}

/** Up to the page's end. */
function readAt(store: Store, page: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(length, store.flash.eraseBytes - offset));
  store.flash.read(pageAddress(store, page) + offset, bytes, bytes.length);
  return bytes;
}

/** Whether it stands there as it was meant to. */
function programAt(store: Store, page: number, offset: number, bytes: Uint8Array): boolean {
  store.flash.program(pageAddress(store, page) + offset, bytes);
  return equalBytes(readAt(store, page, offset, bytes.length), bytes);
}
