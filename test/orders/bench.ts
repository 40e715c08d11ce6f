import { type Orders, openOrders } from "../../firmware/orders/store.ts";
import type { Flash } from "../../firmware/ports/flash.ts";
import type { Secrets } from "../../firmware/ports/secrets.ts";
import { SLOT_DEVICE, SLOT_KEY, SLOT_ORDER } from "../../firmware/secrets/slots.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { ORDER_CONTEXT } from "../../protocol/cose/contexts.ts";
import { PURPOSE_BEACON, PURPOSE_LEASE, PURPOSE_ORDER } from "../../protocol/cose/keys.ts";
import { sealMac0 } from "../../protocol/cose/mac0.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { type DeviceOrder, encodeDeviceOrder, type Terms, type Zone } from "../../protocol/index.ts";
import { ORDER_HASH_BYTES, ORDER_PLACE_BYTES, PACK_CHUNK_BYTES } from "../../protocol/limits.ts";
import { writePack } from "../../protocol/pack/writer.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";

export const DEVICE = "OMB-000123";
export const KEY = new Uint8Array(32).fill(7);
export const AREA_BYTES = 2 * ORDER_PLACE_BYTES;
export const crypto = createNodeCrypto();

/** Power, for as many operations of bulk flash and secrets as it lasts. */
export interface Power {
  left: number;
  used: number;
}

export const POWER_LOST = "power lost";

function spend(power: Power): boolean {
  power.used += 1;
  power.left -= 1;
  if (power.left < -1) throw new Error(POWER_LOST);
  return power.left === -1;
}

/** How an operation that power leaves halfway goes: not at all, in part, or wholly but with nobody told. */
export type Tear = "before" | "middle" | "after";
export const TEARS: Tear[] = ["before", "middle", "after"];

/** Bulk flash that outlives a cut. */
export function cutFlash(flash: Flash, power: Power, tear: Tear): Flash {
  return {
    ...flash,
    program(address, bytes) {
      const cut = spend(power);
      const length = !cut || tear === "after" ? bytes.length : tear === "middle" ? bytes.length >> 1 : 0;
      if (length > 0) flash.program(address, bytes.subarray(0, length));
      if (cut) throw new Error(POWER_LOST);
    },
    erase(address) {
      const cut = spend(power);
      if (!cut || tear === "after") flash.erase(address);
      else if (tear === "middle") {
        const start = address - (address % flash.eraseBytes);
        const half = new Uint8Array(flash.eraseBytes >> 1);
        flash.read(start + half.length, half, half.length);
        flash.erase(address);
        flash.program(start + half.length, half);
      }
      if (cut) throw new Error(POWER_LOST);
    },
  };
}

/** What the chip keeps: each write whole or not at all, as its contract says. */
export function cutSecrets(slots: Map<number, Uint8Array>, power: Power, tear: Tear): Secrets {
  const change = (how: () => void): boolean => {
    const cut = spend(power);
    if (!cut || tear === "after") how();
    if (cut) throw new Error(POWER_LOST);
    return true;
  };
  return {
    read: (slot) => slots.get(slot)?.slice(),
    write: (slot, bytes) => change(() => slots.set(slot, bytes.slice())),
    erase: (slot) => change(() => slots.delete(slot)),
  };
}

/** A provisioned chip. */
export function freshSlots(key = KEY): Map<number, Uint8Array> {
  return new Map([
    [SLOT_DEVICE, new TextEncoder().encode(DEVICE)],
    [SLOT_KEY + PURPOSE_ORDER, key.slice()],
    [SLOT_KEY + PURPOSE_LEASE, new Uint8Array(32).fill(1)],
    [SLOT_KEY + PURPOSE_BEACON, new Uint8Array(32).fill(2)],
  ]);
}

export interface Bench {
  flash: Flash;
  slots: Map<number, Uint8Array>;
  power: Power;
  /** Boots the device anew on what power left; endless power unless said otherwise. */
  boot(left?: number, tear?: Tear): { orders: Orders; finding: string | undefined };
}

