import { endOrder, installOrder, offerOrder, offerPackChunk, orderInForce } from "../../firmware/orders/store.ts";
import { ORDER_CONTEXT } from "../../protocol/cose/contexts.ts";
import { openMac0, sealMac0 } from "../../protocol/cose/mac0.ts";
import { decodeDeviceOrder, encodeDeviceOrder } from "../../protocol/messages/device-order.ts";
import { circles, createBench, crypto, KEY, sealEnd, sealOrder } from "../orders/bench.ts";
import { createMutator, type Fuzz, type FuzzCount } from "./mutate.ts";

const NOW_MS = 1_750_000_000_000;
const WAY = { radiusM: 50, points: [1_390_000_000, 350_000_000, 1_390_010_000, 350_010_000] };
const RICH = sealOrder(2, circles(3), {
  terms: {
    encounters: [
      { place: WAY, windows: [{ days: 21, fromMin: 60, toMin: 120 }], fromMs: NOW_MS, toMs: NOW_MS + 3_600_000 },
    ],
    corridors: [{ way: WAY, dwellS: 300 }],
  },
});
const FIRST = sealOrder(1, circles(2));
const ORDERS = [FIRST.sealed, RICH.sealed, sealEnd(3), sealEnd(1)];
const PLAIN = ORDERS.map((sealed) => {
  const opened = openMac0(crypto, KEY, sealed, ORDER_CONTEXT);
  if (!opened.ok) throw new Error(opened.reason);
  return opened.payload;
});
/** A device takes a hundred times longer than the reader alone. */
const DEVICE_EVERY = 20;
const WORLD_RUNS = 20_000;

/**
 * Orders and ends: hostile bytes as they come, hostile terms under a true seal, hostile pieces of zones. Whatever a device says to them,
 * its counter never falls, and after a boot it enforces what it enforced before.
 */
export const fuzzOrder: Fuzz = (runs, seed, onRun) => {
  const outside = createMutator(seed, "order", [...ORDERS, ...PLAIN]);
  const inside = createMutator(seed, "order-inside", PLAIN);
  const piece = createMutator(seed, "order-piece", [...FIRST.pieces, ...RICH.pieces]);
  const count: FuzzCount = { runs, accepted: 0, refused: {} };
  let bench = createBench();
  let { orders } = bench.boot();
  for (let run = 0; run < runs; run++) {
    if (run % WORLD_RUNS === 0) {
      bench = createBench();
      orders = bench.boot().orders;
    }
    const payload = inside();
    const reason = check(payload, run, seed);
    if (reason === "") count.accepted += 1;
    else count.refused[reason] = (count.refused[reason] ?? 0) + 1;
    if (run % DEVICE_EVERY === 0) {
      const before = orders.counter;
      const bytes = run % 3 === 0 ? outside() : sealMac0(crypto, KEY, payload, ORDER_CONTEXT);
      offerOrder(orders, bytes, run % 2 === 0 ? NOW_MS : undefined);
      for (const [index, true_] of [...FIRST.pieces, ...RICH.pieces].entries()) {
        offerPackChunk(orders, index, piece());
        offerPackChunk(orders, index % RICH.pieces.length, true_);
      }
      installOrder(orders);
      endOrder(orders, bytes);
      const inForce = orderInForce(orders);
      const after = bench.boot().orders;
      const again = orderInForce(after);
      if (after.counter < before || inForce?.counter !== again?.counter || inForce?.id !== again?.id)
        throw new Error(`run ${run}, seed ${seed}: ${Buffer.from(bytes).toString("hex")}`);
      orders = after;
    }
    onRun?.(run);
  }
  return count;
};

/** The reason of a refusal; whatever is read must be what we would have written. */
function check(payload: Uint8Array, run: number, seed: number): string {
  const read = decodeDeviceOrder(payload);
  if (!read.ok) return read.reason;
  const again = encodeDeviceOrder(read.value);
  if (!again.ok || Buffer.compare(again.bytes, payload) !== 0)
    throw new Error(`run ${run}, seed ${seed}: accepted ${Buffer.from(payload).toString("hex")}`);
  return "";
}
