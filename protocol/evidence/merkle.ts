import { equalBytes } from "../bytes.ts";

/**
 * The Merkle tree of RFC 9162 §2.1 over SHA-256, as transparency logs have it: `0x00` before a leaf, `0x01` before a pair, so
 * that neither can be passed off as the other. Grows at its end only. For hosts and verifiers; no device has one.
 */

export const HASH_BYTES = 32;
/** Levels of a tree: more leaves than 2⁴⁸ nobody writes. A longer proof is refused before it is read. */
export const PROOF_MOST = 48;

/** SHA-256. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

/** `levels[k][i]` is the hash of the whole subtree over leaves i·2ᵏ to (i+1)·2ᵏ − 1. */
export interface Tree {
  hash: Hash;
  size: number;
  levels: Uint8Array[][];
}

export function createTree(hash: Hash): Tree {
  return { hash, size: 0, levels: [] };
}

export function leafHash(hash: Hash, data: Uint8Array): Uint8Array {
  return hash(joined(0, data, new Uint8Array(0)));
}

export function nodeHash(hash: Hash, left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash(joined(1, left, right));
}

/** `leaf`: as `leafHash` gave it. */
export function addLeaf(tree: Tree, leaf: Uint8Array): void {
  let node = leaf;
  let index = tree.size;
  tree.size += 1;
  for (let level = 0; ; level++) {
    if (tree.levels.length === level) tree.levels.push([]);
    tree.levels[level].push(node);
    if (index % 2 === 0) return;
    node = nodeHash(tree.hash, tree.levels[level][index - 1], node);
    index = (index - 1) / 2;
  }
}

/** MTH of the first `size` leaves; of none it is the hash of nothing. */
export function rootOf(tree: Tree, size = tree.size): Uint8Array {
  return size === 0 ? tree.hash(new Uint8Array(0)) : subtree(tree, 0, size);
}

/** PATH(index, D[size]), from the leaf's neighbour up. */
export function inclusionPath(tree: Tree, index: number, size = tree.size): Uint8Array[] {
  const path: Uint8Array[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const split = from + splitOf(to - from);
    if (index < split) {
      path.push(subtree(tree, split, to));
      to = split;
    } else {
      path.push(subtree(tree, from, split));
      from = split;
    }
  }
  return path.reverse();
}

/** PROOF(from, D[to]); empty where the one is the other, or nothing. */
export function consistencyPath(tree: Tree, from: number, to = tree.size): Uint8Array[] {
  if (from === 0 || from === to) return [];
  const path: Uint8Array[] = [];
  let low = 0;
  let high = to;
  let isWhole = true;
  while (from !== high) {
    const split = low + splitOf(high - low);
    if (from <= split) {
      path.push(subtree(tree, split, high));
      high = split;
    } else {
      path.push(subtree(tree, low, split));
      low = split;
      isWhole = false;
    }
  }
  if (!isWhole) path.push(subtree(tree, low, high));
  return path.reverse();
}

/** RFC 9162 §2.1.3.2. */
export function isIncluded(
  hash: Hash,
  leaf: Uint8Array,
  index: number,
  size: number,
  path: Uint8Array[],
  root: Uint8Array,
): boolean {
  if (index >= size || path.length > PROOF_MOST) return false;
  let at = index;
  let last = size - 1;
  let node = leaf;
  for (const other of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(hash, other, node);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = half(last);
      }
    } else node = nodeHash(hash, node, other);
    at = half(at);
    last = half(last);
  }
  return last === 0 && equalBytes(node, root);
}

/** RFC 9162 §2.1.4.2: whether the tree of `first` leaves is how that of `second` leaves began. */
export function isConsistent(
  hash: Hash,
  first: number,
  second: number,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
  path: Uint8Array[],
): boolean {
  if (first > second || path.length > PROOF_MOST) return false;
  if (first === second) return path.length === 0 && equalBytes(firstRoot, secondRoot);
  if (first === 0) return path.length === 0;
  const all = isPowerOfTwo(first) ? [firstRoot, ...path] : path;
  if (all.length === 0) return false;
  let at = first - 1;
  let last = second - 1;
  while (at % 2 === 1) {
    at = half(at);
    last = half(last);
  }
  let old = all[0];
  let now = all[0];
  for (const other of all.slice(1)) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      old = nodeHash(hash, other, old);
      now = nodeHash(hash, other, now);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = half(last);
      }
    } else now = nodeHash(hash, now, other);
    at = half(at);
    last = half(last);
  }
  return last === 0 && equalBytes(old, firstRoot) && equalBytes(now, secondRoot);
}

/** MTH of leaves `from` to `to` − 1; left halves are whole and stand in their level. */
function subtree(tree: Tree, from: number, to: number): Uint8Array {
  const count = to - from;
  if (isPowerOfTwo(count)) {
    const level = Math.round(Math.log2(count));
    return tree.levels[level][from / count];
  }
  const split = splitOf(count);
  return nodeHash(tree.hash, subtree(tree, from, from + split), subtree(tree, from + split, to));
}

/** The greatest power of two below `count`. */
function splitOf(count: number): number {
  let split = 1;
  while (2 * split < count) split *= 2;
  return split;
}

function isPowerOfTwo(count: number): boolean {
  let power = 1;
  while (power < count) power *= 2;
  return power === count;
}

/** Trees outgrow 32 bits, so no shifts. */
function half(value: number): number {
  return Math.floor(value / 2);
}

function joined(prefix: number, left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + left.length + right.length);
  bytes[0] = prefix;
  bytes.set(left, 1);
  bytes.set(right, 1 + left.length);
  return bytes;
}
