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
}

const KEY_BYTES = 32;
/** Epoch, number, alert and sequence, four bytes each; `written` only where it is not the number before; K. */
const SLOT_BYTES = 48;
const K0 = SLOT_KEY + PURPOSE_JOURNAL;

/** As the chip has it; epoch 0, of which nothing is sealed, before the first turn. */
export function openRatchet(secrets: Secrets, crypto: Crypto): Ratchet {
  const slot = slotIn(secrets);
  const isNew = slot === undefined || secrets.read(K0) !== undefined;
  const number = slot === undefined ? 1 : wordAt(slot, 4);
  return {
    epoch: isNew ? 0 : wordAt(slot, 0),
    recordKey: isNew ? new Uint8Array(0) : recordKey(crypto, keyOf(slot)),
    number: number,
    written: slot === undefined || slot.length === SLOT_BYTES ? number - 1 : wordAt(slot, 16),
    alertSeq: slot === undefined ? 0 : wordAt(slot, 8),
    sequence: slot === undefined ? 0 : wordAt(slot, 12),
  };
}

/** To the next epoch, which begins with record `number`. False: it could not be written, and nothing may be sealed in it. */
export function turnRatchet(
  secrets: Secrets,
  crypto: Crypto,
  ratchet: Ratchet,
  number: number,
  written: number,
  alertSeq: number,
  sequence: number,
): boolean {
  const fresh = secrets.read(K0);
  const before = fresh === undefined ? keyIn(secrets) : fresh;
  if (before === undefined) return false;
  const next = nextRatchet(crypto, before);
  const epoch = fresh === undefined ? ratchet.epoch + 1 : 1;
  const words = [uint32Bytes(epoch), uint32Bytes(number), uint32Bytes(alertSeq), uint32Bytes(sequence)];
  if (written !== number - 1) words.push(uint32Bytes(written));
  words.push(next);
  if (!secrets.write(SLOT_RATCHET, joinBytes(words))) return false;
  // A cut before this starts the same epoch once more, in which nothing has been sealed.
  if (fresh !== undefined && !secrets.erase(K0)) return false;
  ratchet.epoch = epoch;
  ratchet.recordKey = recordKey(crypto, next);
  ratchet.number = number;
  ratchet.written = written;
  ratchet.alertSeq = alertSeq;
  ratchet.sequence = sequence;
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
  return slot !== undefined && (slot.length === SLOT_BYTES || slot.length === SLOT_BYTES + 4) ? slot : undefined;
}

function keyOf(slot: Uint8Array): Uint8Array {
  return copyOf(slot, slot.length - KEY_BYTES, slot.length);
}

/** As `uint32Bytes` writes it. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at] * 16777216 + bytes[at + 1] * 65536 + bytes[at + 2] * 256 + bytes[at + 3];
}
