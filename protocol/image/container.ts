import { copyOf, equalBytes, joinBytes } from "../bytes.ts";
import type { Crypto } from "../cose/crypto.ts";
import { decodeImageInfo, encodeImageInfo, type ImageInfo, type ImageVersion } from "../messages/image.ts";
import {
  IMAGE_HEADER_BYTES,
  type ImageHeader,
  putU16,
  putU32,
  readImageHeader,
  TLV_HEAD_BYTES,
  TLV_INFO,
  TLV_OUR_END,
  TLV_OUR_INFO,
  TLV_OUR_MANIFEST,
  TLV_PROTECTED_INFO,
  TLV_ROLLBACK,
  TLV_SHA256,
  u16At,
  writeImageHeader,
} from "./header.ts";

/** The container as a whole, for host and verifiers; what a device needs of it is in `header.ts`. */
export interface Image {
  header: ImageHeader;
  payload: Uint8Array;
  /** As the container says it, and as it was verified. */
  hash: Uint8Array;
  /** What the hash covers: header, payload, protected TLVs. */
  coveredBytes: number;
  /** MCUboot's security counter; `undefined`: there is none. */
  rollback: number | undefined;
  /** `undefined`: an image that is none of ours. */
  info: ImageInfo | undefined;
  /** As it stands there; its seal is not verified. `undefined`: not sealed. */
  sealedManifest: Uint8Array | undefined;
  /** Of the container; what follows (a slot's padding, MCUboot's trailer) is none of it. */
  totalBytes: number;
}

/** `offset`: of what is wrong. */
export type ReadImage = { ok: true; image: Image } | { ok: false; reason: string; offset: number };

export interface ImageParts {
  version: ImageVersion;
  loadAddress: number;
  payload: Uint8Array;
  rollback: number;
  info: ImageInfo;
}

interface Tlv {
  type: number;
  value: Uint8Array;
}

/** A container that is sealed for nobody yet. Its info is within the schema's bounds. */
export function buildImage(crypto: Crypto, parts: ImageParts): Uint8Array {
  const info = encodeImageInfo(parts.info);
  const rollback = new Uint8Array(4);
  putU32(rollback, 0, parts.rollback);
  const protectedTlvs = writeTlvs(TLV_PROTECTED_INFO, [
    { type: TLV_ROLLBACK, value: rollback },
    { type: TLV_OUR_INFO, value: info.ok ? info.bytes : new Uint8Array(0) },
  ]);
  const header = writeImageHeader({
    loadAddress: parts.loadAddress,
    headerBytes: IMAGE_HEADER_BYTES,
    protectedBytes: protectedTlvs.length,
    payloadBytes: parts.payload.length,
    flags: 0,
    version: parts.version,
  });
  const covered = joinBytes([header, parts.payload, protectedTlvs]);
  return joinBytes([covered, writeTlvs(TLV_INFO, [{ type: TLV_SHA256, value: crypto.sha256(covered) }])]);
}

/** The same container with the sealed manifest in a TLV that its hash does not cover; one that was there is replaced. */
export function withManifest(bytes: Uint8Array, image: Image, sealed: Uint8Array): Uint8Array {
  const covered = copyOf(bytes, 0, image.coveredBytes);
  const length = new Uint8Array(2);
  putU16(length, 0, sealed.length);
  return joinBytes([
    covered,
    writeTlvs(TLV_INFO, [
      { type: TLV_SHA256, value: image.hash },
      { type: TLV_OUR_MANIFEST, value: sealed },
      { type: TLV_OUR_END, value: length },
    ]),
  ]);
}

function writeTlvs(magic: number, tlvs: Tlv[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < tlvs.length; i++) parts.push(headOf(tlvs[i].type, tlvs[i].value.length), tlvs[i].value);
  const body = joinBytes(parts);
  return joinBytes([headOf(magic, TLV_HEAD_BYTES + body.length), body]);
}

