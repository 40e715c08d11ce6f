import { putUtf8, utf8Length } from "./utf8.ts";

/** Of well-formed text. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  putUtf8(bytes, 0, text);
  return bytes;
}

/** A new array that holds the parts one after the other. */
export function joinBytes(parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += parts[i].length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    joined.set(parts[i], at);
    at += parts[i].length;
  }
  return joined;
}

/** Takes as long for bytes that differ early as for such that differ late: what is compared may be a seal. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

/** Four bytes, big end first. */
export function uint32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) bytes[i] = (value >>> (24 - 8 * i)) & 255;
  return bytes;
}

/** A copy of `bytes[from..to)`: `slice` shares memory on some engines. */
export function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = new Uint8Array(to - from);
  for (let i = 0; i < copy.length; i++) copy[i] = bytes[from + i];
  return copy;
}
