import { readArrayCount, readBytesBetween, readIntBetween, readTextBetween } from "../cbor/items.ts";
import { createReader, fail, NULL, type Reader, readHead, SIMPLE } from "../cbor/reader.ts";
import {
  createWriter,
  finish,
  type Writer,
  writeArrayHead,
  writeBytes,
  writeInt,
  writeNull,
  writeText,
} from "../cbor/writer.ts";
import { DEVICE_ID_MOST_BYTES } from "../cose/keys.ts";
import { ID_MOST_BYTES, NAME_MOST_BYTES, TIME_MOST_MS, UINT32_MOST } from "../limits.ts";
import { COMMITMENT_BYTES, PARTS_MOST, type Part, SALT_BYTES, type SealedRecord } from "./commitment.ts";
import { HASH_BYTES, PROOF_MOST } from "./merkle.ts";

/** What an evidence bundle holds, section by section (`layout.ts` has how they stand in the file). */
export interface Bundle {
  header: Header;
  orders: OrderItem[];
  image: ImageItem;
  records: RecordItem[];
  keys: EpochKey[];
  tree: TreeItem;
}

export type Purpose = "court" | "defence" | "subject";
/** Wire values are the positions in this list. */
export const PURPOSES: Purpose[] = ["court", "defence", "subject"];

export interface Header {
  device: string;
  purpose: Purpose;
  /** What was asked for, UTC ms. */
  fromMs: number;
  toMs: number;
  madeMs: number;
  /** A person or an office; 0 to 255 bytes. */
  madeBy: string;
  /** The highest record number that the centre had when this was made, and since when; `undefined` where it had none. */
  sent: { number: number; atMs: number } | undefined;
  /** The public key that belongs to the signature (Ed25519): who lacks it can tell that from a forgery. Older bundles have none. */
  signer?: Uint8Array;
}

/**
 * An order as its file has it, sealed for the device and signed for verifiers (`host/orders/sealed-file.ts`), without what is the
 * centre's alone; or what is left of it where it is held back: a commitment to a salt and the file.
 */
export type OrderItem = { sealed: Uint8Array } | { id: string; counter: number; commitment: Uint8Array };

/** The program that ran on the device, as a replay needs it. `code` is empty where none is enclosed. */
export interface ImageItem {
  version: string;
  code: Uint8Array;
  /** Releases as their key holder signed them (COSE_Sign1); empty where none are enclosed. */
  releases: Uint8Array;
}

/** `leaf`: its place in the witness's log; `undefined`: not witnessed. */
export type RecordItem =
  | { shown: true; record: SealedRecord; leaf: number | undefined; salt: Uint8Array | undefined }
  | {
      shown: false;
      number: number;
      epoch: number;
      kind: number;
      parts: Part[];
      leaf: number | undefined;
      /** How far from the boundary, as the maker states it: an index into BANDS_M; `undefined`: nothing is stated. */
      band: number | undefined;
    };

/** Upper bounds of the coarse distances outside a boundary, metres; the first means within, the last any further. */
export const BANDS_M = [0, 100, 500, 1000, Number.POSITIVE_INFINITY];

/** M_i: it checks the seals of one epoch and says nothing of any other. */
export interface EpochKey {
  /** Of the device's secret, from which the chain of keys began. */
  generation: number;
  epoch: number;
  key: Uint8Array;
}

/** Signed heads, oldest first, and what proves that each continues the one before and that the last holds every leaf named. */
export interface TreeItem {
  heads: Uint8Array[];
  /** Every hash that a proof needs, once. */
  nodes: Uint8Array[];
  /** From each head to the next: places in `nodes`. */
  consistency: number[][];
  /** One for each witnessed record, in their order, to the last head. */
  inclusion: number[][];
}

/** An order's text and hashes, and a release list, are well under this; a pack fits 256 KiB. Bytes. */
const PIECE_MOST = 1 << 20;
/** A year of records. */
const RECORDS_MOST = 1 << 20;
/** A head a minute for a year. */
const HEADS_MOST = 1 << 20;
const NODES_MOST = 1 << 24;
const ORDERS_MOST = 1024;
const BODY_MOST = 4096;
const TAG_MOST = 32;
const KEY_BYTES = 32;
const SIGNER_BYTES = 32;

export function encodeHeader(header: Header): Uint8Array {
  const writer = createWriter(128);
  writeArrayHead(writer, header.signer === undefined ? 7 : 8);
  writeText(writer, header.device);
  writeInt(writer, PURPOSES.indexOf(header.purpose));
  writeInt(writer, header.fromMs);
  writeInt(writer, header.toMs);
  writeInt(writer, header.madeMs);
  writeText(writer, header.madeBy);
  if (header.sent === undefined) writeNull(writer);
  else {
    writeArrayHead(writer, 2);
    writeInt(writer, header.sent.number);
    writeInt(writer, header.sent.atMs);
  }
  if (header.signer !== undefined) writeBytes(writer, header.signer);
  return finish(writer);
}

