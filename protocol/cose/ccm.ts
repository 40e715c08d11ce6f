import { copyOf } from "../bytes.ts";
import type { Crypto } from "./crypto.ts";

/**
 * AES-128 in CCM (RFC 3610) with M = 8 and L = 2, over single blocks, because Espruino's own `ccmEncrypt` takes no associated
 * data. A nonce has 13 bytes and is never used twice under one key.
 */
export const NONCE_BYTES = 13;
export const CCM_TAG_BYTES = 8;
/** L = 2: two bytes hold the length. */
export const PLAINTEXT_MOST_BYTES = 65535;
/** From 0xff00 on, the length of associated data is written otherwise; ours has some tens of bytes. */
export const AAD_MOST_BYTES = 65279;
const BLOCK_BYTES = 16;
/** Flags of the first block: M = 8, L = 2. */
const FLAGS = 0x19;
const HAS_AAD = 0x40;

/** Ciphertext and tag. A longer text, or longer associated data, than the limits above is the caller's mistake. */
export function sealCcm(
  crypto: Crypto,
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  const length = plaintext.length;
  const out = new Uint8Array(length + CCM_TAG_BYTES);
  const tag = tagOf(crypto, key, nonce, plaintext, aad);
  out.set(plaintext);
  for (let i = 0; i < CCM_TAG_BYTES; i++) out[length + i] = tag[i];
  applyStream(crypto, key, nonce, out, length);
  return out;
}

/** The plaintext, or `undefined` where tag and rest do not go together. */
export function openCcm(
  crypto: Crypto,
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - CCM_TAG_BYTES;
  if (length < 0) return undefined;
  const opened = new Uint8Array(sealed);
  applyStream(crypto, key, nonce, opened, length);
  const plaintext = copyOf(opened, 0, length);
  const tag = tagOf(crypto, key, nonce, plaintext, aad);
  // All of the tag is looked at: the time must not say how much of it was right.
  let differences = 0;
  for (let i = 0; i < CCM_TAG_BYTES; i++) differences |= tag[i] ^ opened[length + i];
  return differences === 0 ? plaintext : undefined;
}

/** CBC-MAC over first block, associated data and plaintext, not encrypted yet; the tag is its first 8 bytes. */
function tagOf(crypto: Crypto, key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const state = blockOf(aad.length > 0 ? FLAGS | HAS_AAD : FLAGS, nonce, plaintext.length);
  crypto.aesBlock(key, state);
  state[0] ^= aad.length >> 8;
  state[1] ^= aad.length & 255;
  absorb(crypto, key, state, aad, 2);
  absorb(crypto, key, state, plaintext, 0);
  return state;
}

/** The first byte goes to `at` in the state; the last block is filled up with zeros. */
function absorb(crypto: Crypto, key: Uint8Array, state: Uint8Array, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < bytes.length; i++) {
    state[at] ^= bytes[i];
    at += 1;
    if (at === BLOCK_BYTES || i === bytes.length - 1) {
      crypto.aesBlock(key, state);
      at = 0;
    }
  }
}

/** Counter mode, there and back: block 0 goes over the tag behind `length`, blocks 1… over the text. */
function applyStream(crypto: Crypto, key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array, length: number): void {
  for (let block = 0; block * BLOCK_BYTES < length + BLOCK_BYTES; block++) {
    const stream = blockOf(1, nonce, block);
    crypto.aesBlock(key, stream);
    const from = block === 0 ? length : (block - 1) * BLOCK_BYTES;
    const to = block === 0 ? bytes.length : Math.min(length, from + BLOCK_BYTES);
    for (let i = from; i < to; i++) bytes[i] ^= stream[i - from];
  }
}

function blockOf(flags: number, nonce: Uint8Array, value: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block[0] = flags;
  block.set(nonce, 1);
  block[14] = value >> 8;
  block[15] = value & 255;
  return block;
}
