import { createCipheriv, createHash, createHmac } from "node:crypto";
import type { Crypto } from "./crypto.ts";

/** The primitives by node:crypto: for host, simulator and tests, never for a device. */
export function createNodeCrypto(): Crypto {
  return {
    aesBlock(key, block) {
      // One block of ECB is the bare cipher.
      const cipher = createCipheriv("aes-128-ecb", key, null);
      cipher.setAutoPadding(false);
      block.set(cipher.update(block));
    },
    sha256: (bytes) => plain(createHash("sha256").update(bytes).digest()),
    hmac: (key, bytes) => plain(createHmac("sha256", key).update(bytes).digest()),
  };
}

/** No `Buffer`, whose `slice` shares memory and whose pool holds what others wrote. */
function plain(bytes: Buffer): Uint8Array {
  return Uint8Array.from(bytes);
}
