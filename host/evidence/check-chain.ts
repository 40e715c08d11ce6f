import type { Crypto } from "../../protocol/cose/crypto.ts";
import type { EpochKey, RecordItem } from "../../protocol/evidence/bundle.ts";
import { isSealedBy } from "./chain.ts";
import { numberOf } from "./check-tree.ts";
import { failed, passed, type Step } from "./step.ts";

export interface ChainChecked {
  step: Step;
  /** Runs of numbers that are not there. */
  missing: { from: number; to: number }[];
  /** Numbers of records of which something is held back: their seals cannot be checked here. */
  heldBack: number[];
}

/** Every seal that is shown fits its epoch's key, numbers and epochs ascend, and no number stands twice. */
export function checkChain(crypto: Crypto, records: RecordItem[], keys: EpochKey[]): ChainChecked {
  const byEpoch = new Map(keys.map(({ epoch, key }) => [epoch, key]));
  const missing: ChainChecked["missing"] = [];
  const heldBack: number[] = [];
  const result = (step: Step): ChainChecked => ({ step, missing, heldBack });
  let last: { number: number; epoch: number } | undefined;
  for (const item of records) {
    const number = numberOf(item);
    const epoch = item.shown ? item.record.epoch : item.epoch;
    if (last !== undefined && number <= last.number)
      return result(failed("chain", "evidence.out-of-order", { number, after: last.number }));
    if (last !== undefined && epoch < last.epoch)
      return result(failed("chain", "evidence.epoch-backwards", { number, epoch }));
    if (last !== undefined && number > last.number + 1) missing.push({ from: last.number + 1, to: number - 1 });
    last = { number, epoch };
    if (!item.shown) {
      heldBack.push(number);
      continue;
    }
    const key = byEpoch.get(epoch);
    if (key === undefined) return result(failed("chain", "evidence.no-epoch-key", { number, epoch }));
    if (!isSealedBy(crypto, key, item.record))
      return result(failed("chain", "evidence.seal-broken", { number, epoch }));
  }
  const count = records.length - heldBack.length;
  return result(passed("chain", "evidence.chain-fits", { records: count, epochs: byEpoch.size }));
}
