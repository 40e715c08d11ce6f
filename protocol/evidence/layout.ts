import { bytesOf, copyOf, equalBytes } from "../bytes.ts";
import { BYTES, createReader, lengthOf, readHead } from "../cbor/reader.ts";
import { createWriter, finish, writeArrayHead, writeText } from "../cbor/writer.ts";
import {
  type Bundle,
  encodeEpochKey,
  encodeHeader,
  encodeImage,
  encodeOrderItem,
  encodeRecordItem,
  encodeTree,
  listHead,
} from "./bundle.ts";
import { HASH_BYTES, type Hash } from "./merkle.ts";

/**
 * How a bundle stands in its file, one CBOR list: a name, a signed table of fixed size, and seven sections as byte strings.
 * The table has the length and SHA-256 of each section; the last section, the index, has those of every piece of the others: a record,
 * an order, a key, or 1,024 bytes of what has no items. So every byte is either settled or under two hashes, and of what was
 * altered one can say where.
 */
export const SECTIONS = ["header", "orders", "image", "records", "keys", "tree", "index"] as const;
export type SectionName = (typeof SECTIONS)[number];
export type Sections = Record<SectionName, Uint8Array>;

export const BUNDLE_NAME = "omamori evidence 1";
export const EVIDENCE_SIGNATURE_CONTEXT: Uint8Array = bytesOf("omamori evidence signature");
/** Pieces of a section without items. Bytes. */
const CHUNK_BYTES = 1024;
/** Length, uint32 with the big end first, and SHA-256: a line of the table and of the index. */
export const LINE_BYTES = 4 + HASH_BYTES;
export const TABLE_BYTES = LINE_BYTES * SECTIONS.length;
const SIGNATURE_BYTES = 64;
/** Everything before the table's Sign1: the list's head and the name. */
const PREFIX = prefix();
/** `[h'a10127', {}, ` and the head of a byte string of the table's length. */
const SIGN1_START = sign1Start();
/** The head of a byte string of 64. */
const SIGNATURE_START = Uint8Array.of(0x58, SIGNATURE_BYTES);
const TABLE_AT = PREFIX.length + SIGN1_START.length;
const SIGNATURE_AT = TABLE_AT + TABLE_BYTES + SIGNATURE_START.length;
export const SECTIONS_AT = SIGNATURE_AT + SIGNATURE_BYTES;

/** Where something is not as it was made: bytes `from` to `to` − 1 of the file. */
export interface Place {
  what: "name" | "table" | "signature" | "length" | "piece" | "index" | "truncated" | "trailing";
  section: SectionName | undefined;
  /** Of a piece: which. Of a list the first (0) is the list's own head, and item n is piece n + 1. */
  piece: number | undefined;
  from: number;
  to: number;
}

export interface Inspected {
  places: Place[];
  /** As they could be cut out, for what can still be said of them; `undefined` where nothing could. */
  sections: Sections | undefined;
  /** Where each section's bytes begin in the file. */
  at: Record<SectionName, number> | undefined;
}

export function piecesOf(bundle: Bundle): Record<Exclude<SectionName, "index">, Uint8Array[]> {
  const list = <T>(items: T[], encode: (item: T) => Uint8Array) => [listHead(items.length), ...items.map(encode)];
  return {
    header: chunksOf(encodeHeader(bundle.header)),
    orders: list(bundle.orders, encodeOrderItem),
    image: chunksOf(encodeImage(bundle.image)),
    records: list(bundle.records, encodeRecordItem),
    keys: list(bundle.keys, encodeEpochKey),
    tree: chunksOf(encodeTree(bundle.tree)),
  };
}

