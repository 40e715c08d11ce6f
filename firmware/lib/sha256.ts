/** SHA-256 (FIPS 180-4) and HMAC (RFC 2104) over it, for boards without their own. */
const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const TWO_32 = 4294967296;
/** First the initial state, eight words, then the 64 constants of the rounds. */
const CONSTANTS: Int32Array = /* @__PURE__ */ makeConstants();

interface Hash {
  /** Eight words: the state between blocks. */
  state: Int32Array;
  /** 64 words, the message schedule of the block at work. */
  words: Int32Array;
  block: Uint8Array;
  length: number;
}

/** 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const hash = createHash();
  update(hash, bytes);
  return finish(hash);
}

/** HMAC-SHA-256, 32 bytes; a key of any length. */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const short = key.length > BLOCK_BYTES ? sha256(key) : key;
  const inner = keyed(short, 0x36);
  update(inner, bytes);
  const outer = keyed(short, 0x5c);
  update(outer, finish(inner));
  return finish(outer);
}

/**
 * The first 32 bits behind the point of the roots of the first primes, square roots for the state and cube roots for the
 * rounds. Computed, for their digits would take 700 bytes of the bundle; a double holds 15 bits more than are taken, and
 * + − × ÷ and sqrt are the same on every engine.
 */
function makeConstants(): Int32Array {
  const constants = new Int32Array(72);
  let prime = 2;
  for (let count = 0; count < 64; prime++) {
    let divisor = 2;
    while (prime % divisor !== 0) divisor += 1;
    if (divisor !== prime) continue;
    // Newton's way down from 7, above the largest root: ten steps reach a double's last bit.
    let root = 7;
    for (let i = 0; i < 12; i++) root = (2 * root + prime / (root * root)) / 3;
    if (count < 8) constants[count] = Math.floor((Math.sqrt(prime) % 1) * TWO_32);
    constants[8 + count] = Math.floor((root % 1) * TWO_32);
    count += 1;
  }
  return constants;
}

function keyed(key: Uint8Array, mask: number): Hash {
  const padded = new Uint8Array(BLOCK_BYTES);
  padded.set(key);
  for (let i = 0; i < BLOCK_BYTES; i++) padded[i] ^= mask;
  const hash = createHash();
  update(hash, padded);
  return hash;
}

function createHash(): Hash {
  return {
    state: new Int32Array(CONSTANTS.subarray(0, 8)),
    words: new Int32Array(64),
    block: new Uint8Array(BLOCK_BYTES),
    length: 0,
  };
}

function update(hash: Hash, bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) {
    hash.block[hash.length % BLOCK_BYTES] = bytes[i];
    hash.length += 1;
    if (hash.length % BLOCK_BYTES === 0) compress(hash);
  }
}

function finish(hash: Hash): Uint8Array {
  const bits = hash.length * 8;
  const padding = new Uint8Array(1);
  padding[0] = 0x80;
  update(hash, padding);
  padding[0] = 0;
  while (hash.length % BLOCK_BYTES !== BLOCK_BYTES - 8) update(hash, padding);
  // What is hashed here fits into memory: its length in bits fits into 53.
  const high = Math.floor(bits / TWO_32);
  for (let i = 0; i < 8; i++) hash.block[56 + i] = ((i < 4 ? high : bits) >>> (24 - 8 * (i & 3))) & 255;
  compress(hash);
  const out = new Uint8Array(HASH_BYTES);
  for (let i = 0; i < HASH_BYTES; i++) out[i] = (hash.state[i >> 2] >>> (24 - 8 * (i & 3))) & 255;
  return out;
}

function compress(hash: Hash): void {
  const w = hash.words;
  const state = hash.state;
  for (let i = 0; i < 16; i++) {
    w[i] =
      (hash.block[4 * i] << 24) | (hash.block[4 * i + 1] << 16) | (hash.block[4 * i + 2] << 8) | hash.block[4 * i + 3];
  }
  for (let i = 16; i < 64; i++) {
    const low = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
    const high = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
    w[i] = (w[i - 16] + low + w[i - 7] + high) | 0;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i++) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + CONSTANTS[8 + i] + w[i]) | 0;
    const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

function turn(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
