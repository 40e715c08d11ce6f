import { crc32 } from "../crc32.ts";
import { putU32, u32 } from "./record.ts";

/**
 * The head of an erase block in use: magic and format, the block's place in the order of writing, how often it was erased, number
 * and epoch from which its records count. Little end first; the CRC is the last word. It stands there twice, so that one flipped bit
 * does not lose a block.
 */
export interface BlockHead {
  /** Counts up from 1 with every block that is begun. */
  sequence: number;
  erases: number;
  /** Of the first record in it. */
  number: number;
  epoch: number;
}

const COPY_BYTES = 24;
export const BLOCK_HEAD_BYTES = 2 * COPY_BYTES;
/** "OMJ" and the version of the format, of the records too. */
const MAGIC = 0x034a4d4f;

export function writeBlockHead(head: BlockHead): Uint8Array {
  const words = [MAGIC, head.sequence, head.erases, head.number, head.epoch];
  const bytes = new Uint8Array(BLOCK_HEAD_BYTES);
  for (let at = 0; at < BLOCK_HEAD_BYTES; at += COPY_BYTES) {
    for (let i = 0; i < words.length; i++) putU32(bytes, at + 4 * i, words[i]);
    putU32(bytes, at + COPY_BYTES - 4, checkOf(bytes, at));
  }
  return bytes;
}

/** `undefined` where no block of ours begins. */
export function readBlockHead(bytes: Uint8Array): BlockHead | undefined {
  for (let at = 0; at < BLOCK_HEAD_BYTES; at += COPY_BYTES) {
    if (u32(bytes, at) !== MAGIC || u32(bytes, at + COPY_BYTES - 4) !== checkOf(bytes, at) >>> 0) continue;
    return {
      sequence: u32(bytes, at + 4),
      erases: u32(bytes, at + 8),
      number: u32(bytes, at + 12),
      epoch: u32(bytes, at + 16),
    };
  }
  return undefined;
}

/** The version of another format in which a journal's block begins there; `undefined`: none does. */
export function otherVersion(bytes: Uint8Array): number | undefined {
  const differs = bytes.length >= 4 ? (u32(bytes, 0) ^ MAGIC) >>> 0 : 0;
  return differs !== 0 && differs % 16777216 === 0 ? bytes[3] : undefined;
}

function checkOf(bytes: Uint8Array, at: number): number {
  return crc32(0, bytes.subarray(at, at + COPY_BYTES - 4), COPY_BYTES - 4);
}
