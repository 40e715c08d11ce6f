import { crc32 } from "../../protocol/crc32.ts";
import type { Flash } from "../ports/flash.ts";

/**
 * Records one after another in an area of erased blocks: length, CRC-32 of length and body, body. A record lies within one
 * erase block. Where no whole record stands the reader goes on a byte at a time, so damage costs the record it struck and no
 * other. The ring, the seals and the chain come on top of it.
 */
export interface Journal {
  flash: Flash;
  /** Where the area begins: at an erase block, as does its end. */
  baseAddress: number;
  sizeBytes: number;
  /** Everything from here to the area's end is erased; the next record goes here, or into a later block. */
  headAddress: number;
}

/**
 * `journal.bad-length`: an empty record, or one longer than a block or RECORD_LIMIT_BYTES. `journal.full`: no erased room is
 * left for it. `journal.worn`: what was programmed read back as something else, in every block that was left.
 */
export type Appended = { ok: true } | { ok: false; reason: "journal.bad-length" | "journal.full" | "journal.worn" };

/** Called with a buffer that the next record reuses. `endAddress`: just behind the record. */
export type OnRecord = (record: Uint8Array, length: number, endAddress: number) => void;

/** Length, two bytes, and the CRC, four: of two bytes, one piece of damage in 65,000 would pass for a record. */
export const HEADER_BYTES = 6;
/** An alert with a long zone name is under 200 bytes; longer than this is no record of ours. */
export const RECORD_LIMIT_BYTES = 512;
/** How much of the area is looked at in one read when it is opened. */
const GLANCE_BYTES = 256;

/** Finds the end of what was written before: what is not erased, whole or not, can not be written again. */
export function openJournal(flash: Flash, baseAddress: number, sizeBytes: number): Journal {
  const journal = { flash: flash, baseAddress: baseAddress, sizeBytes: sizeBytes, headAddress: baseAddress };
  const endAddress = programmedEnd(journal);
  if (endAddress === baseAddress) return journal;
  // Erased looks the same as a body's last bytes of 0xff: they belong to their record.
  journal.headAddress = endAddress;
  readBlock(journal, blockOf(journal, endAddress - 1), (_record, _length, recordEnd) => {
    if (recordEnd > journal.headAddress) journal.headAddress = recordEnd;
  });
  return journal;
}

/** Writes one record: body first and header last, so that a cut between leaves nothing to believe. Overwrites nothing. */
export function appendRecord(journal: Journal, record: Uint8Array): Appended {
  const bytes = HEADER_BYTES + record.length;
  if (record.length === 0 || record.length > RECORD_LIMIT_BYTES || bytes > journal.flash.eraseBytes)
    return { ok: false, reason: "journal.bad-length" };
  const header = headerOf(record);
  const endAddress = journal.baseAddress + journal.sizeBytes;
  const written = new Uint8Array(record.length);
  let address = placeFor(journal, bytes);
  if (address + bytes > endAddress) return { ok: false, reason: "journal.full" };
  while (address + bytes <= endAddress) {
    journal.headAddress = address + bytes;
    journal.flash.program(address + HEADER_BYTES, record);
    journal.flash.program(address, header);
    if (readRecord(journal, address, written) === record.length) return { ok: true };
    address = blockOf(journal, address) + journal.flash.eraseBytes;
  }
  return { ok: false, reason: "journal.worn" };
}

/** Calls back for every record that can be believed, oldest first. */
export function readJournal(journal: Journal, onRecord: OnRecord): void {
  let block = journal.baseAddress;
  while (block < journal.headAddress) {
    readBlock(journal, block, onRecord);
    block += journal.flash.eraseBytes;
  }
}

/** The records of the erase block that begins at `block`. */
export function readBlock(journal: Journal, block: number, onRecord: OnRecord): void {
  const record = new Uint8Array(RECORD_LIMIT_BYTES);
  const endAddress = Math.min(block + journal.flash.eraseBytes, journal.headAddress);
  let address = block;
  while (address < endAddress) {
    const length = readRecord(journal, address, record);
    address += length === 0 ? 1 : HEADER_BYTES + length;
    if (length > 0) onRecord(record, length, address);
  }
}

/** Where the block of the newest records begins. */
export function lastBlock(journal: Journal): number {
  return blockOf(journal, Math.max(journal.headAddress - 1, journal.baseAddress));
}

/** Fills `into` with the record at `address` and returns its length, or 0 where none stands that can be believed. */
function readRecord(journal: Journal, address: number, into: Uint8Array): number {
  const roomBytes = blockOf(journal, address) + journal.flash.eraseBytes - address - HEADER_BYTES;
  if (roomBytes <= 0) return 0;
  const header = new Uint8Array(HEADER_BYTES);
  journal.flash.read(address, header, HEADER_BYTES);
  const length = header[0] | (header[1] << 8);
  if (length === 0 || length > into.length || length > roomBytes) return 0;
  journal.flash.read(address + HEADER_BYTES, into, length);
  const check = checkOf(header, into, length);
  for (let i = 0; i < 4; i++) if (header[2 + i] !== ((check >> (8 * i)) & 255)) return 0;
  return length;
}

function headerOf(record: Uint8Array): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = record.length & 255;
  header[1] = record.length >> 8;
  const check = checkOf(header, record, record.length);
  for (let i = 0; i < 4; i++) header[2 + i] = (check >> (8 * i)) & 255;
  return header;
}

function checkOf(header: Uint8Array, body: Uint8Array, length: number): number {
  return crc32(crc32(0, header, 2), body, length);
}

/** At the head, or where the next block begins if this one has not the room. */
function placeFor(journal: Journal, bytes: number): number {
  const block = blockOf(journal, journal.headAddress);
  return journal.headAddress + bytes <= block + journal.flash.eraseBytes
    ? journal.headAddress
    : block + journal.flash.eraseBytes;
}

function blockOf(journal: Journal, address: number): number {
  const offset = address - journal.baseAddress;
  return address - (offset % journal.flash.eraseBytes);
}

/** Just behind the last byte that is not erased; the base where all are. */
function programmedEnd(journal: Journal): number {
  const bytes = new Uint8Array(GLANCE_BYTES);
  let address = journal.baseAddress + journal.sizeBytes;
  while (address > journal.baseAddress) {
    const length = Math.min(GLANCE_BYTES, address - journal.baseAddress);
    address -= length;
    journal.flash.read(address, bytes, length);
    for (let i = length - 1; i >= 0; i--) if (bytes[i] !== 0xff) return address + i + 1;
  }
  return journal.baseAddress;
}
