import { bytesOf, uint32Bytes } from "../bytes.ts";
import { readBytesBetween, readIntBetween } from "../cbor/items.ts";
import { writeBytes, writeInt, writeMapHead } from "../cbor/writer.ts";
import { NONCE_BYTES, PLAINTEXT_MOST_BYTES } from "./ccm.ts";
import type { Crypto } from "./crypto.ts";
import { beginEncrypt0, endEncrypt0, openRest, readEncrypt0 } from "./encrypt0.ts";
import { hkdf } from "./keys.ts";
import { refusalOf, type SealRefusal } from "./seal.ts";

/**
 * What travels: COSE_Encrypt0 with unprotected `{4: salt, 6: counter}`. A sender draws 16 random bytes when it starts, and
 * its message key follows from them: the counter begins at 0 and yet no nonce comes twice under one key, even where every
 * memory was rewound. The counter is a Partial IV of four bytes over a Context IV of zeros.
 */
export const SALT_BYTES = 16;
const MESSAGE_KEY_BYTES = 16;
const HEADER_SALT = 4;
const HEADER_COUNTER = 6;
const COUNTER_BYTES = 4;
/** A sender that speaks once a second draws a new salt after 136 years. */
const COUNTER_MOST = 4294967295;

export interface Sealer {
  crypto: Crypto;
  /** 16 bytes, derived from the purpose's key and the salt. */
  key: Uint8Array;
  salt: Uint8Array;
  /** Of the next message. */
  counter: number;
}

/** `key`: the purpose's; `salt`: 16 fresh bytes of the `random` port. Without them nothing may be sealed. */
export function createSealer(crypto: Crypto, key: Uint8Array, salt: Uint8Array): Sealer {
  return { crypto: crypto, key: messageKey(crypto, key, salt), salt: salt, counter: 0 };
}

export type SealedMessage = { ok: true; bytes: Uint8Array } | { ok: false; reason: "seal.exhausted" | "seal.too-long" };

/** The counter moves on by itself and is never used again; `seal.exhausted`: it is at its end, and a new salt is needed. */
export function sealMessage(sealer: Sealer, plaintext: Uint8Array, aad: Uint8Array): SealedMessage {
  if (sealer.counter > COUNTER_MOST) return { ok: false, reason: "seal.exhausted" };
  if (plaintext.length > PLAINTEXT_MOST_BYTES) return { ok: false, reason: "seal.too-long" };
  const counter = uint32Bytes(sealer.counter);
  sealer.counter += 1;
  const writer = beginEncrypt0(plaintext.length);
  writeMapHead(writer, 2);
  writeInt(writer, HEADER_SALT);
  writeBytes(writer, sealer.salt);
  writeInt(writer, HEADER_COUNTER);
  writeBytes(writer, counter);
  return { ok: true, bytes: endEncrypt0(writer, sealer.crypto, sealer.key, nonceOf(counter), plaintext, aad) };
}

export type OpenedMessage =
  | { ok: true; plaintext: Uint8Array; salt: Uint8Array; counter: number }
  | { ok: false; reason: SealRefusal };

/** Strict; never throws. `key`: the purpose's. Whether salt and counter are new is the caller's to judge. */
export function openMessage(crypto: Crypto, key: Uint8Array, bytes: Uint8Array, aad: Uint8Array): OpenedMessage {
  const reader = readEncrypt0(bytes, 2);
  readIntBetween(reader, HEADER_SALT, HEADER_SALT);
  const salt = readBytesBetween(reader, SALT_BYTES, SALT_BYTES);
  readIntBetween(reader, HEADER_COUNTER, HEADER_COUNTER);
  const counter = readBytesBetween(reader, COUNTER_BYTES, COUNTER_BYTES);
  // What is no message costs no key.
  if (reader.error !== "") return { ok: false, reason: refusalOf(reader) };
  const opened = openRest(reader, crypto, messageKey(crypto, key, salt), nonceOf(counter), aad);
  if (!opened.ok) return opened;
  let value = 0;
  for (let i = 0; i < COUNTER_BYTES; i++) value = value * 256 + counter[i];
  return { ok: true, plaintext: opened.payload, salt: salt, counter: value };
}

function messageKey(crypto: Crypto, key: Uint8Array, salt: Uint8Array): Uint8Array {
  return hkdf(crypto, key, salt, bytesOf("omamori message"), MESSAGE_KEY_BYTES);
}

function nonceOf(counter: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  nonce.set(counter, NONCE_BYTES - COUNTER_BYTES);
  return nonce;
}
