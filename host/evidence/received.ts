import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import path from "node:path";
import { readArrayCount, readBytesBetween, readIntBetween, readTextBetween } from "../../protocol/cbor/items.ts";
import { createWriter, finish, writeArrayHead, writeBytes, writeInt, writeText } from "../../protocol/cbor/writer.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { crc32 } from "../../protocol/crc32.ts";
import { ToolError } from "../../protocol/errors.ts";
import { readSection } from "../../protocol/evidence/bundle.ts";
import { leafOf, SALT_BYTES, type SealedRecord, showParts } from "../../protocol/evidence/commitment.ts";
import { inWrittenOrder, type Named, nameOfRecord } from "../../protocol/journal/order.ts";
import { UINT32_MOST } from "../../protocol/limits.ts";
import { type OrderKeys, openOrderKeys } from "./retention.ts";
import { openWitness, type Witness, type WitnessOptions } from "./witness.ts";

/** A record as it came in. */
export interface Received {
  device: string;
  order: string;
  number: number;
  epoch: number;
  kind: number;
  receivedMs: number;
  /** Its place in the log. */
  leaf: number;
  /** What it holds and the salt of its leaf; `undefined` once its order's key is destroyed. */
  content: { record: SealedRecord; salt: Uint8Array } | undefined;
}

/** What the host keeps of what came in: records, encrypted per order; the log of their commitments; the keys. */
export interface Archive {
  witness: Witness;
  keys: OrderKeys;
  /** Durable and in the log on return. What is there already is passed over; the number of new ones. */
  take(device: string, order: string, records: SealedRecord[], nowMs: number): number;
  /** Of one device, in the order in which it wrote them. */
  of(device: string): Received[];
  close(): void;
}

const FILE = "received";
const KEYS = "order-keys";
const FRAME_BYTES = 8;
const NONCE_BYTES = 12;
const GCM_TAG_BYTES = 16;

/** A folder: the witness's files, `received` and `order-keys`. One process at a time writes. */
export function openArchive(folder: string, options: WitnessOptions): Archive {
  const witness = openWitness(folder, options);
  const file = path.join(folder, FILE);
  const keys = openOrderKeys(path.join(folder, KEYS));
  const { stored, end } = readStored(file, folder);
  refuseLost(stored, keys, path.join(folder, KEYS));
  // Of epoch 0 the seal is part of the name, and stands in what is encrypted.
  const known = new Set(stored.map((line) => nameOf({ ...line, tag: tagOf(keys, line) })));
  const isKnown = (record: SealedRecord, device: string) =>
    known.has(nameOf({ ...record, device })) || known.has(nameOf({ ...record, device, tag: undefined }));
  if (options.key !== undefined) setAside(file, end);
  return {
    witness,
    keys,
    take(device, order, records, nowMs) {
      const fresh = records.filter((record) => !isKnown(record, device));
      if (fresh.length === 0) return 0;
      const key = keys.keyOf(order);
      if (key === undefined) throw new ToolError("evidence.already-shredded", { order });
      const crypto = createNodeCrypto();
      const salts = fresh.map(() => Uint8Array.from(randomBytes(SALT_BYTES)));
      // Leaves first: one without a record is a leaf that nobody asks for; a record without its leaf would be unwitnessed.
      const first = witness.append(fresh.map((record, i) => leafOf(crypto, showParts(crypto, record, salts[i]))));
      const lines = fresh.map((record, i) => {
        const { number, epoch, kind } = record;
        const line: Line = { device, order, number, epoch, kind, receivedMs: nowMs, leaf: first + i, sealed: NOTHING };
        return { ...line, sealed: seal(key, line, record, salts[i]) };
      });
      append(file, Buffer.concat(lines.map(frameOf)));
      stored.push(...lines);
      for (const record of fresh) known.add(nameOf({ ...record, device }));
      return fresh.length;
    },
    of: (device) =>
      inWrittenOrder(stored.filter((line) => line.device === device)).map((line) => ({
        ...line,
        content: open(keys, line),
      })),
    close: () => witness.close(),
  };
}

function tagOf(keys: OrderKeys, line: Line): Uint8Array | undefined {
  return line.epoch === 0 ? open(keys, line)?.record.tag : undefined;
}

/** A key that is not there is another thing than one that was destroyed, and than a damaged record. */
function refuseLost(stored: Line[], keys: OrderKeys, file: string): void {
  const known = new Set(keys.status(0).map(({ order }) => order));
  const lost = stored.find(({ order }) => !known.has(order));
  if (lost !== undefined) throw new ToolError("evidence.no-order-key", { file, order: lost.order });
}

