import { endOfMessage, readBytesBetween } from "../cbor/items.ts";
import type { Reader } from "../cbor/reader.ts";
import { createWriter, finish, type Writer, writeBytes, writeMapHead } from "../cbor/writer.ts";
import { CCM_TAG_BYTES, openCcm, PLAINTEXT_MOST_BYTES, sealCcm } from "./ccm.ts";
import type { Crypto } from "./crypto.ts";
import { beginSeal, type Opened, readSeal, refusalOf, structureOf } from "./seal.ts";

/**
 * COSE_Encrypt0 (RFC 9052 §5.2), untagged, AES-CCM-16-64-128: `[h'a1010a', {}, ciphertext]`, in this encoding only. Both
 * sides know the nonce (13 bytes), such as the counter of a session; `message.ts` is for those that do not.
 */
const AES_CCM_16_64_128 = 10;

export type { Opened };

/** `key` has 16 bytes. `plaintext` has at most 65,535, and no bytes at all come of a longer one. */
export function sealEncrypt0(
  crypto: Crypto,
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  if (plaintext.length > PLAINTEXT_MOST_BYTES) return new Uint8Array(0);
  const writer = beginEncrypt0(plaintext.length);
  writeMapHead(writer, 0);
  return endEncrypt0(writer, crypto, key, nonce, plaintext, aad);
}

/** Strict; never throws. */
export function openEncrypt0(
  crypto: Crypto,
  key: Uint8Array,
  nonce: Uint8Array,
  bytes: Uint8Array,
  aad: Uint8Array,
): Opened {
  return openRest(readEncrypt0(bytes, 0), crypto, key, nonce, aad);
}

/** Up to the unprotected header, which the caller writes. */
export function beginEncrypt0(plaintextBytes: number): Writer {
  const writer = createWriter(plaintextBytes + 48);
  beginSeal(writer, 3, AES_CCM_16_64_128);
  return writer;
}

/** Behind the unprotected header. */
export function endEncrypt0(
  writer: Writer,
  crypto: Crypto,
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  writeBytes(writer, sealCcm(crypto, key, nonce, plaintext, encStructure(aad)));
  return finish(writer);
}

/** Up to the `fields` fields of the unprotected header, which the caller reads. */
export function readEncrypt0(bytes: Uint8Array, fields: number): Reader {
  return readSeal(bytes, 3, AES_CCM_16_64_128, fields);
}

/** Behind the unprotected header, to the end of the bytes. */
export function openRest(reader: Reader, crypto: Crypto, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array): Opened {
  const sealed = readBytesBetween(reader, CCM_TAG_BYTES, PLAINTEXT_MOST_BYTES + CCM_TAG_BYTES);
  endOfMessage(reader);
  if (reader.error !== "") return { ok: false, reason: refusalOf(reader) };
  const payload = openCcm(crypto, key, nonce, sealed, encStructure(aad));
  return payload === undefined ? { ok: false, reason: "seal.forged" } : { ok: true, payload: payload };
}

function encStructure(aad: Uint8Array): Uint8Array {
  return structureOf("Encrypt0", AES_CCM_16_64_128, aad, undefined);
}
