import type { Flash } from "../ports/flash.ts";

/**
 * Records one after another in an erased area: length, CRC-16, bytes. The ring, the seals and the chain come on top of it.
 * A record whose length or check does not fit ends the journal, so half a record is never believed.
 */
export interface Journal {
  flash: Flash;
  baseAddress: number;
  sizeBytes: number;
  /** Where the next record goes. */
  headAddress: number;
}

export type Appended = { ok: true } | { ok: false; reason: "journal.full" | "journal.too-long" };

const HEADER_BYTES = 4;
/** An alert with a long zone name is under 200 bytes; longer than this is no record of ours. */
export const RECORD_LIMIT_BYTES = 512;
const ERASED = 0xffff;

/** Finds the end of what was written before. */
export function openJournal(flash: Flash, baseAddress: number, sizeBytes: number): Journal {
  const journal = { flash, baseAddress, sizeBytes, headAddress: baseAddress };
  const record = new Uint8Array(RECORD_LIMIT_BYTES);
  let length = readRecord(journal, journal.headAddress, record);
  while (length > 0) {
    journal.headAddress += HEADER_BYTES + length;
    length = readRecord(journal, journal.headAddress, record);
  }
  if (!isErasedAt(journal, journal.headAddress)) journal.headAddress = nextBlock(journal);
  return journal;
}

/** Writes one record: body first and header last, so that a cut between leaves nothing to believe. */
export function appendRecord(journal: Journal, record: Uint8Array): Appended {
  if (record.length === 0 || record.length > RECORD_LIMIT_BYTES) return { ok: false, reason: "journal.too-long" };
  if (journal.headAddress + HEADER_BYTES + record.length > journal.baseAddress + journal.sizeBytes) {
    return { ok: false, reason: "journal.full" };
  }
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = record.length & 0xff;
  header[1] = record.length >> 8;
  const check = crc16(record, record.length);
  header[2] = check & 0xff;
  header[3] = check >> 8;
  journal.flash.program(journal.headAddress + HEADER_BYTES, record);
  journal.flash.program(journal.headAddress, header);
  journal.headAddress += HEADER_BYTES + record.length;
  return { ok: true };
}

/** Fills `into` with the record at `address` and returns its length, or 0 where none stands that can be believed. */
export function readRecord(journal: Journal, address: number, into: Uint8Array): number {
  const endAddress = journal.baseAddress + journal.sizeBytes;
  if (address + HEADER_BYTES > endAddress) return 0;
  const header = new Uint8Array(HEADER_BYTES);
  journal.flash.read(address, header, HEADER_BYTES);
  const length = header[0] | (header[1] << 8);
  if (length === ERASED || length === 0 || length > RECORD_LIMIT_BYTES || address + HEADER_BYTES + length > endAddress)
    return 0;
  journal.flash.read(address + HEADER_BYTES, into, length);
  return crc16(into, length) === (header[2] | (header[3] << 8)) ? length : 0;
}

/** Calls back for every record that can be believed, oldest first. */
export function readJournal(journal: Journal, onRecord: (record: Uint8Array, length: number) => void): void {
  const record = new Uint8Array(RECORD_LIMIT_BYTES);
  let address = journal.baseAddress;
  while (address < journal.headAddress) {
    const length = readRecord(journal, address, record);
    if (length > 0) {
      onRecord(record, length);
      address += HEADER_BYTES + length;
    } else address = blockAfter(journal, address);
  }
}

function isErasedAt(journal: Journal, address: number): boolean {
  if (address + RECORD_LIMIT_BYTES > journal.baseAddress + journal.sizeBytes) return true;
  const bytes = new Uint8Array(RECORD_LIMIT_BYTES);
  journal.flash.read(address, bytes, RECORD_LIMIT_BYTES);
  for (let i = 0; i < RECORD_LIMIT_BYTES; i++) if (bytes[i] !== 0xff) return false;
  return true;
}

/** What a power cut left half-written is stepped over to the next erase block; blocks after it may hold records too. */
function nextBlock(journal: Journal): number {
  const record = new Uint8Array(RECORD_LIMIT_BYTES);
  let address = blockAfter(journal, journal.headAddress);
  while (address < journal.baseAddress + journal.sizeBytes) {
    const length = readRecord(journal, address, record);
    if (length > 0) address += HEADER_BYTES + length;
    else if (isErasedAt(journal, address)) return address;
    else address = blockAfter(journal, address);
  }
  return address;
}

function blockAfter(journal: Journal, address: number): number {
  const block = journal.flash.eraseBytes;
  return journal.baseAddress + (Math.floor((address - journal.baseAddress) / block) + 1) * block;
}

/** CRC-16/XMODEM (polynomial 0x1021, initial 0): the check that MCUmgr's framing uses as well. */
export function crc16(bytes: Uint8Array, length: number): number {
  let crc = 0;
  for (let i = 0; i < length; i++) {
    crc ^= bytes[i] << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) !== 0 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
