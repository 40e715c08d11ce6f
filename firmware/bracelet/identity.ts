import { copyOf, uint32Bytes } from "../../protocol/bytes.ts";
import { DEVICE_ID_MOST_BYTES, KEY_BYTES, PURPOSE_MOST } from "../../protocol/cose/keys.ts";
import { isUtf8, textOf } from "../../protocol/utf8.ts";
import type { Secrets } from "../ports/secrets.ts";
import { readCounter } from "../secrets/counters.ts";
import { SLOT_DEVICE, SLOT_GENERATION, SLOT_KEY, SLOT_PROVISIONED } from "../secrets/slots.ts";

/** Empty before provisioning. */
export function deviceIdOf(secrets: Secrets): string {
  const bytes = secrets.read(SLOT_DEVICE);
  return bytes === undefined ? "" : textOf(bytes, 0, bytes.length);
}

/** The mark, or the generation, which is written just before it: one of them that rots opens no door. */
export function isProvisioned(secrets: Secrets): boolean {
  return secrets.read(SLOT_PROVISIONED) !== undefined || secrets.read(SLOT_GENERATION) !== undefined;
}

/** The key of one purpose; `undefined` where none stands. */
export function keyOf(secrets: Secrets, purpose: number): Uint8Array | undefined {
  return secrets.read(SLOT_KEY + purpose);
}

/**
 * Takes id, generation and the eight keys, one behind the other. The mark that says so is written last: what a power cut left
 * half done is not provisioned, and may be done again. Refused: `provision.bad-input`, `provision.other-device` (an id never
 * changes), `provision.old-generation`, `provision.unwritten`.
 */
export function provision(
  secrets: Secrets,
  device: Uint8Array,
  generation: number,
  keys: Uint8Array,
): { ok: true } | { ok: false; reason: string } {
  if (device.length === 0 || device.length > DEVICE_ID_MOST_BYTES || !isUtf8(device, 0, device.length))
    return { ok: false, reason: "provision.bad-input" };
  if (keys.length !== KEY_BYTES * PURPOSE_MOST) return { ok: false, reason: "provision.bad-input" };
  if (isProvisioned(secrets)) {
    if (deviceIdOf(secrets) !== textOf(device, 0, device.length))
      return { ok: false, reason: "provision.other-device" };
    if (generation <= readCounter(secrets, SLOT_GENERATION)) return { ok: false, reason: "provision.old-generation" };
  }
  let written = secrets.write(SLOT_DEVICE, device);
  // The management key last: while the old one stands, what a power cut left half done can be sent again under it.
  for (let purpose = PURPOSE_MOST; purpose >= 1 && written; purpose--) {
    const key = copyOf(keys, KEY_BYTES * (purpose - 1), KEY_BYTES * purpose);
    written = secrets.write(SLOT_KEY + purpose, key);
  }
  if (written) written = secrets.write(SLOT_GENERATION, uint32Bytes(generation));
  if (written) written = secrets.write(SLOT_PROVISIONED, uint32Bytes(1));
  return written ? { ok: true } : { ok: false, reason: "provision.unwritten" };
}
