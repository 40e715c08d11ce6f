import { equalBytes } from "../bytes.ts";
import { endOfMessage, readBytesBetween } from "../cbor/items.ts";
import { createWriter, finish, writeBytes, writeMapHead } from "../cbor/writer.ts";
import type { Crypto } from "./crypto.ts";
import { beginSeal, type Opened, readSeal, refusalOf, structureOf } from "./seal.ts";

/**
 * COSE_Mac0 (RFC 9052 §6.2), untagged, HMAC 256/256: `[h'a10105', {}, payload, tag]`, in this encoding only. On orders,
 * image manifests and what else may be read by all but made by one.
 */
const HMAC_256 = 5;
const TAG_BYTES = 32;

export function sealMac0(crypto: Crypto, key: Uint8Array, payload: Uint8Array, aad: Uint8Array): Uint8Array {
  const writer = createWriter(payload.length + 48);
  beginSeal(writer, 4, HMAC_256);
  writeMapHead(writer, 0);
  writeBytes(writer, payload);
  writeBytes(writer, tagOf(crypto, key, payload, aad));
  return finish(writer);
}

/** Strict; never throws. The payload is a copy. */
export function openMac0(crypto: Crypto, key: Uint8Array, bytes: Uint8Array, aad: Uint8Array): Opened {
  const reader = readSeal(bytes, 4, HMAC_256, 0);
  const payload = readBytesBetween(reader, 0, bytes.length);
  const tag = readBytesBetween(reader, TAG_BYTES, TAG_BYTES);
  endOfMessage(reader);
  if (reader.error !== "") return { ok: false, reason: refusalOf(reader) };
  if (!equalBytes(tag, tagOf(crypto, key, payload, aad))) return { ok: false, reason: "seal.forged" };
  return { ok: true, payload: payload };
}

/** What such a seal holds, unverified: for who knows its hash already. No bytes where it is no such seal. */
export function payloadOfMac0(bytes: Uint8Array): Uint8Array {
  const reader = readSeal(bytes, 4, HMAC_256, 0);
  const payload = readBytesBetween(reader, 0, bytes.length);
  readBytesBetween(reader, TAG_BYTES, TAG_BYTES);
  endOfMessage(reader);
  return reader.error === "" ? payload : new Uint8Array(0);
}

function tagOf(crypto: Crypto, key: Uint8Array, payload: Uint8Array, aad: Uint8Array): Uint8Array {
  return crypto.hmac(key, structureOf("MAC0", HMAC_256, aad, payload));
}
