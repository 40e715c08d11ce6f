import { equalBytes } from "../bytes.ts";
import type { Crypto } from "../cose/crypto.ts";
import type { Damage } from "./read.ts";
import { type Gap, readGap } from "./read-gap.ts";
import { GAP, type JournalRecord, nextRatchet, recordKey, tagOf } from "./record.ts";

/**
 * M of epochs by their numbers, a map for each of the device's journal keys, oldest first: with a new key epochs count anew.
 */
export type Chain = ReadonlyMap<number, Uint8Array>;

export interface ExaminedRecord extends JournalRecord {
  /** Whether the seal fits its epoch's key; `no-key`: that is not in the chains. */
  verified: boolean | "no-key";
  /** Which of the chains sealed it. */
  chain: number | undefined;
}

/** Numbers, both inclusive. */
export interface Span {
  from: number;
  to: number;
}

export interface Examined {
  /**
   * By number, each once; of two with one number in one epoch the one that is verified. Where a number was used again in a later epoch
   * both stand here, one behind the other.
   */
  records: ExaminedRecord[];
  /** What else was there under a number: another record, though the same twice is no matter. */
  others: ExaminedRecord[];
  /** Numbers of which verified records stand in several epochs: the flash was put back, and the device counted from there again. */
  reused: number[];
  /**
   * Numbers of verified records of an epoch that had ended before, but for those used again: the M_i of a past epoch are no secret
   * for ever.
   */
  late: number[];
  /** Numbers that are not there, ascending, and why. */
  holes: (Span & { why: "made way" | "damaged" | "missing" })[];
  /** What the GAP records tell, whether or not the numbers are missing here. */
  gaps: Gap[];
  /** Runs of one epoch, in the order of their numbers. */
  epochs: (Span & { epoch: number; records: number })[];
}

/** 15 minutes an epoch and a boot now and then: a century. A record that claims more is no record. */
const EPOCHS_MOST = 4_000_000;

/** M of these epochs, by the key that the chain begins with (K₀). */
export function chainOf(crypto: Crypto, journalKey: Uint8Array, epochs: ReadonlySet<number>): Chain {
  const keys = new Map<number, Uint8Array>();
  let last = -1;
  for (const epoch of epochs) if (epoch > last && epoch <= EPOCHS_MOST) last = epoch;
  let ratchet = journalKey;
  for (let epoch = 0; epoch <= last; epoch++) {
    if (epochs.has(epoch)) keys.set(epoch, recordKey(crypto, ratchet));
    if (epoch < last) ratchet = nextRatchet(crypto, ratchet);
  }
  return keys;
}

/** Whether the seal is the one that `key` (an epoch's M) gives. */
export function isSealedBy(
  crypto: Crypto,
  key: Uint8Array,
  { number, epoch, kind, body, tag }: JournalRecord,
): boolean {
  return equalBytes(tagOf(crypto, key, number, epoch, kind, body), tag);
}

/**
 * What records from anywhere, in any order, show. `damage`: of the ring that they come from. `wanted`: numbers that must be there
 * (the last that was ever heard of); without it holes are looked for between the first record and the last. What is not
 * genuine fills no hole.
 */
export function examine(
  crypto: Crypto,
  found: readonly JournalRecord[],
  chains: readonly Chain[],
  damage: readonly Damage[] = [],
  wanted: Partial<Span> = {},
): Examined {
  const { records, others, reused } = once(found.map((record) => verify(crypto, record, chains)));
  const believed = records.filter(({ verified }) => verified !== false);
  const gaps = believed.flatMap(({ kind, body }) => {
    const read = kind === GAP ? readGap(body) : undefined;
    return read?.ok ? [read.gap] : [];
  });
  return {
    records,
    others,
    reused,
    late: lateOf(records, new Set(reused)),
    holes: holesOf(missingIn(believed, wanted), gaps, damage),
    gaps,
    epochs: epochsOf(believed),
  };
}

function verify(crypto: Crypto, record: JournalRecord, chains: readonly Chain[]): ExaminedRecord {
  let verified: ExaminedRecord["verified"] = "no-key";
  // The newest first: an old key is likelier to have got about.
  for (let chain = chains.length - 1; chain >= 0; chain--) {
    const key = chains[chain].get(record.epoch);
    if (key === undefined) continue;
    if (isSealedBy(crypto, key, record)) return { ...record, verified: true, chain };
    verified = false;
  }
  return { ...record, verified, chain: undefined };
}

