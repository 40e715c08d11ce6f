import { IMAGE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { sealMac0 } from "../../protocol/cose/mac0.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ToolError } from "../../protocol/errors.ts";
import { type Image, withManifest } from "../../protocol/image/container.ts";
import { DEVELOPMENT_DEVICE, DEVELOPMENT_KEY } from "../../protocol/image/development.ts";
import {
  encodeImageManifest,
  IMAGE_MOST_BYTES,
  type ImageManifest,
  PIECE_BYTES,
  PIECE_HASH_BYTES,
} from "../../protocol/messages/image.ts";
import { versionText } from "./version.ts";

/** Who may run it, and the key that says so: 32 bytes, the device's image key. */
export interface SealFor {
  device: string;
  key: Uint8Array;
}

/** A board that has not been provisioned: its key is no secret. */
export const FOR_DEVELOPMENT: SealFor = { device: DEVELOPMENT_DEVICE, key: DEVELOPMENT_KEY };

/**
 * The container with a manifest sealed for one device; one that was sealed for another is sealed anew. `bytes` are those that
 * `image` was read from. `image.none-of-ours` (made by another tool: nobody knows what it is for), `image.too-large`.
 */
export function sealImage(bytes: Uint8Array, image: Image, target: SealFor): Uint8Array {
  const manifest = encodeImageManifest(manifestFor(bytes, image, target.device));
  if (!manifest.ok) throw new ToolError("image.bad-manifest", { detail: manifest.reason });
  const sealed = sealMac0(createNodeCrypto(), target.key, manifest.bytes, IMAGE_CONTEXT);
  const whole = withManifest(bytes, image, sealed);
  if (whole.length > IMAGE_MOST_BYTES)
    throw new ToolError("image.too-large", { bytes: whole.length, most: IMAGE_MOST_BYTES });
  return whole;
}

export function manifestFor(bytes: Uint8Array, image: Image, device: string): ImageManifest {
  const { info, rollback, header, hash, coveredBytes } = image;
  if (info === undefined || rollback === undefined) throw new ToolError("image.none-of-ours");
  return {
    device,
    rollback,
    version: versionText(header.version),
    about: info,
    hash,
    lastBytes: coveredBytes - PIECE_BYTES * Math.floor((coveredBytes - 1) / PIECE_BYTES),
    hashes: pieceHashes(bytes.subarray(0, coveredBytes)),
  };
}

/** 16 bytes of the SHA-256 of each piece of 1,024 bytes, one after another. */
export function pieceHashes(covered: Uint8Array): Uint8Array {
  const crypto = createNodeCrypto();
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < covered.length; at += PIECE_BYTES)
    pieces.push(crypto.sha256(covered.slice(at, at + PIECE_BYTES)).subarray(0, PIECE_HASH_BYTES));
  return Uint8Array.from(Buffer.concat(pieces));
}