function headOf(first: number, second: number): Uint8Array {
  const head = new Uint8Array(TLV_HEAD_BYTES);
  putU16(head, 0, first);
  putU16(head, 2, second);
  return head;
}

/** MCUboot's flags for AES-128 and AES-256. */
const ENCRYPTED = 0x0c;

/**
 * Reads and verifies a container; any that imgtool makes with SHA-256. Refused: `image.no-container`, `image.bad-header`,
 * `image.encrypted`, `image.truncated`, `image.bad-tlv`, `image.no-hash`, `image.wrong-hash`, `image.bad-info`.
 */
export function readImage(crypto: Crypto, bytes: Uint8Array): ReadImage {
  const header = readImageHeader(bytes);
  if (header === undefined) return refused("image.no-container", 0);
  if (header.headerBytes < IMAGE_HEADER_BYTES) return refused("image.bad-header", 8);
  if ((header.flags & ENCRYPTED) !== 0) return refused("image.encrypted", 16);
  const payloadEnd = header.headerBytes + header.payloadBytes;
  const coveredBytes = payloadEnd + header.protectedBytes;
  if (coveredBytes + TLV_HEAD_BYTES > bytes.length) return refused("image.truncated", bytes.length);
  const kept = header.protectedBytes === 0 ? [] : readTlvs(bytes, payloadEnd, TLV_PROTECTED_INFO, coveredBytes);
  if (kept === undefined) return refused("image.bad-tlv", payloadEnd);
  const totalBytes = coveredBytes + u16At(bytes, coveredBytes + 2);
  const rest = readTlvs(bytes, coveredBytes, TLV_INFO, totalBytes);
  if (rest === undefined) return refused("image.bad-tlv", coveredBytes);
  const hash = firstOf(rest, TLV_SHA256);
  if (hash === undefined) return refused("image.no-hash", coveredBytes);
  if (!equalBytes(hash, crypto.sha256(copyOf(bytes, 0, coveredBytes))))
    return refused("image.wrong-hash", coveredBytes);
  const info = firstOf(kept, TLV_OUR_INFO);
  const read = info === undefined ? undefined : decodeImageInfo(info);
  if (read !== undefined && !read.ok) return refused("image.bad-info", payloadEnd);
  return {
    ok: true,
    image: {
      header: header,
      payload: copyOf(bytes, header.headerBytes, payloadEnd),
      hash: hash,
      coveredBytes: coveredBytes,
      rollback: rollbackOf(firstOf(kept, TLV_ROLLBACK)),
      info: read?.value,
      sealedManifest: firstOf(rest, TLV_OUR_MANIFEST),
      totalBytes: totalBytes,
    },
  };
}

/** The TLVs of one run, which must end at `end`; `undefined`: it does not, or does not begin there. */
function readTlvs(bytes: Uint8Array, start: number, magic: number, end: number): Tlv[] | undefined {
  if (end > bytes.length || start + TLV_HEAD_BYTES > end) return undefined;
  if (u16At(bytes, start) !== magic || u16At(bytes, start + 2) !== end - start) return undefined;
  const tlvs: Tlv[] = [];
  let at = start + TLV_HEAD_BYTES;
  while (at + TLV_HEAD_BYTES <= end) {
    const length = u16At(bytes, at + 2);
    const from = at + TLV_HEAD_BYTES;
    if (from + length > end) return undefined;
    tlvs.push({ type: u16At(bytes, at), value: copyOf(bytes, from, from + length) });
    at = from + length;
  }
  return at === end ? tlvs : undefined;
}

/** The first of its type: MCUboot takes that one too. */
function firstOf(tlvs: Tlv[], type: number): Uint8Array | undefined {
  return tlvs.find((tlv) => tlv.type === type)?.value;
}

function rollbackOf(value: Uint8Array | undefined): number | undefined {
  return value?.length === 4 ? u16At(value, 0) + u16At(value, 2) * 65536 : undefined;
}

function refused(reason: string, offset: number): ReadImage {
  return { ok: false, reason, offset };
}
