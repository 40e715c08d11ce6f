import { equalBytes } from "../../protocol/bytes.ts";

/**
 * AES-128, encryption only (FIPS 197), which is all that CCM needs. The table is computed once instead of stored: it would
 * take a kilobyte of the bundle. Lookups depend on the key, which matters where a cache can be watched; these chips have none.
 */
const BLOCK_BYTES = 16;
const ROUNDS = 10;

export interface Aes {
  sbox: Uint8Array;
  /** The key expanded last, and its 11 round keys: seals come in rows under one key. Empty at first. */
  key: Uint8Array;
  schedule: Uint8Array;
}

export function createAes(): Aes {
  return { sbox: makeSbox(), key: new Uint8Array(0), schedule: new Uint8Array(BLOCK_BYTES * (ROUNDS + 1)) };
}

/** Encrypts 16 bytes in place; `key` has 16 bytes. */
export function encryptBlock(aes: Aes, key: Uint8Array, block: Uint8Array): void {
  if (!equalBytes(aes.key, key)) expandKey(aes, key);
  addRoundKey(aes, block, 0);
  for (let round = 1; round < ROUNDS; round++) {
    substituteAndShift(aes.sbox, block);
    mixColumns(block);
    addRoundKey(aes, block, round);
  }
  substituteAndShift(aes.sbox, block);
  addRoundKey(aes, block, ROUNDS);
}

/** Powers of 3, which runs through all of the field, beside those of its inverse; then the affine map. */
function makeSbox(): Uint8Array {
  const sbox = new Uint8Array(256);
  let power = 1;
  let inverse = 1;
  do {
    power = power ^ timesTwo(power);
    inverse ^= inverse << 1;
    inverse ^= inverse << 2;
    inverse ^= inverse << 4;
    inverse &= 255;
    if ((inverse & 0x80) !== 0) inverse ^= 0x09;
    // The five turns of a byte, together: the high half of its doubled form comes back in below.
    const turns = inverse ^ (inverse << 1) ^ (inverse << 2) ^ (inverse << 3) ^ (inverse << 4);
    sbox[power] = (turns ^ (turns >> 8) ^ 0x63) & 255;
  } while (power !== 1);
  sbox[0] = 0x63;
  return sbox;
}

function timesTwo(byte: number): number {
  return ((byte << 1) ^ ((byte & 0x80) !== 0 ? 0x11b : 0)) & 255;
}

function expandKey(aes: Aes, key: Uint8Array): void {
  const words = aes.schedule;
  let rcon = 1;
  aes.key = new Uint8Array(key);
  words.set(key);
  for (let i = BLOCK_BYTES; i < words.length; i += 4) {
    for (let k = 0; k < 4; k++) {
      // At the start of each round key the word before is turned by a byte and goes through the table.
      const before = i % BLOCK_BYTES === 0 ? aes.sbox[words[i - 4 + ((k + 1) & 3)]] : words[i - 4 + k];
      words[i + k] = words[i - BLOCK_BYTES + k] ^ before;
    }
    if (i % BLOCK_BYTES === 0) {
      words[i] ^= rcon;
      rcon = timesTwo(rcon);
    }
  }
}

function addRoundKey(aes: Aes, block: Uint8Array, round: number): void {
  for (let i = 0; i < BLOCK_BYTES; i++) block[i] ^= aes.schedule[BLOCK_BYTES * round + i];
}

/** Row r of a column comes from the column r further on. */
function substituteAndShift(sbox: Uint8Array, block: Uint8Array): void {
  const before = new Uint8Array(block);
  for (let i = 0; i < BLOCK_BYTES; i++) block[i] = sbox[before[(i + 4 * (i & 3)) & 15]];
}

function mixColumns(block: Uint8Array): void {
  for (let i = 0; i < BLOCK_BYTES; i += 4) {
    const first = block[i];
    const all = first ^ block[i + 1] ^ block[i + 2] ^ block[i + 3];
    for (let k = 0; k < 4; k++) {
      const next = k === 3 ? first : block[i + k + 1];
      block[i + k] ^= all ^ timesTwo(block[i + k] ^ next);
    }
  }
}
