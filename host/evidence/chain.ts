import type { Crypto } from "../../protocol/cose/crypto.ts";
import type { EpochKey } from "../../protocol/evidence/bundle.ts";
import type { SealedRecord } from "../../protocol/evidence/commitment.ts";
import { chainOf, isSealedBy } from "../../protocol/journal/examine.ts";
import { tagOf } from "../../protocol/journal/record.ts";

/** The device's chain of keys, walked forward by who holds its beginning; design §10. */

export function sealedBy(crypto: Crypto, key: Uint8Array, record: Omit<SealedRecord, "tag">): SealedRecord {
  return { ...record, tag: tagOf(crypto, key, record.number, record.epoch, record.kind, record.body) };
}

/** What the journal keys of a device say of its records. */
export interface KeysFound {
  /** M_i for the records that they seal, each once, by generation and epoch. */
  keys: EpochKey[];
  /** Of each record that a key seals: the generation of the journal key that its chain began with. */
  generations: Map<SealedRecord, number>;
}

/**
 * The key of each record is the one that its seal fits: with a new journal key epochs count anew, so an epoch's number alone does not
 * name it. `journalKeyOf`: K_0 of a generation; tried from the newest down.
 */
export function keysForRecords(
  crypto: Crypto,
  records: SealedRecord[],
  newest: number,
  journalKeyOf: (generation: number) => Uint8Array,
): KeysFound {
  const keys: EpochKey[] = [];
  const generations: KeysFound["generations"] = new Map();
  let open = records;
  for (let generation = newest; generation >= 1 && open.length > 0; generation--) {
    const chain = chainOf(crypto, journalKeyOf(generation), new Set(open.map(({ epoch }) => epoch)));
    const used = new Set<number>();
    open = open.filter((record) => {
      const key = chain.get(record.epoch);
      if (key === undefined || !isSealedBy(crypto, key, record)) return true;
      generations.set(record, generation);
      used.add(record.epoch);
      return false;
    });
    for (const epoch of used) keys.push({ generation, epoch, key: chain.get(epoch)! });
  }
  return { keys: keys.sort((a, b) => a.generation - b.generation || a.epoch - b.epoch), generations };
}

const RUNS_SHOWN = 8;

export function numbersText(records: { number: number }[]): string {
  return runsText(records.map(({ number }) => ({ from: number, to: number })));
}

/** `3, 7–12, 40`: numbers for people, in runs, and no more of them than help. */
export function runsText(spans: { from: number; to: number }[]): string {
  const runs: { from: number; to: number }[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = runs.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else runs.push({ from, to });
  }
  const shown = runs.slice(0, RUNS_SHOWN).map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`));
  return [...shown, ...(runs.length > RUNS_SHOWN ? ["…"] : [])].join(", ");
}
