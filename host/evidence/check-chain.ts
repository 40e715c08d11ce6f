import type { Crypto } from "../../protocol/cose/crypto.ts";
import type { EpochKey, RecordItem } from "../../protocol/evidence/bundle.ts";
import { isSealedBy } from "../../protocol/journal/examine.ts";
import { epochOf, numberOf } from "./check-tree.ts";
import { failed, notDone, passed, type Step } from "./step.ts";

/** Numbers that the device used again in a later epoch: its flash had been put back to an earlier state. Nothing of either is lost. */
export interface Rewind {
  /** What was used again: from the first number of the later ones to the last of the earlier ones. */
  from: number;
  to: number;
  /** Epochs of the last record before, and of the first behind. */
  epoch: number;
  again: number;
  /** The place in the bundle of the first behind it. */
  at: number;
  /** The log has all of the earlier ones before any of the later ones: who came first is proven by more than the seals. */
  isProven: boolean;
}

export interface ChainChecked {
  step: Step;
  /** Runs of numbers that are not there; `at`: the place in the bundle of the record behind them. */
  missing: { from: number; to: number; at: number }[];
  rewinds: Rewind[];
  /** Numbers of records of which something is held back: their seals cannot be checked here. */
  heldBack: number[];
}

interface Place {
  number: number;
  epoch: number;
  generation: number;
}

/**
 * Every seal that is shown fits a key of its epoch, and generations, epochs in them, and numbers in these ascend. A number that stands
 * in several epochs is a rewind; what an older journal key sealed after a newer one's first record is none.
 */
export function checkChain(crypto: Crypto, records: RecordItem[], keys: EpochKey[]): ChainChecked {
  const missing: ChainChecked["missing"] = [];
  const heldBack: number[] = [];
  const places: Place[] = [];
  const rewinds: Rewind[] = [];
  const result = (step: Step): ChainChecked => ({ step, missing, rewinds, heldBack });
  const byEpoch = keysByEpoch(keys);
  for (const [at, item] of records.entries()) {
    const last = places.at(-1);
    const placed = placeOf(crypto, item, last, byEpoch.get(epochOf(item)) ?? []);
    if ("code" in placed) return result(failed("chain", placed.code, placed.params));
    const wrong = last === undefined ? undefined : disorder(last, placed);
    if (wrong !== undefined) return result(failed("chain", wrong.code, wrong.params));
    places.push(placed);
    if (!item.shown) heldBack.push(placed.number);
    if (last === undefined) continue;
    if (placed.number > last.number + 1) missing.push({ from: last.number + 1, to: placed.number - 1, at });
    if (placed.number <= last.number) rewinds.push(rewindAt(at, last, placed, records));
  }
  return result(chainStep({ rewinds, heldBack }, places, records, keys.length));
}

function keysByEpoch(keys: EpochKey[]): Map<number, EpochKey[]> {
  const byEpoch = new Map<number, EpochKey[]>();
  for (const key of [...keys].sort((a, b) => b.generation - a.generation)) {
    const known = byEpoch.get(key.epoch);
    if (known === undefined) byEpoch.set(key.epoch, [key]);
    else known.push(key);
  }
  return byEpoch;
}

type Wrong = Pick<Step, "code" | "params">;

/** A record that is held back shows no seal: it is where its neighbour before it lets it be. */
function placeOf(crypto: Crypto, item: RecordItem, last: Place | undefined, keys: EpochKey[]): Place | Wrong {
  const number = numberOf(item);
  const epoch = epochOf(item);
  if (item.shown) {
    if (keys.length === 0) return { code: "evidence.no-epoch-key", params: { number, epoch } };
    // Said before the seal is looked at: of a record that changed its place the order tells more.
    const wrong = last !== undefined && keys.length === 1 && disorder(last, { ...keys[0], number });
    if (wrong) return wrong;
    const own = keys.find(({ key }) => isSealedBy(crypto, key, item.record));
    if (own === undefined) return { code: "evidence.seal-broken", params: { number, epoch } };
    return { number, epoch, generation: own.generation };
  }
  const { generation = 0, epoch: before = 0 } = last ?? {};
  const later = keys.filter((key) => key.generation > generation || (key.generation === generation && epoch >= before));
  return { number, epoch, generation: later.at(-1)?.generation ?? generation };
}

function disorder(last: Place, { number, epoch, generation }: Place): Wrong | undefined {
  if (generation < last.generation)
    return { code: "evidence.old-generation", params: { number, epoch, generation, newer: last.generation } };
  if (generation > last.generation) return undefined;
  if (epoch < last.epoch) return { code: "evidence.epoch-backwards", params: { number, epoch } };
  if (epoch === last.epoch && number <= last.number)
    return { code: "evidence.out-of-order", params: { number, after: last.number } };
  return undefined;
}

function rewindAt(at: number, last: Place, { number, epoch }: Place, records: RecordItem[]): Rewind {
  const earlier = records.slice(0, at).filter((item) => numberOf(item) >= number);
  const isProven = arePutInBefore(earlier, records.slice(at));
  return { from: number, to: last.number, epoch: last.epoch, again: epoch, at, isProven };
}

/** Whether the log has all of the earlier ones, and before any of the later ones. */
function arePutInBefore(earlier: RecordItem[], later: RecordItem[]): boolean {
  const latest = earlier.reduce((most, { leaf }) => Math.max(most, leaf ?? Number.POSITIVE_INFINITY), -1);
  return Number.isFinite(latest) && later.every(({ leaf }) => leaf === undefined || leaf > latest);
}

/** What an older journal key sealed under a number at which a newer one had begun, unless the log had it before. */
function oldAfterNew(places: Place[], records: RecordItem[]): Wrong | undefined {
  for (let at = 1; at < places.length; at++) {
    const { generation: newer, number } = places[at];
    if (newer === places[at - 1].generation) continue;
    const old = records.slice(0, at).filter((item) => numberOf(item) >= number);
    if (old.length === 0 || arePutInBefore(old, records.slice(at))) continue;
    const first = places[records.indexOf(old[0])];
    return { code: "evidence.old-generation", params: { ...first, newer } };
  }
  return undefined;
}

function chainStep(
  { rewinds, heldBack }: Pick<ChainChecked, "rewinds" | "heldBack">,
  places: Place[],
  records: RecordItem[],
  epochs: number,
): Step {
  const old = oldAfterNew(places, records);
  if (old !== undefined) return failed("chain", old.code, old.params);
  const open = rewinds.find(({ isProven }) => !isProven);
  if (open !== undefined) {
    const { from, to, epoch, again } = open;
    return notDone("chain", "evidence.order-unproven", { from, to, epoch, again });
  }
  const code = rewinds.length === 0 ? "evidence.chain-fits" : "evidence.chain-fits-rewound";
  return passed("chain", code, { records: records.length - heldBack.length, epochs, rewinds: rewinds.length });
}
