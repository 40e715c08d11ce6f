import { equalBytes } from "../../protocol/bytes.ts";
import { IMAGE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { PURPOSE_IMAGE } from "../../protocol/cose/keys.ts";
import { openMac0 } from "../../protocol/cose/mac0.ts";
import { DEVELOPMENT_DEVICE, DEVELOPMENT_KEY } from "../../protocol/image/development.ts";
import { decodeImageManifest, type ImageManifest, type ImageTarget } from "../../protocol/messages/image.ts";
import { deviceIdOf, isProvisioned, keyOf } from "../bracelet/identity.ts";
import { leastRollback, type Slots } from "./slots.ts";

/** What this device is. */
export type Target = ImageTarget;

/**
 * A sealed manifest from outside, or why it is none for this device: `image.no-key`, `image.unsealed` (no seal at all),
 * `image.forged`, `image.malformed`, `image.foreign` (another device's), `image.wrong-board`, `image.wrong-engine`,
 * `image.wrong-elf`, `image.rolled-back`.
 */
export function openManifest(slots: Slots, target: ImageTarget, sealed: Uint8Array): ImageManifest | string {
  // Only the development key counts before provisioning, and only the device's own after.
  const provisioned = isProvisioned(slots.secrets);
  const key = provisioned ? keyOf(slots.secrets, PURPOSE_IMAGE) : DEVELOPMENT_KEY;
  if (key === undefined) return "image.no-key";
  const opened = openMac0(slots.crypto, key, sealed, IMAGE_CONTEXT);
  if (!opened.ok) return opened.reason === "seal.forged" ? "image.forged" : "image.unsealed";
  const read = decodeImageManifest(opened.payload);
  if (!read.ok) return "image.malformed";
  const manifest = read.value;
  const about = manifest.about;
  if (manifest.device !== (provisioned ? deviceIdOf(slots.secrets) : DEVELOPMENT_DEVICE)) return "image.foreign";
  if (about.board !== target.board) return "image.wrong-board";
  if (about.engine !== target.engine) return "image.wrong-engine";
  if (!equalBytes(about.elf, target.elf)) return "image.wrong-elf";
  return manifest.rollback < leastRollback(slots) ? "image.rolled-back" : manifest;
}