/** A device whose flash was put back uses a number again, in a later epoch. */
function nameOf(record: Named & { device: string }): string {
  return `${record.device} ${nameOfRecord(record)}`;
}

interface Line extends Omit<Received, "content"> {
  sealed: Uint8Array;
}

const NOTHING = new Uint8Array(0);

function headOf(line: Line): Uint8Array {
  const writer = createWriter(128);
  writeArrayHead(writer, 8);
  writeText(writer, line.device);
  writeText(writer, line.order);
  for (const value of [line.number, line.epoch, line.kind, line.receivedMs, line.leaf]) writeInt(writer, value);
  return finish(writer);
}

function seal(key: Uint8Array, line: Line, { body, tag }: SealedRecord, salt: Uint8Array): Uint8Array {
  const writer = createWriter(body.length + 64);
  writeArrayHead(writer, 3);
  for (const bytes of [body, tag, salt]) writeBytes(writer, bytes);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(headOf(line));
  return Buffer.concat([nonce, cipher.update(finish(writer)), cipher.final(), cipher.getAuthTag()]);
}

function open(keys: OrderKeys, line: Line): Received["content"] {
  const key = keys.keyOf(line.order);
  if (key === undefined) return undefined;
  const { number, epoch, kind, sealed } = line;
  try {
    const end = sealed.length - GCM_TAG_BYTES;
    const cipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES));
    cipher.setAAD(headOf(line)).setAuthTag(sealed.subarray(end));
    const plain = Buffer.concat([cipher.update(sealed.subarray(NONCE_BYTES, end)), cipher.final()]);
    const read = readSection(Uint8Array.from(plain), (reader) => {
      readArrayCount(reader, 3, 3);
      const body = readBytesBetween(reader, 0, 4096);
      const tag = readBytesBetween(reader, 1, 32);
      return { record: { number, epoch, kind, body, tag }, salt: readBytesBetween(reader, SALT_BYTES, SALT_BYTES) };
    });
    if (read.ok) return read.value;
  } catch {}
  throw new ToolError("evidence.received-damaged", { device: line.device, number });
}

/** Whole frames; what follows the last of them was not finished. */
function readStored(file: string, folder: string): { stored: Line[]; end: number } {
  const stored: Line[] = [];
  if (!existsSync(file)) return { stored, end: 0 };
  const bytes = readFileSync(file);
  let at = 0;
  while (at + FRAME_BYTES <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const content = Uint8Array.from(bytes.subarray(at + FRAME_BYTES, at + FRAME_BYTES + length));
    // Cut off by a power cut, and last; what fails its sum with more behind it is damage, and not for a machine to mend.
    if (content.length < length) break;
    if (crc32(0, content, length) >>> 0 !== bytes.readUInt32BE(at + 4)) {
      if (at + FRAME_BYTES + length === bytes.length) break;
      throw new ToolError("witness.damaged", { file: folder, n: stored.length });
    }
    const line = readSection(content, (reader) => {
      readArrayCount(reader, 8, 8);
      const device = readTextBetween(reader, 1, 32);
      const order = readTextBetween(reader, 1, 64);
      const [number, epoch, kind, receivedMs, leaf] = [0, 0, 0, 0, 0].map(() =>
        readIntBetween(reader, 0, Number.MAX_SAFE_INTEGER),
      );
      const sealed = readBytesBetween(reader, 0, 8192);
      return { device, order, number: Math.min(number, UINT32_MOST), epoch, kind, receivedMs, leaf, sealed };
    });
    if (!line.ok) throw new ToolError("witness.damaged", { file: folder, n: stored.length });
    stored.push(line.value);
    at += FRAME_BYTES + length;
  }
  return { stored, end: at };
}

function frameOf(line: Line): Buffer {
  const writer = createWriter(256);
  const head = headOf(line);
  writeBytes(writer, line.sealed);
  const content = Buffer.concat([head, finish(writer)]);
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.writeUInt32BE(content.length, 0);
  frame.writeUInt32BE(crc32(0, content, content.length) >>> 0, 4);
  return Buffer.concat([frame, content]);
}

function append(file: string, bytes: Buffer): void {
  const handle = openSync(file, "a", 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** An unfinished end is kept beside the file: should its length be what is damaged, nothing has been thrown away. */
function setAside(file: string, end: number): void {
  if (!existsSync(file)) return;
  const rest = readFileSync(file).subarray(end);
  if (rest.length === 0) return;
  append(`${file}.torn`, rest);
  const handle = openSync(file, "r+");
  try {
    ftruncateSync(handle, end);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
