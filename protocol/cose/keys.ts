import { bytesOf, joinBytes, uint32Bytes } from "../bytes.ts";
import type { Crypto } from "./crypto.ts";

/**
 * The key tree of design §6: agency root → device secret (device id, generation) → one key a purpose. Each step is HKDF with
 * an info that names it, so that no key says anything about another, or about what stands above it.
 */

/** Sessions over USB and Bluetooth. */
export const PURPOSE_MANAGEMENT = 1;
export const PURPOSE_ORDER = 2;
export const PURPOSE_IMAGE = 3;
export const PURPOSE_UPLINK = 4;
export const PURPOSE_DOWNLINK = 5;
export const PURPOSE_LEASE = 6;
export const PURPOSE_BEACON = 7;
/** Where the journal's ratchet starts. */
export const PURPOSE_JOURNAL = 8;
/** Purposes are 1 to this. */
export const PURPOSE_MOST = 8;

export const KEY_BYTES = 32;
/** Bytes of UTF-8 in a device's id: it is printed on the shell and typed by hand. */
export const DEVICE_ID_MOST_BYTES = 32;
/** A generation is a uint32 that is never 0; the factory station sees the first. */
export const FIRST_GENERATION = 1;
const HASH_BYTES = 32;
const TWO_32 = 4294967296;

/** HKDF-SHA-256 (RFC 5869); `length` is at most 8,160 bytes. */
export function hkdf(crypto: Crypto, key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const extracted = crypto.hmac(salt, key);
  const out = new Uint8Array(length);
  let block = new Uint8Array(0);
  for (let at = 0; at < length; at += HASH_BYTES) {
    const count = new Uint8Array(1);
    count[0] = at / HASH_BYTES + 1;
    block = crypto.hmac(extracted, joinBytes([block, info, count])) as Uint8Array<ArrayBuffer>;
    for (let i = 0; i < HASH_BYTES && at + i < length; i++) out[at + i] = block[i];
  }
  return out;
}

/** 32 bytes from which all keys of one device and generation follow. Only the vault can make it; a device never holds it. */
export function deviceSecret(crypto: Crypto, root: Uint8Array, deviceId: string, generation: number): Uint8Array {
  return derive(crypto, root, [bytesOf("omamori device"), uint32Bytes(generation), bytesOf(deviceId)]);
}

/** The key of one purpose, 32 bytes; `secret` is the device's of the same generation. */
export function purposeKey(crypto: Crypto, secret: Uint8Array, purpose: number, generation: number): Uint8Array {
  const which = new Uint8Array(1);
  which[0] = purpose;
  return derive(crypto, secret, [bytesOf("omamori key"), which, uint32Bytes(generation)]);
}

/**
 * The management key that a field unit gets for one assignment. The unit says assignment and expiry at the start of a session
 * and both are in the key, so that neither can be said otherwise; the device, which holds `managementKey`, derives the same
 * and refuses an expiry that has passed by its trusted time and an assignment below the least that it still takes.
 * `assignment`: uint32 from 1; `expiryS`: Unix seconds, an integer.
 */
export function fieldKey(crypto: Crypto, managementKey: Uint8Array, assignment: number, expiryS: number): Uint8Array {
  const expiry = joinBytes([uint32Bytes(Math.floor(expiryS / TWO_32)), uint32Bytes(expiryS % TWO_32)]);
  return derive(crypto, managementKey, [bytesOf("omamori field"), uint32Bytes(assignment), expiry]);
}

function derive(crypto: Crypto, key: Uint8Array, info: Uint8Array[]): Uint8Array {
  return hkdf(crypto, key, new Uint8Array(0), joinBytes(info), KEY_BYTES);
}
