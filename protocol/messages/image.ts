import {
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  readArrayCount,
  readBytesBetween,
  readIntBetween,
  readTextBetween,
  writeArrayCount,
  writeIntBetween,
  writeTextBetween,
} from "../cbor/items.ts";
import { createReader, fail, type Reader } from "../cbor/reader.ts";
import { createWriter, refuse, type Writer, writeBytes } from "../cbor/writer.ts";
import { DEVICE_ID_MOST_BYTES } from "../cose/keys.ts";
import { UINT32_MOST } from "../limits.ts";

/**
 * What one device may run: board, engine and a hash of every piece, sealed for it alone (`COSE_Mac0` under its image key). Small
 * hashes of small pieces, because an interpreter cannot hash a large file at once. Lists instead of maps: the loader reads it.
 */
export interface ImageManifest {
  /** 1 to 32 bytes of UTF-8. */
  device: string;
  /** From 1. A device refuses one below that of the image it confirmed last. */
  rollback: number;
  /** For people, e.g. `1.2.0+7`; 1 to 32 bytes. */
  version: string;
  about: ImageInfo;
  /** SHA-256 as the container's TLV says it: the image's name everywhere. */
  hash: Uint8Array;
  /** What the container's hash covers, in pieces of 1,024 bytes, of which the last has 1 to 1,024. */
  lastBytes: number;
  /** 16 bytes of each piece's SHA-256, one after another; 1 to 124 of them. */
  hashes: Uint8Array;
}

/** What an image is for, and what a device is: an image for another is refused. */
export interface ImageTarget {
  /** 1 to 32 bytes of UTF-8, e.g. `xiao-ble`. */
  board: string;
  /** `ENGINE_…`. */
  engine: number;
  /** SHA-256 of the ELF that an XS image was made for; no bytes for Espruino. */
  elf: Uint8Array;
}

/** What an image says of itself before it is sealed for a device: it stands in a protected TLV too. */
export interface ImageInfo extends ImageTarget {
  /** Version of the persistent records that it writes once it is confirmed; 1 to 255. */
  format: number;
  /** It also reads, and writes until it is confirmed, this many formats before that. */
  formatsBack: number;
  /** SHA-256 of the source bundle that it was made from: what a replay runs. */
  source: Uint8Array;
}

/** As MCUboot has it. */
export interface ImageVersion {
  major: number;
  minor: number;
  revision: number;
  build: number;
}

export const ENGINE_ESPRUINO = 0;
export const ENGINE_XS = 1;
/** Wire values are the positions in this list. */
export const ENGINES = ["espruino", "xs"];
/** How an update ended; `OUTCOME_…` of `firmware/update/slots.ts` are the positions in this list. */
export const UPDATE_OUTCOMES = [
  "update.none",
  "update.confirmed",
  "update.unreached",
  "update.reverted",
  "update.damaged",
  "update.fell-back",
];
export const HASH_BYTES = 32;
/** Nobody makes two pieces that share one, for that takes 2⁶⁴ tries with the vault's key. */
export const PIECE_HASH_BYTES = 16;
export const PIECE_BYTES = 1024;
/** A place for an image in the device's flash. Bytes. */
export const IMAGE_SLOT_BYTES = 131072;
/** What the image has of it: the last erase block is the sealed manifest's. */
export const IMAGE_MOST_BYTES = 126976;
/** The rest of a place: 124. */
export const PIECES_MOST = 124;
/** Hashes, and what else a manifest and its seal hold. */
export const SEALED_MANIFEST_MOST_BYTES = 2304;
export const BOARD_MOST_BYTES = 32;
export const VERSION_MOST_BYTES = 32;
const FORMAT_MOST = 255;

/** Bytes that the container's hash covers. */
export function imageBytesOf(manifest: ImageManifest): number {
  return PIECE_BYTES * (manifest.hashes.length / PIECE_HASH_BYTES - 1) + manifest.lastBytes;
}

