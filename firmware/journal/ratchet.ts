import { copyOf, joinBytes, uint32Bytes } from "../../protocol/bytes.ts";
import { PURPOSE_JOURNAL } from "../../protocol/cose/keys.ts";
import { nextRatchet, recordKey } from "../../protocol/journal/record.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { Secrets } from "../ports/secrets.ts";
import { SLOT_KEY, SLOT_PROVISIONED, SLOT_RATCHET } from "../secrets/slots.ts";

/**
 * The key that seals the journal's records, an epoch at a time. Once an epoch has ended its key is gone, and K₀ with the first
 * step, so that not even the device itself can make up what it did not write then (Schneier and Kelsey).
 *
 * Wherever a journal key stands in its slot (provisioning, a new generation), the next step starts a chain with it: epochs count
 * from it anew, numbers go on.
 */
export interface Ratchet {
  epoch: number;
  /** M of this epoch. */
  recordKey: Uint8Array;
  /** Of the epoch's first record. */
  number: number;
  /** The last one that was durable before: behind it numbers are missing where the flash had refused records. */
  written: number;
  /** The last alert's before it began: alerts are not counted anew when the bulk flash is put back. */
  alertSeq: number;
  /** Of the newest erase block when it began: no later one is far ahead of it. */
  sequence: number;
  /** The centre had every record up to this one, and every alert up to that one: whoever can write the bulk flash says nothing of it. */
  ackedTo: number;
  alertsTo: number;
}

const KEY_BYTES = 32;
/** The numbers of `Standing`, four bytes each; K. */
const SLOT_BYTES = 60;
const K0 = SLOT_KEY + PURPOSE_JOURNAL;

/** What a turn writes beside the key. */
export type Standing = Omit<Ratchet, "epoch" | "recordKey">;

/** As the chip has it; epoch 0, of which nothing is sealed, before the first turn. */
export function openRatchet(secrets: Secrets, crypto: Crypto): Ratchet {
  const slot = slotIn(secrets);
  const words = slot === undefined ? new Uint8Array(SLOT_BYTES) : slot;
  return {
    epoch: wordAt(words, 0),
    recordKey: slot === undefined ? new Uint8Array(0) : recordKey(crypto, keyOf(slot)),
    number: slot === undefined ? 1 : wordAt(words, 4),
    written: wordAt(words, 8),
    alertSeq: wordAt(words, 12),
    sequence: wordAt(words, 16),
    ackedTo: wordAt(words, 20),
    alertsTo: wordAt(words, 24),
  };
}

/** To the next epoch, which begins as `now` says. False: it could not be written, and nothing may be sealed in it. */
export function turnRatchet(secrets: Secrets, crypto: Crypto, ratchet: Ratchet, now: Standing): boolean {
  const fresh = secrets.read(K0);
  const before = fresh === undefined ? keyIn(secrets) : fresh;
  if (before === undefined) return false;
  const next = nextRatchet(crypto, before);
  const epoch = fresh === undefined ? ratchet.epoch + 1 : 1;
  const words = [epoch, now.number, now.written, now.alertSeq, now.sequence, now.ackedTo, now.alertsTo];
  const parts: Uint8Array[] = [];
  for (const word of words) parts.push(uint32Bytes(word));
  parts.push(next);
  if (!secrets.write(SLOT_RATCHET, joinBytes(parts))) return false;
  // A cut before this starts the same epoch once more, in which nothing has been sealed.
  if (fresh !== undefined && !secrets.erase(K0)) return false;
  ratchet.epoch = epoch;
  ratchet.recordKey = recordKey(crypto, next);
  ratchet.number = now.number;
  ratchet.written = now.written;
  ratchet.alertSeq = now.alertSeq;
  ratchet.sequence = now.sequence;
  ratchet.ackedTo = now.ackedTo;
  ratchet.alertsTo = now.alertsTo;
  return true;
}

/** K of the present epoch: held by the chip alone, not by the ratchet in memory. Zeros before provisioning; `undefined`: it is lost. */
function keyIn(secrets: Secrets): Uint8Array | undefined {
  const slot = slotIn(secrets);
  if (slot !== undefined) return keyOf(slot);
  return secrets.read(SLOT_PROVISIONED) === undefined ? new Uint8Array(KEY_BYTES) : undefined;
}

function slotIn(secrets: Secrets): Uint8Array | undefined {
  const slot = secrets.read(SLOT_RATCHET);
  return slot !== undefined && slot.length === SLOT_BYTES ? slot : undefined;
}

function keyOf(slot: Uint8Array): Uint8Array {
  return copyOf(slot, SLOT_BYTES - KEY_BYTES, SLOT_BYTES);
}

/** As `uint32Bytes` writes it. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at] * 16777216 + bytes[at + 1] * 65536 + bytes[at + 2] * 256 + bytes[at + 3];
}
