import { createSoftCrypto } from "../../firmware/lib/soft-crypto.ts";
import type { Crypto } from "../../protocol/cose/crypto.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";

/** Every `crypto` that there is: each passes every vector. */
export const CRYPTOS: [string, Crypto][] = [
  ["soft-crypto", createSoftCrypto()],
  ["node-crypto", createNodeCrypto()],
];

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Blanks are for the eye. */
export function unhex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
}

export function utf8(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "utf8"));
}

/** `length` bytes that count up from `first`. */
export function counting(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => first + i);
}