export function encodeImageManifest(manifest: ImageManifest): Encoded {
  const writer = createWriter(512);
  writeArrayCount(writer, 7, 7, 7);
  writeTextBetween(writer, manifest.device, 1, DEVICE_ID_MOST_BYTES);
  writeIntBetween(writer, manifest.rollback, 1, UINT32_MOST);
  writeTextBetween(writer, manifest.version, 1, VERSION_MOST_BYTES);
  writeInfo(writer, manifest.about);
  writeHash(writer, manifest.hash);
  writeIntBetween(writer, manifest.lastBytes, 1, PIECE_BYTES);
  const bytes = manifest.hashes.length;
  if (!(bytes >= PIECE_HASH_BYTES && bytes <= PIECES_MOST * PIECE_HASH_BYTES)) refuse(writer, "message.out-of-bounds");
  else if (bytes % PIECE_HASH_BYTES !== 0) refuse(writer, "message.out-of-bounds");
  writeBytes(writer, manifest.hashes);
  return encoded(writer);
}

export function decodeImageManifest(bytes: Uint8Array): Decoded<ImageManifest> {
  const reader = createReader(bytes, 0, true);
  readArrayCount(reader, 7, 7);
  return decoded(reader, {
    device: readTextBetween(reader, 1, DEVICE_ID_MOST_BYTES),
    rollback: readIntBetween(reader, 1, UINT32_MOST),
    version: readTextBetween(reader, 1, VERSION_MOST_BYTES),
    about: readInfo(reader),
    hash: readHash(reader),
    lastBytes: readIntBetween(reader, 1, PIECE_BYTES),
    hashes: readHashes(reader),
  });
}

function readHashes(reader: Reader): Uint8Array {
  const start = reader.pos;
  const hashes = readBytesBetween(reader, PIECE_HASH_BYTES, PIECES_MOST * PIECE_HASH_BYTES);
  if (hashes.length % PIECE_HASH_BYTES !== 0) fail(reader, "message.out-of-bounds", start);
  return hashes;
}

export function encodeImageInfo(info: ImageInfo): Encoded {
  const writer = createWriter(128);
  writeInfo(writer, info);
  return encoded(writer);
}

export function decodeImageInfo(bytes: Uint8Array): Decoded<ImageInfo> {
  const reader = createReader(bytes, 0, true);
  return decoded(reader, readInfo(reader));
}

function writeInfo(writer: Writer, info: ImageInfo): void {
  writeArrayCount(writer, 6, 6, 6);
  writeTarget(writer, info.board, info.engine, info.elf);
  writeIntBetween(writer, info.format, 1, FORMAT_MOST);
  writeIntBetween(writer, info.formatsBack, 0, FORMAT_MOST);
  writeHash(writer, info.source);
}

function readInfo(reader: Reader): ImageInfo {
  readArrayCount(reader, 6, 6);
  const board = readTextBetween(reader, 1, BOARD_MOST_BYTES);
  const engine = readIntBetween(reader, ENGINE_ESPRUINO, ENGINE_XS);
  return {
    board: board,
    engine: engine,
    elf: readElf(reader, engine),
    format: readIntBetween(reader, 1, FORMAT_MOST),
    formatsBack: readIntBetween(reader, 0, FORMAT_MOST),
    source: readHash(reader),
  };
}

/** Board, engine and ELF: three items. */
export function writeTarget(writer: Writer, board: string, engine: number, elf: Uint8Array): void {
  writeTextBetween(writer, board, 1, BOARD_MOST_BYTES);
  writeIntBetween(writer, engine, ENGINE_ESPRUINO, ENGINE_XS);
  if (elf.length === HASH_BYTES * engine) writeBytes(writer, elf);
  else refuse(writer, "message.out-of-bounds");
}

/** An XS image fits one ELF; another has none. */
export function readElf(reader: Reader, engine: number): Uint8Array {
  return readBytesBetween(reader, HASH_BYTES * engine, HASH_BYTES * engine);
}

export function writeHash(writer: Writer, hash: Uint8Array): void {
  if (!(hash instanceof Uint8Array)) refuse(writer, "message.not-bytes");
  else if (hash.length !== HASH_BYTES) refuse(writer, "message.out-of-bounds");
  else writeBytes(writer, hash);
}

export function readHash(reader: Reader): Uint8Array {
  return readBytesBetween(reader, HASH_BYTES, HASH_BYTES);
}
