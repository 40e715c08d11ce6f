import { HEAD_SIGNATURE_CONTEXT } from "../../protocol/cose/contexts.ts";
import type { Crypto } from "../../protocol/cose/crypto.ts";
import type { RecordItem, TreeItem } from "../../protocol/evidence/bundle.ts";
import { headOf, leafOf, type Part, showParts } from "../../protocol/evidence/commitment.ts";
import { isConsistent, isIncluded, leafHash } from "../../protocol/evidence/merkle.ts";
import { decodeTreeHead, type TreeHead } from "../../protocol/evidence/tree-head.ts";
import { type PublicKeys, verifyAny } from "./public-keys.ts";
import { failed, notDone, passed, type Step } from "./step.ts";

export interface TreeChecked {
  step: Step;
  /** For each record that a head holds: the instant of the first. */
  witnessedMs: Map<RecordItem, number>;
  /** The instant of the last head; `undefined`: nothing is witnessed. */
  lastMs: number | undefined;
}

/** Heads: signed, in order, each the continuation of the one before. Records: in the tree of the last, as what they are. */
export function checkTree(
  crypto: Crypto,
  tree: TreeItem,
  records: RecordItem[],
  keys: PublicKeys | undefined,
): TreeChecked {
  const nothing = (step: Step): TreeChecked => ({ step, witnessedMs: new Map(), lastMs: undefined });
  if (keys === undefined) return nothing(notDone("tree", "evidence.no-keys"));
  if (tree.heads.length === 0) return nothing(notDone("tree", "evidence.not-witnessed"));
  const heads: TreeHead[] = [];
  for (const [i, bytes] of tree.heads.entries()) {
    const opened = verifyAny(keys, "heads", bytes, HEAD_SIGNATURE_CONTEXT);
    const head = opened.ok ? decodeTreeHead(opened.payload) : undefined;
    if (!head?.ok) return nothing(failed("tree", "evidence.head-forged", { n: i + 1 }));
    heads.push(head.value);
  }
  const bad = brokenHead(crypto, heads, tree);
  if (bad !== undefined) return nothing(failed("tree", "evidence.head-contradicts", { n: bad + 1 }));
  const witnessed = records.filter(({ leaf }) => leaf !== undefined);
  if (witnessed.length !== tree.inclusion.length) return nothing(failed("tree", "evidence.proofs-missing"));
  const last = heads[heads.length - 1];
  const witnessedMs = new Map<RecordItem, number>();
  for (const [i, item] of witnessed.entries()) {
    const leaf = leafHash(crypto.sha256, leafOf(crypto, partsOfItem(crypto, item)));
    const path = tree.inclusion[i].map((ref) => tree.nodes[ref]);
    if (!isIncluded(crypto.sha256, leaf, item.leaf!, last.size, path, last.root))
      return nothing(failed("tree", "evidence.not-in-tree", { number: numberOf(item) }));
    witnessedMs.set(item, heads.find(({ size }) => size > item.leaf!)!.atMs);
  }
  return {
    step: passed("tree", "evidence.tree-fits", { heads: heads.length, records: witnessed.length, log: last.log }),
    witnessedMs,
    lastMs: last.atMs,
  };
}

/** The first head that is not what the one before became. */
function brokenHead({ sha256 }: Crypto, heads: TreeHead[], { nodes, consistency }: TreeItem): number | undefined {
  if (consistency.length !== heads.length - 1) return 0;
  for (let i = 1; i < heads.length; i++) {
    const [old, now] = [heads[i - 1], heads[i]];
    const path = consistency[i - 1].map((ref) => nodes[ref]);
    const isNext = now.log === old.log && now.atMs >= old.atMs;
    if (!isNext || !isConsistent(sha256, old.size, now.size, old.root, now.root, path)) return i;
  }
  return undefined;
}

/** A record that is held back says its number itself: what stands in its first part must say the same. */
function partsOfItem(crypto: Crypto, item: RecordItem): Part[] {
  if (item.shown) return item.salt === undefined ? [] : showParts(crypto, item.record, item.salt);
  const [first, ...rest] = item.parts;
  return "bytes" in first ? [{ salt: first.salt, bytes: headOf(item) }, ...rest] : [];
}

export function numberOf(item: RecordItem): number {
  return item.shown ? item.record.number : item.number;
}

export function epochOf(item: RecordItem): number {
  return item.shown ? item.record.epoch : item.epoch;
}
