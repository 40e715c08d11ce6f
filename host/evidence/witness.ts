import type { KeyObject } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { HEAD_SIGNATURE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { sign1 } from "../../protocol/cose/sign1.ts";
import { crc32 } from "../../protocol/crc32.ts";
import { ToolError } from "../../protocol/errors.ts";
import {
  addLeaf,
  consistencyPath,
  createTree,
  HASH_BYTES,
  inclusionPath,
  leafHash,
  rootOf,
  type Tree,
} from "../../protocol/evidence/merkle.ts";
import { decodeTreeHead, encodeTreeHead, type TreeHead } from "../../protocol/evidence/tree-head.ts";

/** A head as the log signed it (COSE_Sign1), and what it says. */
export interface SignedHead {
  bytes: Uint8Array;
  head: TreeHead;
}

/**
 * Fixes what had been received by when. Leaves are commitments (`protocol/evidence/commitment.ts`) and tell nothing; heads are
 * signed with Ed25519; what is behind a head can never change without two heads that contradict one another.
 */
export interface Witness {
  readonly size: number;
  /** Durable on return. The index of the first. */
  append(leaves: Uint8Array[]): number;
  /** The leaf as it was appended. */
  leafAt(index: number): Uint8Array;
  /** Signs what there is, unless the last head says it already or is younger than a minute; then that one stands. */
  sign(nowMs: number): SignedHead;
  /** Oldest first. */
  heads(): SignedHead[];
  inclusion(index: number, size: number): Uint8Array[];
  consistency(from: number, to: number): Uint8Array[];
  close(): void;
}

/** A head a minute says when as well as one a second does, and a day has no more than 1,440 to publish. */
export const HEAD_EVERY_MS = 60_000;

const LEAVES = "leaves";
const HEADS = "heads";
const LOCK = "lock";
const MAGIC = Buffer.from("OMW1");
/** Leaf, and the CRC-32 of its index and of it. */
const ENTRY_BYTES = HASH_BYTES + 4;
/** Length and CRC-32 before a head. */
const FRAME_BYTES = 6;

export interface WitnessOptions {
  /** Names the log in its heads; of a folder that has heads, their name stands. */
  log: string;
  /** Ed25519. Without it heads are read and none is signed. */
  key?: KeyObject;
}

/**
 * A log in a folder: `leaves`, of 36 bytes each, and `heads`. Both only grow and are flushed before anything is said of them; what a
 * power cut left unfinished at an end is cut off at the next opening. One process at a time. Throws `witness.shortened` where there
 * are fewer leaves than a head has signed: such a log no longer witnesses anything, `witness.damaged`, and `witness.in-use`.
 */
export function openWitness(folder: string, options: WitnessOptions): Witness {
  const isNew = !existsSync(path.join(folder, LEAVES));
  if (isNew && options.key === undefined) throw new ToolError("witness.absent", { file: folder });
  if (isNew) mkdirSync(folder, { recursive: true });
  const lock = options.key === undefined ? undefined : takeLock(folder);
  try {
    return openLog(folder, options, lock);
  } catch (error) {
    lock?.();
    throw error;
  }
}

function openLog(folder: string, { log, key }: WitnessOptions, unlock: (() => void) | undefined): Witness {
  const { sha256 } = createNodeCrypto();
  const data = path.join(folder, LEAVES);
  const tree = createTree(sha256);
  const leaves = readLeaves(data, folder);
  for (const leaf of leaves) addLeaf(tree, leafHash(sha256, leaf));
  const heads = readHeads(path.join(folder, HEADS), folder);
  heads.forEach((signed) => {
    checkHead(signed, tree, folder);
  });
  const name = heads.at(-1)?.head.log ?? log;
  if (key !== undefined) {
    cutTail(data, MAGIC.length + ENTRY_BYTES * leaves.length, MAGIC);
    cutTail(
      path.join(folder, HEADS),
      heads.reduce((sum, { bytes }) => sum + FRAME_BYTES + bytes.length, 0),
    );
  }
  return {
    get size() {
      return tree.size;
    },
    append(more) {
      const first = tree.size;
      appendBytes(data, Buffer.concat(more.map((leaf, i) => entryOf(leaf, first + i))));
      for (const leaf of more) {
        leaves.push(leaf);
        addLeaf(tree, leafHash(sha256, leaf));
      }
      return first;
    },
    leafAt: (index) => leaves[index],
    sign(nowMs) {
      const last = heads.at(-1);
      if (last !== undefined && !isDue(last, tree.size, nowMs)) return last;
      if (key === undefined) throw new ToolError("witness.no-key", { file: folder });
      const signed = signHead({ log: name, size: tree.size, root: rootOf(tree), atMs: nowMs }, key);
      appendBytes(path.join(folder, HEADS), frameOf(signed.bytes));
      heads.push(signed);
      return signed;
    },
    heads: () => heads.slice(),
    inclusion: (index, size) => inclusionPath(tree, index, size),
    consistency: (from, to) => consistencyPath(tree, from, to),
    close: () => unlock?.(),
  };
}

/** The same in memory, for the demonstration and for tests. */
export function createMemoryWitness(log: string, key: KeyObject): Witness {
  const { sha256 } = createNodeCrypto();
  const tree = createTree(sha256);
  const leaves: Uint8Array[] = [];
  const heads: SignedHead[] = [];
  return {
    get size() {
      return tree.size;
    },
    append(more) {
      const first = tree.size;
      for (const leaf of more) {
        leaves.push(leaf);
        addLeaf(tree, leafHash(sha256, leaf));
      }
      return first;
    },
    leafAt: (index) => leaves[index],
    sign(nowMs) {
      const last = heads.at(-1);
      if (last !== undefined && !isDue(last, tree.size, nowMs)) return last;
      const signed = signHead({ log, size: tree.size, root: rootOf(tree), atMs: nowMs }, key);
      heads.push(signed);
      return signed;
    },
    heads: () => heads.slice(),
    inclusion: (index, size) => inclusionPath(tree, index, size),
    consistency: (from, to) => consistencyPath(tree, from, to),
    close() {},
  };
}

function isDue({ head }: SignedHead, size: number, nowMs: number): boolean {
  return head.size !== size && nowMs - head.atMs >= HEAD_EVERY_MS;
}

export function signHead(head: TreeHead, key: KeyObject): SignedHead {
  const payload = encodeTreeHead(head);
  if (!payload.ok) throw new ToolError("witness.bad-head", { detail: payload.reason });
  return { bytes: sign1(key, payload.bytes, HEAD_SIGNATURE_CONTEXT), head };
}

/** Whole entries that fit; what follows the last of them is no leaf yet. */
function readLeaves(file: string, folder: string): Uint8Array[] {
  if (!existsSync(file)) return [];
  const bytes = readFileSync(file);
  if (bytes.length < MAGIC.length) return [];
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new ToolError("witness.damaged", { file: folder, n: 0 });
  const leaves: Uint8Array[] = [];
  for (let at = MAGIC.length; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const leaf = Uint8Array.from(bytes.subarray(at, at + HASH_BYTES));
    if (bytes.compare(entryOf(leaf, leaves.length), 0, ENTRY_BYTES, at, at + ENTRY_BYTES) !== 0) {
      // A torn write has nothing behind it: what stands before others is damage, and not for a machine to mend.
      if (at + 2 * ENTRY_BYTES <= bytes.length && !isRest(bytes, at + ENTRY_BYTES, leaves.length + 1)) break;
      if (at + 2 * ENTRY_BYTES <= bytes.length)
        throw new ToolError("witness.damaged", { file: folder, n: leaves.length });
      break;
    }
    leaves.push(leaf);
  }
  return leaves;
}

/** Whether a good entry follows the bad one. */
function isRest(bytes: Buffer, from: number, index: number): boolean {
  for (let at = from; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES, index++) {
    const leaf = Uint8Array.from(bytes.subarray(at, at + HASH_BYTES));
    if (bytes.compare(entryOf(leaf, index), 0, ENTRY_BYTES, at, at + ENTRY_BYTES) === 0) return true;
  }
  return false;
}

function readHeads(file: string, folder: string): SignedHead[] {
  if (!existsSync(file)) return [];
  const bytes = readFileSync(file);
  const heads: SignedHead[] = [];
  for (let at = 0; at + FRAME_BYTES <= bytes.length; ) {
    const length = bytes.readUInt16BE(at);
    const sealed = Uint8Array.from(bytes.subarray(at + FRAME_BYTES, at + FRAME_BYTES + length));
    if (sealed.length < length || crc32(0, sealed, length) >>> 0 !== bytes.readUInt32BE(at + 2)) break;
    heads.push({ bytes: sealed, head: headIn(sealed, folder) });
    at += FRAME_BYTES + length;
  }
  return heads;
}

/** What a signed head says, its signature unchecked: that is the verifier's part. */
function headIn(sealed: Uint8Array, folder: string): TreeHead {
  const head = decodeTreeHead(payloadOf(sealed));
  if (!head.ok) throw new ToolError("witness.damaged", { file: folder, n: 0 });
  return head.value;
}

/** The third item of a Sign1 whose first two are always the same five bytes. */
export function payloadOf(sign1Bytes: Uint8Array): Uint8Array {
  const at = 6;
  const info = sign1Bytes[at] & 31;
  if (info < 24) return sign1Bytes.slice(at + 1, at + 1 + info);
  const width = info === 24 ? 1 : 2;
  const length = width === 1 ? sign1Bytes[at + 1] : sign1Bytes[at + 1] * 256 + sign1Bytes[at + 2];
  return sign1Bytes.slice(at + 1 + width, at + 1 + width + length);
}

function checkHead({ head }: SignedHead, tree: Tree, folder: string): void {
  if (head.size > tree.size) throw new ToolError("witness.shortened", { file: folder, n: tree.size, most: head.size });
  if (Buffer.compare(head.root, rootOf(tree, head.size)) !== 0)
    throw new ToolError("witness.damaged", { file: folder, n: head.size });
}

function entryOf(leaf: Uint8Array, index: number): Buffer {
  if (leaf.length !== HASH_BYTES) throw new RangeError("a leaf is a hash of 32 bytes");
  const entry = Buffer.alloc(ENTRY_BYTES);
  entry.set(leaf, 0);
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(BigInt(index));
  entry.writeUInt32BE(crc32(crc32(0, place, 8), leaf, HASH_BYTES) >>> 0, HASH_BYTES);
  return entry;
}

function frameOf(bytes: Uint8Array): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES + bytes.length);
  frame.writeUInt16BE(bytes.length, 0);
  frame.writeUInt32BE(crc32(0, bytes, bytes.length) >>> 0, 2);
  frame.set(bytes, FRAME_BYTES);
  return frame;
}

function cutTail(file: string, length: number, magic = new Uint8Array(0)): void {
  const handle = openSync(file, existsSync(file) ? "r+" : "w");
  try {
    ftruncateSync(handle, length);
    if (magic.length > 0) writeSync(handle, magic, 0, magic.length, 0);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function appendBytes(file: string, bytes: Buffer): void {
  const handle = openSync(file, "a");
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Two that append at once would give one place to two leaves. A lock whose owner is gone is nobody's. */
function takeLock(folder: string): () => void {
  const file = path.join(folder, LOCK);
  for (let tries = 0; tries < 2; tries++) {
    try {
      const handle = openSync(file, "wx");
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (isAlive(Number(readFileSync(file, "utf8")))) break;
      rmSync(file, { force: true });
    }
  }
  throw new ToolError("witness.in-use", { file: folder });
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
