import { append, endEpoch, type Journal, openJournal, readRecords } from "../../firmware/journal/ring.ts";
import { SLOT_KEY } from "../../firmware/secrets/slots.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { PURPOSE_JOURNAL } from "../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ALERT, type JournalRecord, nextRatchet, recordKey, tagOf } from "../../protocol/journal/record.ts";
import { blankCells, Chip } from "../../simulator/faults/power-cut.ts";

export const crypto = createNodeCrypto();
export const BLOCK = 4096;
export const JOURNAL_KEY = new Uint8Array(32).fill(0x4a);
export const BULK = 0;
export const ON_CHIP = 1;

/** A bulk chip for the journal and two pages on the chip for the secrets, provisioned. */
export function blankDevice(blocks: number): { bulk: Uint8Array; onChip: Uint8Array } {
  const cells = { bulk: blankCells(blocks * BLOCK), onChip: blankCells(2 * BLOCK) };
  openSecrets(new Chip(cells.onChip, BLOCK), 0, 2 * BLOCK).write(SLOT_KEY + PURPOSE_JOURNAL, JOURNAL_KEY);
  return cells;
}

export type OnOperation = (chip: number, address: number, bytes: Uint8Array | undefined) => void;

export function boot(
  cells: { bulk: Uint8Array; onChip: Uint8Array },
  onOperation: OnOperation = () => {},
): { journal: Journal; findings: string[] } {
  const secrets = openSecrets(
    new Chip(cells.onChip, BLOCK, (address, bytes) => onOperation(ON_CHIP, address, bytes)),
    0,
    2 * BLOCK,
  );
  const flash = new Chip(cells.bulk, BLOCK, (address, bytes) => onOperation(BULK, address, bytes));
  const opened = openJournal(flash, 0, cells.bulk.length, secrets, crypto);
  opened.journal.checkpoint = () => new Uint8Array(120).fill(7);
  return opened;
}

/** Appends as the device does: an alert ends its epoch. The number of the record. */
export function write(journal: Journal, kind: number, body: Uint8Array, alertSeq = 0): number {
  const appended = append(journal, kind, body);
  if (!appended.ok) throw new Error(appended.reason);
  if (kind === ALERT) endEpoch(journal, alertSeq);
  return appended.number;
}

export function allRecords(journal: Journal, from = 1): JournalRecord[] {
  const records: JournalRecord[] = [];
  readRecords(journal, from, (record) => {
    records.push(record);
    return true;
  });
  return records;
}

/** The record keys of the first epochs, as the vault derives them. */
export function epochKeys(count: number, from: Uint8Array = JOURNAL_KEY): Uint8Array[] {
  const keys: Uint8Array[] = [];
  let ratchet = from;
  for (let epoch = 0; epoch < count; epoch++) {
    keys.push(recordKey(crypto, ratchet));
    ratchet = nextRatchet(crypto, ratchet);
  }
  return keys;
}

export function isGenuine(record: JournalRecord, keys: Uint8Array[]): boolean {
  const key = keys[record.epoch];
  if (key === undefined) return false;
  const tag = tagOf(crypto, key, record.number, record.epoch, record.kind, record.body);
  return Buffer.from(tag).equals(record.tag);
}
