import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addLeaf,
  consistencyPath,
  createTree,
  type Hash,
  inclusionPath,
  isConsistent,
  isIncluded,
  leafHash,
  nodeHash,
  rootOf,
  type Tree,
} from "../../protocol/evidence/merkle.ts";

const sha256: Hash = (bytes) => Uint8Array.from(createHash("sha256").update(bytes).digest());
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

/** Inputs and roots that the Certificate Transparency project publishes for RFC 6962, whose tree RFC 9162 kept. */
const INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

function treeOf(leaves: Uint8Array[]): Tree {
  const tree = createTree(sha256);
  for (const leaf of leaves) addLeaf(tree, leafHash(sha256, leaf));
  return tree;
}

test("the published roots come out at every size, of the whole tree and of its beginnings", () => {
  const tree = treeOf(INPUTS.map(bytes));
  ROOTS.forEach((root, size) => {
    expect(hex(rootOf(tree, size))).toBe(root);
    expect(hex(rootOf(treeOf(INPUTS.slice(0, size).map(bytes))))).toBe(root);
  });
});

test("the published proofs come out: leaf 0 and 5 of 8, and how 1, 6 and 2 leaves became 8 and 5", () => {
  const tree = treeOf(INPUTS.map(bytes));
  expect(inclusionPath(tree, 0, 8).map(hex)).toEqual([
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
  ]);
  expect(inclusionPath(tree, 5, 8).map(hex)).toEqual([
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  ]);
  expect(consistencyPath(tree, 1, 8).map(hex)).toEqual([
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
  ]);
  expect(consistencyPath(tree, 6, 8).map(hex)).toEqual([
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  ]);
  expect(consistencyPath(tree, 2, 5).map(hex)).toEqual([
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
  ]);
});

test("every leaf of every tree up to 40 leaves is shown to be in it, and nothing else is", () => {
  const tree = treeOf(Array.from({ length: 40 }, (_, i) => Uint8Array.of(i)));
  const other = leafHash(sha256, Uint8Array.of(99));
  for (let size = 1; size <= 40; size++) {
    const root = rootOf(tree, size);
    for (let index = 0; index < size; index++) {
      const path = inclusionPath(tree, index, size);
      const leaf = leafHash(sha256, Uint8Array.of(index));
      expect(isIncluded(sha256, leaf, index, size, path, root)).toBe(true);
      expect(isIncluded(sha256, other, index, size, path, root)).toBe(false);
      if (size > 1) expect(isIncluded(sha256, leaf, (index + 1) % size, size, path, root)).toBe(false);
      expect(isIncluded(sha256, leaf, index, size, path.concat(other), root)).toBe(false);
      expect(path.length > 0 && isIncluded(sha256, leaf, index, size, path.slice(1), root)).toBe(false);
    }
  }
});

test("every beginning of every tree up to 40 leaves is shown to be its beginning, and nothing else is", () => {
  const tree = treeOf(Array.from({ length: 40 }, (_, i) => Uint8Array.of(i)));
  const wrong = sha256(Uint8Array.of(1, 2, 3));
  for (let to = 0; to <= 40; to++) {
    for (let from = 0; from <= to; from++) {
      const path = consistencyPath(tree, from, to);
      const [old, now] = [rootOf(tree, from), rootOf(tree, to)];
      expect(isConsistent(sha256, from, to, old, now, path)).toBe(true);
      if (from === 0) continue;
      expect(isConsistent(sha256, from, to, wrong, now, path)).toBe(false);
      expect(isConsistent(sha256, from, to, old, wrong, path)).toBe(false);
      expect(isConsistent(sha256, from, to, old, now, path.concat(wrong))).toBe(false);
      if (path.length > 0) expect(isConsistent(sha256, from, to, old, now, path.slice(0, -1))).toBe(false);
    }
  }
});

test("a tree is the recursion of the RFC, whatever its leaves", () => {
  const mth = (leaves: Uint8Array[]): Uint8Array => {
    if (leaves.length === 0) return sha256(new Uint8Array(0));
    if (leaves.length === 1) return leafHash(sha256, leaves[0]);
    const k = 2 ** (Math.ceil(Math.log2(leaves.length)) - 1);
    return nodeHash(sha256, mth(leaves.slice(0, k)), mth(leaves.slice(k)));
  };
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 70 }), (leaves) => {
      expect(hex(rootOf(treeOf(leaves)))).toBe(hex(mth(leaves)));
    }),
    { numRuns: 60 },
  );
});
