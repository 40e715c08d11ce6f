import { equalBytes } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/cose/crypto.ts";
import type { EpochKey } from "../../protocol/evidence/bundle.ts";
import type { SealedRecord } from "../../protocol/evidence/commitment.ts";
import { nextRatchet, recordKey, tagOf } from "../../protocol/journal/record.ts";

/** The device's chain of keys, walked forward by who holds its beginning; design §10. */

/** 15 minutes an epoch and a boot now and then: a century. A record that claims more is no record. */
const EPOCHS_MOST = 4_000_000;

/** M_i of the epochs asked for, by epoch; `journalKey` is K_0. */
export function epochKeysOf(
  crypto: Crypto,
  journalKey: Uint8Array,
  epochs: ReadonlySet<number>,
): Map<number, Uint8Array> {
  const keys = new Map<number, Uint8Array>();
  const last = Math.min(Math.max(-1, ...epochs), EPOCHS_MOST);
  let ratchet = journalKey;
  for (let epoch = 0; epoch <= last; epoch++) {
    if (epochs.has(epoch)) keys.set(epoch, recordKey(crypto, ratchet));
    if (epoch < last) ratchet = nextRatchet(crypto, ratchet);
  }
  return keys;
}

export function isSealedBy(crypto: Crypto, key: Uint8Array, { number, epoch, kind, body, tag }: SealedRecord): boolean {
  return equalBytes(tagOf(crypto, key, number, epoch, kind, body), tag);
}

export function sealedBy(crypto: Crypto, key: Uint8Array, record: Omit<SealedRecord, "tag">): SealedRecord {
  return { ...record, tag: tagOf(crypto, key, record.number, record.epoch, record.kind, record.body) };
}

/**
 * The keys of the epochs in which the records lie, each of the generation whose key their seals fit. `journalKeyOf`: K_0 of a
 * generation, or `undefined`; tried from the newest down. What no generation seals is left out, and the verifier will say so.
 */
export function keysForRecords(
  crypto: Crypto,
  records: SealedRecord[],
  newest: number,
  journalKeyOf: (generation: number) => Uint8Array,
): EpochKey[] {
  const open = new Map<number, SealedRecord>();
  for (const record of records) if (!open.has(record.epoch)) open.set(record.epoch, record);
  const found: EpochKey[] = [];
  for (let generation = newest; generation >= 1 && open.size > 0; generation--) {
    const keys = epochKeysOf(crypto, journalKeyOf(generation), new Set(open.keys()));
    for (const [epoch, key] of keys) {
      if (!isSealedBy(crypto, key, open.get(epoch)!)) continue;
      found.push({ generation, epoch, key });
      open.delete(epoch);
    }
  }
  return found.sort((a, b) => a.epoch - b.epoch);
}