/** The file. `sign` makes a COSE_Sign1 over the table. */
export function layOut(bundle: Bundle, hash: Hash, sign: (table: Uint8Array) => Uint8Array): Uint8Array {
  const pieces = piecesOf(bundle);
  const sections = SECTIONS.map((name) =>
    name === "index" ? joinAll(Object.values(pieces).map((all) => indexOf(all, hash))) : joinAll(pieces[name]),
  );
  const sealed = sign(joinAll(sections.map((bytes) => lineOf(bytes, hash))));
  return joinAll([PREFIX, sealed, ...sections.flatMap((bytes) => [headOf(bytes.length), bytes])]);
}

/**
 * Whether a file is a bundle at all, as it was made or altered: most of its name stands where it must, or the whole of it near by, or the
 * table's settled start is there. Anything else was named by mistake, and nobody altered it.
 */
export function looksLikeBundle(file: Uint8Array): boolean {
  const kept = PREFIX.reduce((sum, byte, i) => sum + (file[i] === byte ? 1 : 0), 0);
  if (kept >= NAME_KEPT * PREFIX.length) return true;
  const start = Array.from(file.subarray(0, NAME_WITHIN), (byte) => String.fromCharCode(byte)).join("");
  return start.includes(BUNDLE_NAME) || equalBytes(file.slice(PREFIX.length, TABLE_AT), SIGN1_START);
}

/** A name of which a quarter is gone can still be told. */
const NAME_KEPT = 0.75;
/** Bytes in front of it, such as a mail's or a download's. */
const NAME_WITHIN = 512;

/** The table's Sign1, where the file is long enough to have one. */
export function sealOf(file: Uint8Array): Uint8Array | undefined {
  return file.length < SECTIONS_AT ? undefined : copyOf(file, PREFIX.length, SECTIONS_AT);
}

/** Where the signature itself stands. */
export function signaturePlace(): Place {
  return place("signature", undefined, undefined, SIGNATURE_AT, SECTIONS_AT);
}

/**
 * Holds every byte against what is settled and against the hashes; the signature is checked by who has its key. Never throws. An
 * alteration of one place is found at that place; where several stand together, at those or at what they made unreadable.
 */
export function inspect(file: Uint8Array, hash: Hash): Inspected {
  const places: Place[] = [];
  if (file.length < SECTIONS_AT) {
    settled(file, 0, PREFIX, "name", places);
    places.push(place("truncated", undefined, undefined, Math.min(file.length, SECTIONS_AT), SECTIONS_AT));
    return { places, sections: undefined, at: undefined };
  }
  settled(file, 0, PREFIX, "name", places);
  settled(file, PREFIX.length, SIGN1_START, "table", places);
  settled(file, TABLE_AT + TABLE_BYTES, SIGNATURE_START, "signature", places);
  const cut = cutSections(file, hash, places);
  if (cut === undefined) return { places, sections: undefined, at: undefined };
  for (const name of SECTIONS) judgeSection(name, file, cut, hash, places);
  return { places, ...cut };
}

type Cut = { sections: Sections; at: Record<SectionName, number> };

/** Sections one after another: by the table's lengths, or by the file's own where these fit and the table's do not. */
function cutSections(file: Uint8Array, hash: Hash, places: Place[]): Cut | undefined {
  const sections = {} as Sections;
  const at = {} as Record<SectionName, number>;
  let pos = SECTIONS_AT;
  for (const [i, name] of SECTIONS.entries()) {
    const told = tableLength(file, i);
    const own = ownLength(file, pos);
    const toldFits = fits(file, pos + headOf(told).length, told, i, hash);
    const useOwn =
      own !== undefined && own !== told && !toldFits && (remains(file, pos, own, i) || !remains(file, pos, told, i));
    const length = useOwn ? own : told;
    const head = headOf(length);
    if (useOwn) places.push(place("table", name, undefined, TABLE_AT + LINE_BYTES * i, TABLE_AT + LINE_BYTES * i + 4));
    else if (own !== told)
      places.push(place("length", name, undefined, pos, Math.min(file.length, pos + headOf(told).length)));
    else settled(file, pos, head, "length", places, name);
    at[name] = pos + head.length;
    pos = at[name] + length;
    if (pos > file.length) {
      places.push(place("truncated", name, undefined, file.length, file.length + 1));
      return undefined;
    }
    sections[name] = file.subarray(at[name], pos);
  }
  if (pos < file.length) places.push(place("trailing", undefined, undefined, pos, file.length));
  return { sections, at };
}

