import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ToolError } from "../../protocol/errors.ts";
import {
  ORDER_HASH_BYTES,
  PACK_CHUNK_BYTES,
  PACK_CHUNKS_MOST,
  SEALED_ORDER_MOST_BYTES,
} from "../../protocol/limits.ts";
import { type DeviceOrder, encodeDeviceOrder, type Terms } from "../../protocol/messages/device-order.ts";
import { writePack } from "../../protocol/pack/writer.ts";
import type { OrderFile } from "./order-file.ts";

/** COSE_Mac0's heads and tag, rounded up. */
const SEAL_BYTES = 64;

/** What one bracelet gets of an order: the bytes to seal, and the zones that go beside them. */
export interface ForDevice {
  /** `DeviceOrder`, encoded. */
  payload: Uint8Array;
  pack: Uint8Array;
}

/**
 * Refuses an order whose `zones` hold a place that is not disclosed (`order.undisclosed`): on a bracelet it would leak through
 * sampling, charge, or a look at the flash. Such a place belongs to `centreZones`, of which nothing goes along here.
 */
export function orderForDevice(order: OrderFile, device: string, counter: number): ForDevice {
  const hidden = order.zones.find(({ disclosed }) => !disclosed);
  if (hidden)
    throw new ToolError("order.undisclosed", { file: hidden.file, line: hidden.line, feature: hidden.zone.id });
  const pack = writePack(order.zones.map(({ zone }) => zone));
  if (!pack.ok) throw new ToolError("order.too-much", { detail: pack.reason });
  if (pack.bytes.length > PACK_CHUNKS_MOST * PACK_CHUNK_BYTES)
    throw new ToolError("order.too-much", { detail: "reason.pack-too-large", limit: PACK_CHUNKS_MOST });
  const terms: Terms = {
    fromMs: order.fromMs,
    toMs: order.toMs,
    utcOffsets: order.utcOffsets,
    delayS: order.delayS,
    heartbeatS: order.heartbeatS,
    warningsPerDay: order.warningsPerDay,
    encounters: order.encounters.map(({ place, windows, fromMs, toMs }) => ({ place, windows, fromMs, toMs })),
    corridors: order.corridors.map(({ way, dwellS }) => ({ way, dwellS })),
    proximityM: order.proximityM,
    retentionDays: order.retentionDays,
    ...sumOf(pack.bytes),
  };
  return { payload: encodeForDevice({ device, counter, id: order.id, terms }), pack: pack.bytes };
}

export function encodeForDevice(order: DeviceOrder): Uint8Array {
  const encoded = encodeDeviceOrder(order);
  if (!encoded.ok) throw new ToolError("order.too-much", { detail: encoded.reason });
  if (encoded.bytes.length + SEAL_BYTES > SEALED_ORDER_MOST_BYTES)
    throw new ToolError("order.too-much", { detail: "reason.order-too-large", limit: SEALED_ORDER_MOST_BYTES });
  return encoded.bytes;
}

/** The zones in the pieces in which they travel. */
export function piecesOf(pack: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(pack.length / PACK_CHUNK_BYTES) }, (_, i) =>
    pack.slice(i * PACK_CHUNK_BYTES, (i + 1) * PACK_CHUNK_BYTES),
  );
}

function sumOf(pack: Uint8Array): Pick<Terms, "packLastBytes" | "packHashes"> {
  const pieces = piecesOf(pack);
  const packHashes = new Uint8Array(pieces.length * ORDER_HASH_BYTES);
  for (const [i, piece] of pieces.entries()) packHashes.set(hashOf(piece), i * ORDER_HASH_BYTES);
  return { packLastBytes: pieces[pieces.length - 1].length, packHashes };
}

/** 16 bytes of SHA-256: what pieces and orders are known by. */
export function hashOf(bytes: Uint8Array): Uint8Array {
  return createNodeCrypto().sha256(bytes).slice(0, ORDER_HASH_BYTES);
}
