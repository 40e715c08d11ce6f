import { readBytesBetween } from "../../protocol/cbor/items.ts";
import { IMAGE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { openMac0 } from "../../protocol/cose/mac0.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { readSeal } from "../../protocol/cose/seal.ts";
import { ToolError } from "../../protocol/errors.ts";
import { type Image, readImage, withManifest } from "../../protocol/image/container.ts";
import { DEVELOPMENT_DEVICE, DEVELOPMENT_KEY } from "../../protocol/image/development.ts";
import { readImageTrailer } from "../../protocol/image/trailer.ts";
import { decodeImageManifest, type ImageManifest } from "../../protocol/messages/image.ts";
import { manifestFor } from "./seal.ts";

/** What is known of an image's seal: no vault was asked, or whose key it is. */
export type SealState = "none" | "unchecked" | "development" | "device";

export interface ReadImageFile {
  bytes: Uint8Array;
  image: Image;
  /** Says what the container says, piece by piece; `undefined`: not sealed. */
  manifest: ImageManifest | undefined;
  seal: SealState;
}

const MAC0 = { parts: 4, algorithm: 5 };

/**
 * A container from a file, its hash verified, and its manifest held against it. `keyOf` gives a device's image key, for who
 * holds the vault; without it only the development key is tried. Throws what `readImage` refuses with, `image.bad-manifest` (no
 * manifest, or another image's), `image.changed-end` and `image.wrong-seal`.
 */
export function readImageFile(bytes: Uint8Array, file: string, keyOf?: (device: string) => Uint8Array): ReadImageFile {
  const read = readImage(createNodeCrypto(), bytes);
  if (!read.ok) throw new ToolError(read.reason, { file, offset: read.offset });
  const { image } = read;
  const sealed = image.sealedManifest;
  const isTooLong =
    bytes.length > image.totalBytes && image.info !== undefined && readImageTrailer(bytes) === undefined;
  if (isTooLong) throw new ToolError("image.changed-end", { file, offset: image.totalBytes });
  if (sealed === undefined) return { bytes, image, manifest: undefined, seal: "none" };
  const manifest = manifestIn(sealed);
  if (manifest === undefined || !says(manifest, manifestFor(bytes, image, manifest.device)))
    throw new ToolError("image.bad-manifest", { file });
  // Neither hash nor seal covers the TLVs behind the hash: they and the end must be what sealing writes.
  if (Buffer.compare(bytes, withManifest(bytes, image, sealed)) !== 0)
    throw new ToolError("image.changed-end", { file, offset: image.coveredBytes });
  return { bytes, image, manifest, seal: sealStateOf(sealed, manifest, file, keyOf) };
}

/** What a seal holds, whoever made it. */
function manifestIn(sealed: Uint8Array): ImageManifest | undefined {
  const reader = readSeal(sealed, MAC0.parts, MAC0.algorithm, 0);
  const manifest = decodeImageManifest(readBytesBetween(reader, 0, sealed.length));
  return reader.error === "" && manifest.ok ? manifest.value : undefined;
}

function says(one: ImageManifest, other: ImageManifest): boolean {
  return JSON.stringify(asText(one)) === JSON.stringify(asText(other));
}

function asText({ about, hash, hashes, ...rest }: ImageManifest): unknown {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  return { ...rest, hash: hex(hash), hashes: hex(hashes), ...about, elf: hex(about.elf), source: hex(about.source) };
}

function sealStateOf(
  sealed: Uint8Array,
  { device }: ImageManifest,
  file: string,
  keyOf: ((device: string) => Uint8Array) | undefined,
): SealState {
  const opens = (key: Uint8Array) => openMac0(createNodeCrypto(), key, sealed, IMAGE_CONTEXT).ok;
  if (device === DEVELOPMENT_DEVICE && opens(DEVELOPMENT_KEY)) return "development";
  if (keyOf === undefined) return "unchecked";
  if (!opens(keyOf(device))) throw new ToolError("image.wrong-seal", { file, device });
  return "device";
}
