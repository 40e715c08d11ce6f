import { decoded } from "../cbor/items.ts";
import { createReader } from "../cbor/reader.ts";
import { createWriter, finish } from "../cbor/writer.ts";
import { readAddressed, writeAddressed } from "./addressed.ts";
import { ASSIGNMENT_CONTEXT } from "./contexts.ts";
import type { Crypto } from "./crypto.ts";
import { openMac0, sealMac0 } from "./mac0.ts";

/**
 * The least assignment whose field key (`fieldKey`) a device still takes: how a key is withdrawn before it expires. Sealed
 * with the whole management key, which neither the centre nor a field unit has, so that anyone may carry it to the device,
 * twice or late: the device only ever moves it up.
 */
export interface LeastAssignment {
  device: string;
  least: number;
}

export function sealAssignment(crypto: Crypto, managementKey: Uint8Array, told: LeastAssignment): Uint8Array {
  const writer = createWriter(64);
  writeAddressed(writer, 2, told.device, told.least);
  return sealMac0(crypto, managementKey, finish(writer), ASSIGNMENT_CONTEXT);
}

export type OpenedAssignment = { ok: true; value: LeastAssignment } | { ok: false; reason: string };

/** Strict; never throws. Whether the device is meant, and the number news, is the caller's to judge. */
export function openAssignment(crypto: Crypto, managementKey: Uint8Array, bytes: Uint8Array): OpenedAssignment {
  const opened = openMac0(crypto, managementKey, bytes, ASSIGNMENT_CONTEXT);
  if (!opened.ok) return opened;
  const reader = createReader(opened.payload, 0, true);
  const to = readAddressed(reader, 2);
  return decoded(reader, { device: to.device, least: to.number });
}
