import type { KeyObject } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
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
  /** Signs what there is, unless the last head says it already or is younger than a minute; then that one stands. `isEnd`: nobody
   * signs later, and so the minute does not count. */
  sign(nowMs: number, isEnd?: boolean): SignedHead;
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
/** Without it an emptied file would read as one that nothing was signed in yet. */
const HEADS_MAGIC = Buffer.from("OMH1");
/** Leaf, and the CRC-32 of its index and of it. */
const ENTRY_BYTES = HASH_BYTES + 4;
/** Length and CRC-32 before a head. */
const FRAME_BYTES = 6;
/** A head and its signature are well under this. */
const HEAD_MOST_BYTES = 512;

export interface WitnessOptions {
  /** Names the log in its heads; of a folder that has heads, their name stands. */
  log: string;
  /** Ed25519. Without it heads are read and none is signed. */
  key?: KeyObject;
  /** Told of a last head that was not written to its end, which is then left out. */
  onTorn?: (file: string) => void;
}

/**
 * A log in a folder: `leaves`, of 36 bytes each, and `heads`. Both only grow and are flushed before anything is said of them; what a
 * power cut left unfinished at an end is cut off at the next opening. One process at a time. Throws `witness.shortened` where there
 * are fewer leaves than a head has signed: such a log no longer witnesses anything, `witness.damaged`, `witness.no-folder`, and
 * `witness.in-use`.
 */
export function openWitness(folder: string, options: WitnessOptions): Witness {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new ToolError("witness.no-folder", { file: folder });
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

function openLog(folder: string, { log, key, onTorn }: WitnessOptions, unlock: (() => void) | undefined): Witness {
  const { sha256 } = createNodeCrypto();
  const data = path.join(folder, LEAVES);
  const tree = createTree(sha256);
  const leaves = readLeaves(data, folder);
  for (const leaf of leaves) addLeaf(tree, leafHash(sha256, leaf));
  const headsFile = path.join(folder, HEADS);
  const { heads, torn } = readHeads(headsFile, leaves.length);
  heads.forEach((signed) => {
    checkHead(signed, tree, folder);
  });
  const name = heads.at(-1)?.head.log ?? log;
  if (key !== undefined) {
    cutTail(data, MAGIC.length + ENTRY_BYTES * leaves.length, MAGIC);
    // Kept beside the file: it may have been a whole head once.
    if (torn.length > 0) appendFileSync(`${headsFile}.torn`, torn, { flush: true });
    const end = heads.reduce((sum, { bytes }) => sum + FRAME_BYTES + bytes.length, HEADS_MAGIC.length);
    cutTail(headsFile, end, HEADS_MAGIC);
  }
  if (torn.length > 0) onTorn?.(headsFile);
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
    sign(nowMs, isEnd = false) {
      const last = heads.at(-1);
      if (last !== undefined && !isDue(last, tree.size, nowMs, isEnd)) return last;
      if (key === undefined) throw new ToolError("witness.no-key", { file: folder });
      const signed = signHead({ log: name, size: tree.size, root: rootOf(tree), atMs: notBefore(last, nowMs) }, key);
      appendBytes(headsFile, frameOf(signed.bytes));
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
    sign(nowMs, isEnd = false) {
      const last = heads.at(-1);
      if (last !== undefined && !isDue(last, tree.size, nowMs, isEnd)) return last;
      const signed = signHead({ log, size: tree.size, root: rootOf(tree), atMs: notBefore(last, nowMs) }, key);
      heads.push(signed);
      return signed;
    },
    heads: () => heads.slice(),
    inclusion: (index, size) => inclusionPath(tree, index, size),
    consistency: (from, to) => consistencyPath(tree, from, to),
    close() {},
  };
}

function isDue({ head }: SignedHead, size: number, nowMs: number, isEnd: boolean): boolean {
  return head.size !== size && (isEnd || nowMs - head.atMs >= HEAD_EVERY_MS);
}

/** A clock that was put back must not make a head older than the one before it: verifiers would call the log rewritten. */
function notBefore(last: SignedHead | undefined, nowMs: number): number {
  return Math.max(nowMs, last?.head.atMs ?? nowMs);
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

/** What is damaged is refused, and nothing signed is dropped; only a last head that a power cut left unfinished is given back as `torn`. */
function readHeads(file: string, leaves: number): { heads: SignedHead[]; torn: Buffer } {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const heads: SignedHead[] = [];
  const damaged = (): ToolError => new ToolError("witness.damaged", { file, n: heads.length });
  if (!bytes.subarray(0, HEADS_MAGIC.length).equals(HEADS_MAGIC)) {
    // A log that has no leaf may have been cut off while it was made; where there are leaves, there were heads.
    if (leaves > 0 || bytes.length >= HEADS_MAGIC.length) throw damaged();
    return { heads, torn: Buffer.alloc(0) };
  }
  let at = HEADS_MAGIC.length;
  while (at < bytes.length) {
    const sealed = headAt(bytes, at);
    if (sealed === undefined) break;
    const head = decodeTreeHead(payloadOf(sealed));
    if (!head.ok) throw damaged();
    heads.push({ bytes: sealed, head: head.value });
    at += FRAME_BYTES + sealed.length;
  }
  const torn = bytes.subarray(at);
  if (torn.length > FRAME_BYTES + HEAD_MOST_BYTES) throw damaged();
  for (let i = 1; i < torn.length; i++) if (headAt(torn, i) !== undefined) throw damaged();
  return { heads, torn };
}

/** A whole head that stands there, its signature unchecked: that is the verifier's part. */
function headAt(bytes: Buffer, at: number): Uint8Array | undefined {
  if (at + FRAME_BYTES > bytes.length) return undefined;
  const length = bytes.readUInt16BE(at);
  const from = at + FRAME_BYTES;
  if (length === 0 || length > HEAD_MOST_BYTES || from + length > bytes.length) return undefined;
  const sealed = Uint8Array.from(bytes.subarray(from, from + length));
  return crc32(0, sealed, length) >>> 0 === bytes.readUInt32BE(at + 2) ? sealed : undefined;
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