function once(all: ExaminedRecord[]): Pick<Examined, "records" | "others" | "reused"> {
  const byNumber = new Map<number, ExaminedRecord[]>();
  for (const record of all) {
    const known = byNumber.get(record.number) ?? [];
    if (!known.some((one) => isSame(one, record))) known.push(record);
    byNumber.set(record.number, known);
  }
  const records: ExaminedRecord[] = [];
  const others: ExaminedRecord[] = [];
  const reused: number[] = [];
  for (const number of [...byNumber.keys()].sort((a, b) => a - b)) {
    const [best, ...rest] = byNumber.get(number)!.sort((a, b) => worth(b, a));
    const kept = [best];
    for (const one of rest) {
      const isAnother = kept.every(({ chain, epoch }) => chain !== one.chain || epoch !== one.epoch);
      if (one.verified === best.verified && one.verified !== false && isAnother) kept.push(one);
      else others.push(one);
    }
    if (kept.length > 1 && best.verified === true) reused.push(number);
    records.push(...kept.sort(order));
  }
  return { records, others, reused };
}

function isSame(a: ExaminedRecord, b: ExaminedRecord): boolean {
  return a.epoch === b.epoch && a.kind === b.kind && equalBytes(a.body, b.body) && equalBytes(a.tag, b.tag);
}

/** Above 0: `a` is to be believed rather than `b`. */
function worth(a: ExaminedRecord, b: ExaminedRecord): number {
  const rank = ({ verified }: ExaminedRecord) => (verified === true ? 2 : verified === "no-key" ? 1 : 0);
  return rank(a) - rank(b) || order(a, b);
}

/** Chains and their epochs follow one another. */
function order(a: ExaminedRecord, b: ExaminedRecord): number {
  return (a.chain ?? 0) - (b.chain ?? 0) || a.epoch - b.epoch;
}

function lateOf(records: ExaminedRecord[], reused: ReadonlySet<number>): number[] {
  const late: number[] = [];
  let newest: ExaminedRecord | undefined;
  for (const record of records) {
    if (record.verified !== true || reused.has(record.number)) continue;
    if (newest !== undefined && order(record, newest) < 0) late.push(record.number);
    else newest = record;
  }
  return late;
}

function missingIn(records: ExaminedRecord[], wanted: Partial<Span>): Span[] {
  const missing: Span[] = [];
  let next = wanted.from ?? records[0]?.number ?? 1;
  for (const { number } of records) {
    if (number > next) missing.push({ from: next, to: number - 1 });
    next = Math.max(next, number + 1);
  }
  if (wanted.to !== undefined && wanted.to >= next) missing.push({ from: next, to: wanted.to });
  return missing;
}

function holesOf(missing: Span[], gaps: Gap[], damage: readonly Damage[]): Examined["holes"] {
  const told = divide(missing, union(gaps.flatMap(({ spans }) => spans)));
  const struck = divide(
    told.outside,
    union(damage.flatMap(({ from, to }) => (from === undefined ? [] : [{ from, to: to ?? Number.POSITIVE_INFINITY }]))),
  );
  const named = (spans: Span[], why: Examined["holes"][number]["why"]) => spans.map((span) => ({ ...span, why }));
  return [
    ...named(told.inside, "made way"),
    ...named(struck.inside, "damaged"),
    ...named(struck.outside, "missing"),
  ].sort((a, b) => a.from - b.from);
}

/** Ascending, without overlap. */
function union(spans: Span[]): Span[] {
  const merged: Span[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (to < from) continue;
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** Which parts of the runs lie in `by` and which do not; both ascend without overlap, and each is walked once. */
function divide(runs: Span[], by: Span[]): { inside: Span[]; outside: Span[] } {
  const inside: Span[] = [];
  const outside: Span[] = [];
  let at = 0;
  for (const run of runs) {
    let from = run.from;
    while (at < by.length && by[at].to < from) at += 1;
    while (from <= run.to) {
      const cover = by[at];
      if (cover === undefined || cover.from > run.to) {
        outside.push({ from, to: run.to });
        break;
      }
      if (cover.from > from) outside.push({ from, to: cover.from - 1 });
      const start = Math.max(from, cover.from);
      const end = Math.min(run.to, cover.to);
      inside.push({ from: start, to: end });
      from = end + 1;
      if (cover.to < from) at += 1;
    }
  }
  return { inside, outside };
}

function epochsOf(records: ExaminedRecord[]): Examined["epochs"] {
  const runs: Examined["epochs"] = [];
  for (const { number, epoch } of records) {
    const last = runs.at(-1);
    if (last?.epoch === epoch) {
      last.to = number;
      last.records += 1;
    } else runs.push({ epoch, from: number, to: number, records: 1 });
  }
  return runs;
}
