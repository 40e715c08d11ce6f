import type { ImageVersion } from "../messages/image.ts";

/**
 * MCUboot's container (its docs/design.md, "Image format"), little end first:
 *
 *   header (32 bytes, padded to `headerBytes`) | payload | protected TLVs | TLVs
 *
 * The SHA-256 TLV covers everything up to the end of the protected TLVs. Each run of TLVs begins with a magic and its whole
 * length; a TLV is type u16, length u16, value.
 */
export interface ImageHeader {
  loadAddress: number;
  headerBytes: number;
  /** Of the protected TLVs, their info included; 0: there are none. */
  protectedBytes: number;
  payloadBytes: number;
  flags: number;
  version: ImageVersion;
}

export const IMAGE_HEADER_BYTES = 32;
const IMAGE_MAGIC = 0x96f3b83d;

/** Info and head of a TLV: four bytes each. */
export const TLV_HEAD_BYTES = 4;
export const TLV_INFO = 0x6907;
export const TLV_PROTECTED_INFO = 0x6908;
export const TLV_SHA256 = 0x10;
/** MCUboot's security counter is our rollback counter. */
export const TLV_ROLLBACK = 0x50;
/** Types 0xxxa0 to 0xxxfe are a vendor's own. Ours: `ImageInfo`, protected; the sealed manifest, which is added later. */
export const TLV_OUR_INFO = 0xa0;
export const TLV_OUR_MANIFEST = 0xa1;
/** Last of all and behind the manifest: its length, u16. A device that has taken the file in finds the manifest from its end. */
export const TLV_OUR_END = 0xa2;
export const TLV_END_BYTES = 6;

/** `undefined`: no container begins there. */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
  if (bytes.length < IMAGE_HEADER_BYTES || u32At(bytes, 0) !== IMAGE_MAGIC) return undefined;
  return {
    loadAddress: u32At(bytes, 4),
    headerBytes: u16At(bytes, 8),
    protectedBytes: u16At(bytes, 10),
    payloadBytes: u32At(bytes, 12),
    flags: u32At(bytes, 16),
    version: { major: bytes[20], minor: bytes[21], revision: u16At(bytes, 22), build: u32At(bytes, 24) },
  };
}

/** Of `headerBytes`. */
export function writeImageHeader(header: ImageHeader): Uint8Array {
  const bytes = new Uint8Array(header.headerBytes);
  putU32(bytes, 0, IMAGE_MAGIC);
  putU32(bytes, 4, header.loadAddress);
  putU16(bytes, 8, header.headerBytes);
  putU16(bytes, 10, header.protectedBytes);
  putU32(bytes, 12, header.payloadBytes);
  putU32(bytes, 16, header.flags);
  bytes[20] = header.version.major;
  bytes[21] = header.version.minor;
  putU16(bytes, 22, header.version.revision);
  putU32(bytes, 24, header.version.build);
  return bytes;
}

export function u16At(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

function u32At(bytes: Uint8Array, at: number): number {
  return u16At(bytes, at) + u16At(bytes, at + 2) * 65536;
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value & 255;
  bytes[at + 1] = (value >> 8) & 255;
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, value & 65535);
  putU16(bytes, at + 2, value >>> 16);
}
