import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ToolError } from "../../protocol/errors.ts";
import { buildImage } from "../../protocol/image/container.ts";
import { ENGINE_XS, ENGINES, IMAGE_MOST_BYTES, type ImageVersion } from "../../protocol/messages/image.ts";

export interface BuildAsked {
  /** What the engine runs: JavaScript for Espruino, bytecode for XS. */
  payload: Uint8Array;
  /** The source bundle that it was made from; for Espruino it is the payload. */
  source: Uint8Array;
  board: string;
  engine: number;
  /** SHA-256 of the ELF; no bytes for Espruino. */
  elf: Uint8Array;
  version: ImageVersion;
  loadAddress: number;
  rollback: number;
  format: number;
  formatsBack: number;
}

/**
 * A container that is sealed for nobody yet. `image.empty`, `image.too-large` (the manifest, when it comes, counts as well),
 * `image.no-elf`, `image.needless-elf`.
 */
export function buildImageFile(asked: BuildAsked): Uint8Array {
  const { payload, engine, elf } = asked;
  if (payload.length === 0) throw new ToolError("image.empty");
  if (engine === ENGINE_XS && elf.length === 0) throw new ToolError("image.no-elf");
  if (engine !== ENGINE_XS && elf.length > 0) throw new ToolError("image.needless-elf", { engine: ENGINES[engine] });
  const crypto = createNodeCrypto();
  const { board, format, formatsBack, version, loadAddress, rollback } = asked;
  const info = { board, engine, elf, format, formatsBack, source: crypto.sha256(asked.source) };
  const bytes = buildImage(crypto, { version, loadAddress, payload, rollback, info });
  if (bytes.length > IMAGE_MOST_BYTES)
    throw new ToolError("image.too-large", { bytes: bytes.length, most: IMAGE_MOST_BYTES });
  return bytes;
}