export function createBench(slots = freshSlots()): Bench {
  const flash = createFlash(AREA_BYTES);
  const bench: Bench = {
    flash,
    slots,
    power: { left: 0, used: 0 },
    boot(left = Number.MAX_SAFE_INTEGER, tear = "before") {
      bench.power = { left, used: 0 };
      return openOrders(cutFlash(flash, bench.power, tear), 0, cutSecrets(slots, bench.power, tear), crypto);
    },
  };
  return bench;
}

/** The same device with its secrets in on-chip flash, as they are on a board, so that power fails within their writes too. */
export function createChipBench(): Bench {
  const flash = createFlash(AREA_BYTES);
  const chip = createFlash(2 * 4096);
  const slots = freshSlots();
  const empty = openSecrets(chip, 0, chip.sizeBytes);
  for (const [slot, bytes] of slots) empty.write(slot, bytes);
  const bench: Bench = {
    flash,
    slots,
    power: { left: 0, used: 0 },
    boot(left = Number.MAX_SAFE_INTEGER, tear = "before") {
      bench.power = { left, used: 0 };
      const secrets = openSecrets(cutFlash(chip, bench.power, tear), 0, chip.sizeBytes);
      for (const slot of [...freshSlots().keys(), SLOT_ORDER]) {
        const bytes = secrets.read(slot);
        if (bytes === undefined) slots.delete(slot);
        else slots.set(slot, bytes);
      }
      return openOrders(cutFlash(flash, bench.power, tear), 0, secrets, crypto);
    },
  };
  return bench;
}

export const TERMS: Terms = {
  fromMs: 1_700_000_000_000,
  toMs: 1_800_000_000_000,
  utcOffsets: [{ fromMs: 0, minutes: 540 }],
  delayS: 60,
  heartbeatS: 900,
  warningsPerDay: 3,
  encounters: [],
  corridors: [],
  proximityM: 500,
  retentionDays: 365,
  packLastBytes: 1,
  packHashes: new Uint8Array(16),
};

export function circles(count: number, radiusM = 100): Zone[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `zone ${i}`,
    kind: "exclusion",
    bufferM: 200,
    shape: { kind: "circle", latE7: 350_000_000 + 100_000 * i, lonE7: 1_390_000_000, radiusM },
    schedule: undefined,
  }));
}

export interface SealedOrder {
  order: DeviceOrder;
  sealed: Uint8Array;
  pieces: Uint8Array[];
}

/** As a vault would: zones packed, their pieces hashed, all of it under the key. */
export function sealOrder(
  counter: number,
  zones: Zone[],
  { key = KEY, device = DEVICE, id = "order 1", terms = {} as Partial<Terms>, pack = packOf(zones) } = {},
): SealedOrder {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < pack.length; at += PACK_CHUNK_BYTES) pieces.push(pack.slice(at, at + PACK_CHUNK_BYTES));
  const hashes = pieces.flatMap((piece) => [...crypto.sha256(piece).slice(0, ORDER_HASH_BYTES)]);
  const packed = { packLastBytes: pieces[pieces.length - 1].length, packHashes: Uint8Array.from(hashes) };
  const order: DeviceOrder = { device, counter, id, terms: { ...TERMS, ...packed, ...terms } };
  return { order, sealed: seal(order, key), pieces };
}

export function sealEnd(counter: number, { key = KEY, device = DEVICE, id = "order 1" } = {}): Uint8Array {
  return seal({ device, counter, id, terms: undefined }, key);
}

function seal(order: DeviceOrder, key: Uint8Array): Uint8Array {
  const encoded = encodeDeviceOrder(order);
  if (!encoded.ok) throw new Error(encoded.reason);
  return sealMac0(crypto, key, encoded.bytes, ORDER_CONTEXT);
}

export function packOf(zones: Zone[]): Uint8Array {
  const written = writePack(zones);
  if (!written.ok) throw new Error(written.reason);
  return written.bytes;
}
