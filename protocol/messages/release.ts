import {
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  missingField,
  readArrayCount,
  readIntBetween,
  readKey,
  readMapCount,
  readTextBetween,
  writeArrayCount,
  writeIntBetween,
  writeIntField,
} from "../cbor/items.ts";
import { createReader, type Reader } from "../cbor/reader.ts";
import { createWriter, type Writer, writeInt, writeMapHead } from "../cbor/writer.ts";
import { TIME_MOST_MS, UINT32_MOST } from "../limits.ts";
import {
  BOARD_MOST_BYTES,
  ENGINE_ESPRUINO,
  ENGINE_XS,
  type ImageVersion,
  readElf,
  readHash,
  writeHash,
  writeTarget,
} from "./image.ts";

/**
 * The release list: what the agency stands for, signed with its releases key (`COSE_Sign1`, RELEASE_SIGNATURE_CONTEXT). Evidence
 * is re-executed only with a source bundle whose hash is on it.
 */
export interface ReleaseList {
  /** Counts up from 1 with each list, so that the newer of two is told. */
  number: number;
  /** When it was signed, UTC ms. */
  atMs: number;
  /** Oldest first; at most 256. */
  releases: Release[];
}

export interface Release {
  version: ImageVersion;
  /** SHA-256 of the source bundle: what a replay runs. */
  source: Uint8Array;
  rollback: number;
  /** What devices run, made from that source; 1 to 16. */
  artefacts: Artefact[];
}

export interface Artefact {
  /** As in `ImageInfo`. */
  board: string;
  engine: number;
  elf: Uint8Array;
  /** SHA-256 of the image, as its container says. */
  hash: Uint8Array;
}

/** Twenty years of monthly releases. */
export const RELEASES_MOST = 256;
/** Boards times engines. */
export const ARTEFACTS_MOST = 16;

export function encodeReleaseList(list: ReleaseList): Encoded {
  const writer = createWriter(1024);
  writeMapHead(writer, 3);
  writeIntField(writer, 1, list.number, 1, UINT32_MOST);
  writeIntField(writer, 2, list.atMs, 0, TIME_MOST_MS);
  writeInt(writer, 3);
  writeArrayCount(writer, list.releases.length, 0, RELEASES_MOST);
  for (let i = 0; i < list.releases.length && writer.error === ""; i++) writeRelease(writer, list.releases[i]);
  return encoded(writer);
}

function writeRelease(writer: Writer, release: Release): void {
  writeMapHead(writer, 4);
  writeInt(writer, 1);
  writeVersion(writer, release.version);
  writeInt(writer, 2);
  writeHash(writer, release.source);
  writeIntField(writer, 3, release.rollback, 1, UINT32_MOST);
  writeInt(writer, 4);
  writeArrayCount(writer, release.artefacts.length, 1, ARTEFACTS_MOST);
  for (let i = 0; i < release.artefacts.length && writer.error === ""; i++) {
    const artefact = release.artefacts[i];
    writeArrayCount(writer, 4, 4, 4);
    writeTarget(writer, artefact.board, artefact.engine, artefact.elf);
    writeHash(writer, artefact.hash);
  }
}

export function decodeReleaseList(bytes: Uint8Array): Decoded<ReleaseList> {
  const reader = createReader(bytes, 0, true);
  const list: ReleaseList = { number: 0, atMs: 0, releases: [] };
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    key = readKey(reader, key, 3);
    if (key === 1) list.number = readIntBetween(reader, 1, UINT32_MOST);
    else if (key === 2) list.atMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else {
      const count = readArrayCount(reader, 0, RELEASES_MOST);
      for (let k = 0; k < count && reader.error === ""; k++) list.releases.push(readRelease(reader));
    }
  }
  if (fields !== 3) missingField(reader);
  return decoded(reader, list);
}

function readRelease(reader: Reader): Release {
  const release: Release = {
    version: { major: 0, minor: 0, revision: 0, build: 0 },
    source: new Uint8Array(0),
    rollback: 0,
    artefacts: [],
  };
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    key = readKey(reader, key, 4);
    if (key === 1) release.version = readVersion(reader);
    else if (key === 2) release.source = readHash(reader);
    else if (key === 3) release.rollback = readIntBetween(reader, 1, UINT32_MOST);
    else {
      const count = readArrayCount(reader, 1, ARTEFACTS_MOST);
      for (let k = 0; k < count && reader.error === ""; k++) {
        readArrayCount(reader, 4, 4);
        const board = readTextBetween(reader, 1, BOARD_MOST_BYTES);
        const engine = readIntBetween(reader, ENGINE_ESPRUINO, ENGINE_XS);
        const elf = readElf(reader, engine);
        release.artefacts.push({ board: board, engine: engine, elf: elf, hash: readHash(reader) });
      }
    }
  }
  if (fields !== 4) missingField(reader);
  return release;
}

function writeVersion(writer: Writer, version: ImageVersion): void {
  writeArrayCount(writer, 4, 4, 4);
  writeIntBetween(writer, version.major, 0, 255);
  writeIntBetween(writer, version.minor, 0, 255);
  writeIntBetween(writer, version.revision, 0, 65535);
  writeIntBetween(writer, version.build, 0, UINT32_MOST);
}

function readVersion(reader: Reader): ImageVersion {
  readArrayCount(reader, 4, 4);
  const major = readIntBetween(reader, 0, 255);
  const minor = readIntBetween(reader, 0, 255);
  const revision = readIntBetween(reader, 0, 65535);
  return { major: major, minor: minor, revision: revision, build: readIntBetween(reader, 0, UINT32_MOST) };
}