/** Whether, cut at this length, the rest of the file comes out even by its own heads. */
function remains(file: Uint8Array, pos: number, length: number, index: number): boolean {
  let end = pos + headOf(length).length + length;
  for (let i = index + 1; i < SECTIONS.length; i++) {
    const own = ownLength(file, end);
    if (own === undefined) return false;
    end += headOf(own).length + own;
  }
  return end === file.length;
}

function fits(file: Uint8Array, from: number, length: number, index: number, hash: Hash): boolean {
  if (from + length > file.length) return false;
  return equalBytes(hash(file.subarray(from, from + length)), tableHash(file, index));
}

function judgeSection(name: SectionName, file: Uint8Array, { sections, at }: Cut, hash: Hash, places: Place[]): void {
  const i = SECTIONS.indexOf(name);
  const isWhole = equalBytes(hash(sections[name]), tableHash(file, i));
  if (isWhole) return;
  const line = TABLE_AT + LINE_BYTES * i;
  const found = name === "index" ? badLines(sections, at, hash) : badPieces(name, sections, at, hash);
  // All pieces are as they were: then it is the table that tells otherwise.
  if (found.length === 0) places.push(place("table", name, undefined, line + 4, line + LINE_BYTES));
  places.push(...found);
}

function badPieces(name: SectionName, sections: Sections, at: Record<SectionName, number>, hash: Hash): Place[] {
  const bytes = sections[name];
  const start = at[name];
  const whole = [place("piece", name, undefined, start, start + bytes.length)];
  const lines = linesOf(sections.index, name);
  if (lines === undefined || lines.reduce((sum, { length }) => sum + length, 0) !== bytes.length) return whole;
  const found: Place[] = [];
  let from = 0;
  for (const [piece, { length, sha256 }] of lines.entries()) {
    if (!equalBytes(hash(bytes.subarray(from, from + length)), sha256))
      found.push(place("piece", name, piece, start + from, start + from + length));
    from += length;
  }
  return found;
}

/** The index against what the other sections give: the lines that differ. */
function badLines(sections: Sections, at: Record<SectionName, number>, hash: Hash): Place[] {
  const start = at.index;
  const found: Place[] = [];
  let from = 0;
  for (const name of SECTIONS.slice(0, -1)) {
    const pieces = cutPieces(name, sections[name]);
    const right = pieces === undefined ? undefined : indexOf(pieces, hash);
    if (right === undefined || from + right.length > sections.index.length) break;
    for (let i = 0; i < right.length; i += i === 0 ? 4 : LINE_BYTES) {
      const length = i === 0 ? 4 : LINE_BYTES;
      const isSame = equalBytes(sections.index.slice(from + i, from + i + length), right.slice(i, i + length));
      const piece = i === 0 ? undefined : (i - 4) / LINE_BYTES;
      if (!isSame) found.push({ ...place("index", name, piece, start + from + i, start + from + i + length) });
    }
    from += right.length;
  }
  if (from < sections.index.length && found.length === 0)
    found.push(place("index", undefined, undefined, start + from, start + sections.index.length));
  return found;
}

/** A section's pieces by its own structure; `undefined` where that is broken. */
function cutPieces(name: SectionName, bytes: Uint8Array): Uint8Array[] | undefined {
  if (name === "header" || name === "image" || name === "tree") return chunksOf(bytes);
  const reader = createReader(bytes, 0, true);
  if (!readHead(reader)) return undefined;
  const count = lengthOf(reader, 0);
  const pieces = [bytes.slice(0, reader.pos)];
  for (let i = 0; i < count && reader.error === ""; i++) {
    const from = reader.pos;
    skipItem(reader, 0);
    pieces.push(bytes.slice(from, reader.pos));
  }
  return reader.error === "" && reader.pos === bytes.length ? pieces : undefined;
}

