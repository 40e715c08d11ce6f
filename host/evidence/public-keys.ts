import { createPublicKey, type KeyObject } from "node:crypto";
import type { Opened } from "../../protocol/cose/seal.ts";
import { verify1 } from "../../protocol/cose/sign1.ts";
import type { Role } from "../vault/contents.ts";
import type { PublicKey } from "../vault/vault.ts";

/** What a verifier holds: whoever has ever signed, each for a role. */
export type PublicKeys = Pick<PublicKey, "role" | "key">[];

/** By whichever of the role's keys it is, today's or a retired one. */
export function verifyAny(keys: PublicKeys, role: Role, bytes: Uint8Array, context: Uint8Array): Opened {
  let last: Opened = { ok: false, reason: "seal.forged" };
  for (const one of keys) {
    if (one.role !== role) continue;
    last = verify1(one.key, bytes, context);
    if (last.ok) return last;
  }
  return last;
}

/** The 32 bytes of the public key that belongs to a private one. */
export function publicBytesOfKey(key: KeyObject): Uint8Array {
  return Uint8Array.from(Buffer.from(createPublicKey(key).export({ format: "jwk" }).x ?? "", "base64url"));
}