export function readHeader(reader: Reader): Header {
  const count = readArrayCount(reader, 7, 8);
  const device = readTextBetween(reader, 1, DEVICE_ID_MOST_BYTES);
  const purpose = PURPOSES[readIntBetween(reader, 0, PURPOSES.length - 1)];
  const fromMs = readIntBetween(reader, 0, TIME_MOST_MS);
  const toMs = readIntBetween(reader, fromMs, TIME_MOST_MS);
  const madeMs = readIntBetween(reader, 0, TIME_MOST_MS);
  const madeBy = readTextBetween(reader, 0, NAME_MOST_BYTES);
  const sent = readSent(reader);
  const header = { device, purpose, fromMs, toMs, madeMs, madeBy, sent };
  return count === 8 ? { ...header, signer: readBytesBetween(reader, SIGNER_BYTES, SIGNER_BYTES) } : header;
}

function readSent(reader: Reader): Header["sent"] {
  if (isNull(reader)) return undefined;
  readArrayCount(reader, 2, 2);
  const number = readIntBetween(reader, 1, UINT32_MOST);
  return { number, atMs: readIntBetween(reader, 0, TIME_MOST_MS) };
}

export function encodeOrderItem(item: OrderItem): Uint8Array {
  const writer = createWriter(256);
  if ("sealed" in item) {
    writeArrayHead(writer, 1);
    writeBytes(writer, item.sealed);
  } else {
    writeArrayHead(writer, 3);
    writeText(writer, item.id);
    writeInt(writer, item.counter);
    writeBytes(writer, item.commitment);
  }
  return finish(writer);
}

export function readOrderItem(reader: Reader): OrderItem {
  if (readArrayCount(reader, 1, 3) === 1) return { sealed: readBytesBetween(reader, 1, PIECE_MOST) };
  const id = readTextBetween(reader, 1, ID_MOST_BYTES);
  const counter = readIntBetween(reader, 1, UINT32_MOST);
  return { id, counter, commitment: readBytesBetween(reader, COMMITMENT_BYTES, COMMITMENT_BYTES) };
}

export function encodeImage(image: ImageItem): Uint8Array {
  const writer = createWriter(image.code.length + image.releases.length + 128);
  writeArrayHead(writer, 3);
  writeText(writer, image.version);
  writeBytes(writer, image.code);
  writeBytes(writer, image.releases);
  return finish(writer);
}

export function readImage(reader: Reader): ImageItem {
  readArrayCount(reader, 3, 3);
  const version = readTextBetween(reader, 0, NAME_MOST_BYTES);
  const code = readBytesBetween(reader, 0, PIECE_MOST);
  return { version, code, releases: readBytesBetween(reader, 0, PIECE_MOST) };
}

const SHOWN_ITEMS = 7;
const HELD_BACK_ITEMS = 6;

export function encodeRecordItem(item: RecordItem): Uint8Array {
  const writer = createWriter(64);
  if (item.shown) {
    const { number, epoch, kind, body, tag } = item.record;
    writeArrayHead(writer, SHOWN_ITEMS);
    for (const value of [number, epoch, kind]) writeInt(writer, value);
    writeBytes(writer, body);
    writeBytes(writer, tag);
    writeOptionalInt(writer, item.leaf);
    if (item.salt === undefined) writeNull(writer);
    else writeBytes(writer, item.salt);
  } else {
    writeArrayHead(writer, HELD_BACK_ITEMS);
    for (const value of [item.number, item.epoch, item.kind]) writeInt(writer, value);
    writeArrayHead(writer, item.parts.length);
    for (const part of item.parts) writePart(writer, part);
    writeOptionalInt(writer, item.leaf);
    writeOptionalInt(writer, item.band);
  }
  return finish(writer);
}

export function readRecordItem(reader: Reader): RecordItem {
  const shown = readArrayCount(reader, HELD_BACK_ITEMS, SHOWN_ITEMS) === SHOWN_ITEMS;
  const number = readIntBetween(reader, 1, UINT32_MOST);
  const epoch = readIntBetween(reader, 0, UINT32_MOST);
  const kind = readIntBetween(reader, 0, 15);
  if (shown) {
    const body = readBytesBetween(reader, 0, BODY_MOST);
    const tag = readBytesBetween(reader, 1, TAG_MOST);
    const leaf = readOptionalInt(reader, Number.MAX_SAFE_INTEGER);
    const salt = isNull(reader) ? undefined : readBytesBetween(reader, SALT_BYTES, SALT_BYTES);
    return { shown, record: { number, epoch, kind, body, tag }, leaf, salt };
  }
  const count = readArrayCount(reader, 1, PARTS_MOST);
  const parts: Part[] = [];
  for (let i = 0; i < count && reader.error === ""; i++) parts.push(readPart(reader));
  const leaf = readOptionalInt(reader, Number.MAX_SAFE_INTEGER);
  return { shown, number, epoch, kind, parts, leaf, band: readOptionalInt(reader, BANDS_M.length - 1) };
}

