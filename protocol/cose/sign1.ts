import { type KeyObject, sign, verify } from "node:crypto";
import { endOfMessage, readBytesBetween } from "../cbor/items.ts";
import { createWriter, finish, writeBytes, writeMapHead } from "../cbor/writer.ts";
import { beginSeal, type Opened, readSeal, refusalOf, structureOf } from "./seal.ts";

/**
 * COSE_Sign1 (RFC 9052 §4.2), untagged, EdDSA with Ed25519: `[h'a10127', {}, payload, signature]`, in this encoding only. On
 * the host: what verifiers and courts check with public keys. Devices cannot afford it and check a Mac0 instead.
 */
/** The integer −8, encoded. */
const EDDSA = 0x27;
const SIGNATURE_BYTES = 64;

/** `privateKey`: Ed25519. */
export function sign1(privateKey: KeyObject, payload: Uint8Array, aad: Uint8Array): Uint8Array {
  const writer = createWriter(payload.length + 80);
  beginSeal(writer, 4, EDDSA);
  writeMapHead(writer, 0);
  writeBytes(writer, payload);
  writeBytes(writer, sign(null, sigStructure(payload, aad), privateKey));
  return finish(writer);
}

/** Strict; never throws. `seal.forged`: the signature is not the key's over these bytes for this purpose. */
export function verify1(publicKey: KeyObject, bytes: Uint8Array, aad: Uint8Array): Opened {
  const reader = readSeal(bytes, 4, EDDSA, 0);
  const payload = readBytesBetween(reader, 0, bytes.length);
  const signature = readBytesBetween(reader, SIGNATURE_BYTES, SIGNATURE_BYTES);
  endOfMessage(reader);
  if (reader.error !== "") return { ok: false, reason: refusalOf(reader) };
  if (publicKey.asymmetricKeyType !== "ed25519") return { ok: false, reason: "seal.wrong-algorithm" };
  const isOurs = verify(null, sigStructure(payload, aad), publicKey, signature);
  return isOurs ? { ok: true, payload } : { ok: false, reason: "seal.forged" };
}

function sigStructure(payload: Uint8Array, aad: Uint8Array): Uint8Array {
  return structureOf("Signature1", EDDSA, aad, payload);
}
