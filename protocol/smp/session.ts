import { bytesOf, copyOf, joinBytes } from "../bytes.ts";
import { createWriter, finish, writeArrayHead, writeBytes, writeInt, writeText } from "../cbor/writer.ts";
import type { Crypto } from "../cose/crypto.ts";
import { openEncrypt0, sealEncrypt0 } from "../cose/encrypt0.ts";
import { hkdf } from "../cose/keys.ts";
import type { Opened } from "../cose/seal.ts";

/**
 * The session of design §6, the same on both sides: 128 random bits from each, directional keys by HKDF over what both saw,
 * proof of the key by both, then whole SMP messages as COSE_Encrypt0 with counters that start at 0 and go up by one.
 */
export interface SessionKeys {
  /** AES-128, from client to device and back. */
  toDevice: Uint8Array;
  toClient: Uint8Array;
  /** HMAC key of both proofs. */
  proof: Uint8Array;
  transcript: Uint8Array;
}

/** What both sides saw. `assignment` 0 is the vault's own, which ends never; else a field unit's, good until `expiryS`. */
export interface Hello {
  deviceId: string;
  clientRandom: Uint8Array;
  deviceRandom: Uint8Array;
  assignment: number;
  /** Unix seconds; 0 where `assignment` is. */
  expiryS: number;
}

export const RANDOM_BYTES = 16;
export const PROOF_BYTES = 16;
const KEY_BYTES = 16;
const PROOF_KEY_BYTES = 32;
const NONCE_BYTES = 13;
/** A session ends long before, by its idle time. */
export const SESSION_COUNTER_MOST = 4294967295;

/** `key`: the device's management key, or the field key that was made from it for this assignment. */
export function sessionKeys(crypto: Crypto, key: Uint8Array, hello: Hello): SessionKeys {
  const writer = createWriter(128);
  writeArrayHead(writer, 6);
  writeText(writer, "omamori session");
  writeText(writer, hello.deviceId);
  writeBytes(writer, hello.clientRandom);
  writeBytes(writer, hello.deviceRandom);
  writeInt(writer, hello.assignment);
  writeInt(writer, hello.expiryS);
  const transcript = finish(writer);
  const salt = crypto.sha256(transcript);
  const made = hkdf(crypto, key, salt, bytesOf("omamori session"), 2 * KEY_BYTES + PROOF_KEY_BYTES);
  return {
    toDevice: copyOf(made, 0, KEY_BYTES),
    toClient: copyOf(made, KEY_BYTES, 2 * KEY_BYTES),
    proof: copyOf(made, 2 * KEY_BYTES, made.length),
    transcript: transcript,
  };
}

/** That a side has the key: 16 bytes. `side` is "device" or "client". */
export function proofOf(crypto: Crypto, keys: SessionKeys, side: string): Uint8Array {
  const said = joinBytes([bytesOf(side), keys.transcript]);
  return copyOf(crypto.hmac(keys.proof, said), 0, PROOF_BYTES);
}

export function sealFrame(crypto: Crypto, key: Uint8Array, counter: number, message: Uint8Array): Uint8Array {
  return sealEncrypt0(crypto, key, nonceOf(counter), message, bytesOf("omamori session"));
}

export function openFrame(crypto: Crypto, key: Uint8Array, counter: number, sealed: Uint8Array): Opened {
  return openEncrypt0(crypto, key, nonceOf(counter), sealed, bytesOf("omamori session"));
}

/** Each direction has its own key, so the counter alone is never used twice. */
function nonceOf(counter: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  nonce[9] = (counter >>> 24) & 255;
  nonce[10] = (counter >>> 16) & 255;
  nonce[11] = (counter >>> 8) & 255;
  nonce[12] = counter & 255;
  return nonce;
}