function writePart(writer: Writer, part: Part): void {
  if ("commitment" in part) {
    writeArrayHead(writer, 1);
    writeBytes(writer, part.commitment);
  } else {
    writeArrayHead(writer, 2);
    writeBytes(writer, part.salt);
    writeBytes(writer, part.bytes);
  }
}

function readPart(reader: Reader): Part {
  if (readArrayCount(reader, 1, 2) === 1)
    return { commitment: readBytesBetween(reader, COMMITMENT_BYTES, COMMITMENT_BYTES) };
  const salt = readBytesBetween(reader, SALT_BYTES, SALT_BYTES);
  return { salt, bytes: readBytesBetween(reader, 0, BODY_MOST) };
}

export function encodeEpochKey({ generation, epoch, key }: EpochKey): Uint8Array {
  const writer = createWriter(48);
  writeArrayHead(writer, 3);
  writeInt(writer, generation);
  writeInt(writer, epoch);
  writeBytes(writer, key);
  return finish(writer);
}

export function readEpochKey(reader: Reader): EpochKey {
  readArrayCount(reader, 3, 3);
  const generation = readIntBetween(reader, 1, UINT32_MOST);
  const epoch = readIntBetween(reader, 0, UINT32_MOST);
  return { generation, epoch, key: readBytesBetween(reader, KEY_BYTES, KEY_BYTES) };
}

export function encodeTree({ heads, nodes, consistency, inclusion }: TreeItem): Uint8Array {
  const writer = createWriter(HASH_BYTES * nodes.length + 4096);
  writeArrayHead(writer, 4);
  writeArrayHead(writer, heads.length);
  for (const head of heads) writeBytes(writer, head);
  writeArrayHead(writer, nodes.length);
  for (const node of nodes) writeBytes(writer, node);
  for (const paths of [consistency, inclusion]) {
    writeArrayHead(writer, paths.length);
    for (const refs of paths) {
      writeArrayHead(writer, refs.length);
      for (const ref of refs) writeInt(writer, ref);
    }
  }
  return finish(writer);
}

export function readTree(reader: Reader): TreeItem {
  readArrayCount(reader, 4, 4);
  const heads = readList(reader, HEADS_MOST, () => readBytesBetween(reader, 1, 512));
  const nodes = readList(reader, NODES_MOST, () => readBytesBetween(reader, HASH_BYTES, HASH_BYTES));
  const path = () => readList(reader, PROOF_MOST, () => readIntBetween(reader, 0, Math.max(0, nodes.length - 1)));
  const consistency = readList(reader, HEADS_MOST, path);
  return { heads, nodes, consistency, inclusion: readList(reader, RECORDS_MOST, path) };
}

export const LIST_MOST: { orders: number; records: number; keys: number } = {
  orders: ORDERS_MOST,
  records: RECORDS_MOST,
  keys: RECORDS_MOST,
};

export function readList<T>(reader: Reader, most: number, read: () => T): T[] {
  const count = readArrayCount(reader, 0, most);
  const items: T[] = [];
  for (let i = 0; i < count && reader.error === ""; i++) items.push(read());
  return items;
}

function writeOptionalInt(writer: Writer, value: number | undefined): void {
  if (value === undefined) writeNull(writer);
  else writeInt(writer, value);
}

function readOptionalInt(reader: Reader, most: number): number | undefined {
  return isNull(reader) ? undefined : readIntBetween(reader, 0, most);
}

/** Whether null comes next; then it is read. */
function isNull(reader: Reader): boolean {
  if (reader.error !== "" || reader.bytes[reader.pos] !== ((SIMPLE << 5) | NULL)) return false;
  return readHead(reader);
}

/** The head of a list alone, as it stands before the items. */
export function listHead(count: number): Uint8Array {
  const writer = createWriter(16);
  writeArrayHead(writer, count);
  return finish(writer);
}

/** Reads one section to its last byte. */
export function readSection<T>(
  bytes: Uint8Array,
  read: (reader: Reader) => T,
): { ok: true; value: T } | { ok: false; reason: string; offset: number } {
  const reader = createReader(bytes, 0, true);
  const value = read(reader);
  if (reader.error === "" && reader.pos !== reader.end) fail(reader, "cbor.trailing-bytes", reader.pos);
  return reader.error === "" ? { ok: true, value } : { ok: false, reason: reader.error, offset: reader.offset };
}
