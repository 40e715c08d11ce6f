/**
 * The primitives that seals are made of. One-shot, because Espruino has no more; what of it is native is the board's matter.
 * Contract (tested for every implementation): the published vectors; inputs are left as they were.
 */
export interface Crypto {
  /** Encrypts one block of 16 bytes in place with AES-128; `key` has 16 bytes. */
  aesBlock(key: Uint8Array, block: Uint8Array): void;
  /** 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** HMAC-SHA-256, 32 bytes; a key of any length. */
  hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array;
}
