import { provision } from "../../firmware/bracelet/identity.ts";
import { installOrder, offerOrder, offerPackChunk, openOrders } from "../../firmware/orders/store.ts";
import type { Flash } from "../../firmware/ports/flash.ts";
import type { Secrets } from "../../firmware/ports/secrets.ts";
import { bytesOf, joinBytes } from "../../protocol/bytes.ts";
import { ORDER_CONTEXT } from "../../protocol/cose/contexts.ts";
import type { Crypto } from "../../protocol/cose/crypto.ts";
import { deviceSecret, FIRST_GENERATION, PURPOSE_MOST, PURPOSE_ORDER, purposeKey } from "../../protocol/cose/keys.ts";
import { sealMac0 } from "../../protocol/cose/mac0.ts";
import { ToolError } from "../../protocol/errors.ts";
import { ORDER_HASH_BYTES, PACK_CHUNK_BYTES } from "../../protocol/limits.ts";
import { encodeDeviceOrder } from "../../protocol/messages/device-order.ts";
import type { Order } from "../../protocol/messages/order.ts";
import { writePack } from "../../protocol/pack/writer.ts";

/** The device of every replay; its keys come from the seed and are worth nothing. */
export const SIMULATED_DEVICE = "OMB-SIMULATED";

/** Key of one purpose of a simulated device. */
export function simulatedKey(crypto: Crypto, seed: number, purpose: number, device = SIMULATED_DEVICE): Uint8Array {
  const root = crypto.sha256(bytesOf(`omamori simulated agency ${seed}`));
  return purposeKey(crypto, deviceSecret(crypto, root, device, FIRST_GENERATION), purpose, FIRST_GENERATION);
}

/** What a station does at the factory. */
export function provisionSimulated(secrets: Secrets, crypto: Crypto, seed: number, device = SIMULATED_DEVICE): void {
  const keys = Array.from({ length: PURPOSE_MOST }, (_, i) => simulatedKey(crypto, seed, i + 1, device));
  const done = provision(secrets, bytesOf(device), FIRST_GENERATION, joinBytes(keys));
  if (!done.ok) throw new ToolError("replay.engine-refused", { detail: done.reason });
}

/** An order as it is sealed for one device, and its zones in the pieces in which they travel. */
export interface SimulatedOrder {
  /** The encoded DeviceOrder. */
  payload: Uint8Array;
  sealed: Uint8Array;
  pack: Uint8Array;
  pieces: Uint8Array[];
}

export function sealSimulatedOrder(
  order: Order,
  counter: number,
  crypto: Crypto,
  seed: number,
  device = SIMULATED_DEVICE,
): SimulatedOrder {
  const packed = writePack(order.zones);
  if (!packed.ok) throw new ToolError("replay.zones-refused", { detail: packed.reason, feature: packed.zone });
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < packed.bytes.length; at += PACK_CHUNK_BYTES)
    pieces.push(packed.bytes.slice(at, at + PACK_CHUNK_BYTES));
  const encoded = encodeDeviceOrder({
    device,
    counter,
    id: order.id,
    terms: {
      fromMs: order.fromMs,
      toMs: order.toMs,
      utcOffsets: order.utcOffsets,
      delayS: order.delayS,
      heartbeatS: order.heartbeatS,
      warningsPerDay: 0,
      encounters: [],
      corridors: [],
      proximityM: 500,
      retentionDays: 365,
      packLastBytes: pieces[pieces.length - 1].length,
      packHashes: joinBytes(pieces.map((piece) => crypto.sha256(piece).slice(0, ORDER_HASH_BYTES))),
    },
  });
  if (!encoded.ok) throw new ToolError("replay.zones-refused", { detail: encoded.reason, feature: order.id });
  const key = simulatedKey(crypto, seed, PURPOSE_ORDER, device);
  const sealed = sealMac0(crypto, key, encoded.bytes, ORDER_CONTEXT);
  return { payload: encoded.bytes, sealed, pack: packed.bytes, pieces };
}

/** Puts an order into the device's flash before it starts, by the very way that it takes in the field. */
export function installSimulated(
  flash: Flash,
  ordersAddress: number,
  secrets: Secrets,
  crypto: Crypto,
  order: SimulatedOrder,
): void {
  const { orders } = openOrders(flash, ordersAddress, secrets, crypto);
  const steps = [
    offerOrder(orders, order.sealed, undefined),
    ...order.pieces.map((piece, i) => offerPackChunk(orders, i, piece)),
    installOrder(orders),
  ];
  for (const step of steps) if (!step.ok) throw new ToolError("replay.engine-refused", { detail: step.reason });
}
