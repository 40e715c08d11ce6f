import type { Crypto } from "../ports/crypto.ts";
import { createAes, encryptBlock } from "./aes.ts";
import { hmacSha256, sha256 } from "./sha256.ts";

/** The `crypto` port in software: for boards, or builds, whose own is missing or does too little. */
export function createSoftCrypto(): Crypto {
  const aes = createAes();
  return {
    aesBlock(key: Uint8Array, block: Uint8Array): void {
      encryptBlock(aes, key, block);
    },
    sha256: sha256,
    hmac: hmacSha256,
  };
}