function skipItem(reader: ReturnType<typeof createReader>, depth: number): void {
  const start = reader.pos;
  if (!readHead(reader) || depth > 6) return;
  const { major } = reader;
  if (major !== BYTES && major !== BYTES + 1 && major !== BYTES + 2) return;
  const length = lengthOf(reader, start);
  if (reader.error !== "") return;
  if (major === BYTES + 2) for (let i = 0; i < length && reader.error === ""; i++) skipItem(reader, depth + 1);
  else reader.pos += length;
}

interface Line {
  length: number;
  sha256: Uint8Array;
}

function linesOf(index: Uint8Array, wanted: SectionName): Line[] | undefined {
  let from = 0;
  for (const name of SECTIONS.slice(0, -1)) {
    if (from + 4 > index.length) return undefined;
    const count = uint32At(index, from);
    from += 4;
    if (from + count * LINE_BYTES > index.length) return undefined;
    if (name === wanted)
      return Array.from({ length: count }, (_, i) => ({
        length: uint32At(index, from + i * LINE_BYTES),
        sha256: index.slice(from + i * LINE_BYTES + 4, from + (i + 1) * LINE_BYTES),
      }));
    from += count * LINE_BYTES;
  }
  return undefined;
}

function indexOf(pieces: Uint8Array[], hash: Hash): Uint8Array {
  return joinAll([uint32Of(pieces.length), ...pieces.map((piece) => lineOf(piece, hash))]);
}

function lineOf(bytes: Uint8Array, hash: Hash): Uint8Array {
  return joinAll([uint32Of(bytes.length), hash(bytes)]);
}

function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.slice(at, at + CHUNK_BYTES));
  return chunks;
}

function tableLength(file: Uint8Array, index: number): number {
  return uint32At(file, TABLE_AT + LINE_BYTES * index);
}

function tableHash(file: Uint8Array, index: number): Uint8Array {
  const line = TABLE_AT + LINE_BYTES * index;
  return file.slice(line + 4, line + LINE_BYTES);
}

/** What the byte string that begins here says of its length. */
function ownLength(file: Uint8Array, pos: number): number | undefined {
  const reader = createReader(file, pos, true);
  if (!readHead(reader) || reader.major !== BYTES) return undefined;
  const length = reader.high * 4294967296 + reader.low;
  return length <= 0xffffffff ? length : undefined;
}

function settled(
  file: Uint8Array,
  from: number,
  expected: Uint8Array,
  what: Place["what"],
  places: Place[],
  section?: SectionName,
): void {
  if (!equalBytes(file.slice(from, from + expected.length), expected))
    places.push(place(what, section, undefined, from, from + expected.length));
}

function place(
  what: Place["what"],
  section: SectionName | undefined,
  piece: number | undefined,
  from: number,
  to: number,
): Place {
  return { what, section, piece, from, to };
}

function headOf(length: number): Uint8Array {
  const writer = createWriter(8);
  writeArrayHead(writer, length);
  // The head of a list and of a byte string differ in their major type alone.
  writer.bytes[0] = (writer.bytes[0] & 31) | (BYTES << 5);
  return finish(writer);
}

function prefix(): Uint8Array {
  const writer = createWriter(32);
  writeArrayHead(writer, 2 + SECTIONS.length);
  writeText(writer, BUNDLE_NAME);
  return finish(writer);
}

function sign1Start(): Uint8Array {
  return Uint8Array.of(0x84, 0x43, 0xa1, 0x01, 0x27, 0xa0, 0x58, TABLE_BYTES);
}

function uint32Of(value: number): Uint8Array {
  return Uint8Array.of((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

function uint32At(bytes: Uint8Array, at: number): number {
  return bytes[at] * 16777216 + bytes[at + 1] * 65536 + bytes[at + 2] * 256 + bytes[at + 3];
}

function joinAll(parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
