import { decoded, readArrayCount, readBytesBetween, readKey } from "../cbor/items.ts";
import { createReader } from "../cbor/reader.ts";
import { createWriter, finish, writeArrayHead, writeBytes, writeInt } from "../cbor/writer.ts";
import { readAddressed, writeAddressed } from "./addressed.ts";
import { ROTATION_CONTEXT } from "./contexts.ts";
import type { Crypto } from "./crypto.ts";
import { KEY_BYTES, PURPOSE_MOST } from "./keys.ts";
import { createSealer, openMessage, type SealedMessage, sealMessage } from "./message.ts";

/**
 * A device's next generation of keys, sealed with the management key of the one it holds. It travels in the vault's own hands or
 * in a session of its own; the device takes it where `device` is its id and `generation` above its own, and then writes the
 * keys first and the generation last.
 */
export interface Rotation {
  device: string;
  generation: number;
  /** Of purposes 1 to 8, in their order, 32 bytes each. */
  purposeKeys: Uint8Array[];
}

/** `salt`: 16 fresh random bytes. */
export function sealRotation(
  crypto: Crypto,
  managementKey: Uint8Array,
  salt: Uint8Array,
  rotation: Rotation,
): SealedMessage {
  const writer = createWriter(340);
  writeAddressed(writer, 3, rotation.device, rotation.generation);
  writeInt(writer, 3);
  writeArrayHead(writer, PURPOSE_MOST);
  for (let i = 0; i < PURPOSE_MOST; i++) writeBytes(writer, rotation.purposeKeys[i]);
  return sealMessage(createSealer(crypto, managementKey, salt), finish(writer), ROTATION_CONTEXT);
}

export type OpenedRotation = { ok: true; value: Rotation } | { ok: false; reason: string };

/** Strict; never throws. Whether the device is meant, and the generation news, is the caller's to judge. */
export function openRotation(crypto: Crypto, managementKey: Uint8Array, bytes: Uint8Array): OpenedRotation {
  const opened = openMessage(crypto, managementKey, bytes, ROTATION_CONTEXT);
  if (!opened.ok) return opened;
  const reader = createReader(opened.plaintext, 0, true);
  const to = readAddressed(reader, 3);
  readKey(reader, 2, 3);
  readArrayCount(reader, PURPOSE_MOST, PURPOSE_MOST);
  const keys: Uint8Array[] = [];
  for (let i = 0; i < PURPOSE_MOST; i++) keys.push(readBytesBetween(reader, KEY_BYTES, KEY_BYTES));
  return decoded(reader, { device: to.device, generation: to.number, purposeKeys: keys });
}
