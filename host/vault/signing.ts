import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";

/** Ed25519 keys as 32 bytes, and back: node:crypto has them in the wrappings of RFC 8410 only, which have a fixed beginning. */
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const ID_BYTES = 8;

/** 32 random bytes. */
export function newSeed(): Uint8Array {
  const { privateKey } = generateKeyPairSync("ed25519");
  return Uint8Array.from(privateKey.export({ format: "der", type: "pkcs8" }).subarray(PRIVATE_PREFIX.length));
}

export function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: "der", type: "pkcs8" });
}

/** The public key of a seed, 32 bytes. */
export function publicBytesOf(seed: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKeyOf(seed)).export({ format: "der", type: "spki" });
  return Uint8Array.from(spki.subarray(PUBLIC_PREFIX.length));
}

/** A verifier's key from its 32 bytes. */
export function publicKeyOf(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, bytes]), format: "der", type: "spki" });
}

/** Names a public key: the first 8 bytes of its SHA-256, in hex. */
export function keyIdOf(publicBytes: Uint8Array): string {
  return createHash("sha256")
    .update(publicBytes)
    .digest("hex")
    .slice(0, 2 * ID_BYTES);
}
