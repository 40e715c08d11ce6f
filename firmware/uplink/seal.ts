import { UPLINK_CONTEXT } from "../../protocol/cose/contexts.ts";
import { PURPOSE_UPLINK } from "../../protocol/cose/keys.ts";
import { createSealer, SALT_BYTES, type SealedMessage, type Sealer, sealMessage } from "../../protocol/cose/message.ts";
import { keyOf } from "../bracelet/identity.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { Random } from "../ports/random.ts";
import type { Secrets } from "../ports/secrets.ts";

export type OpenedSealer = { ok: true; sealer: Sealer } | { ok: false; reason: "uplink.no-key" | "uplink.no-random" };

/**
 * At a boot, and once the device has other keys: the salt is drawn anew, and with it the key. Where there is no chance or no key nothing
 * is sealed, so nothing is sent; the device goes on, its journal has the reason, and the link asks again in a minute.
 */
export function openSealer(secrets: Secrets, crypto: Crypto, random: Random): OpenedSealer {
  const key = keyOf(secrets, PURPOSE_UPLINK);
  if (key === undefined) return { ok: false, reason: "uplink.no-key" };
  const salt = new Uint8Array(SALT_BYTES);
  if (!random.fill(salt)) return { ok: false, reason: "uplink.no-random" };
  return { ok: true, sealer: createSealer(crypto, key, salt) };
}

/** `payload`: an encoded uplink. What is sent again is sealed again, under the next counter. */
export function sealUplink(sealer: Sealer, payload: Uint8Array): SealedMessage {
  return sealMessage(sealer, payload, UPLINK_CONTEXT);
}
