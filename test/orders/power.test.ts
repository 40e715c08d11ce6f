import { expect, test } from "vitest";
import {
  endOrder,
  installOrder,
  type Orders,
  offerOrder,
  offerPackChunk,
  orderInForce,
} from "../../firmware/orders/store.ts";
import { SLOT_KEY } from "../../firmware/secrets/slots.ts";
import { zoneCount } from "../../firmware/zones/pack.ts";
import { PURPOSE_BEACON, PURPOSE_LEASE } from "../../protocol/cose/keys.ts";
import {
  AREA_BYTES,
  type Bench,
  circles,
  createBench,
  createChipBench,
  POWER_LOST,
  type SealedOrder,
  sealEnd,
  sealOrder,
  TEARS,
  type Tear,
} from "./bench.ts";

/** A life in steps, each of which a downlink would bring again until it is acknowledged. */
const FIRST = sealOrder(1, circles(40));
const AMENDED = sealOrder(2, circles(70));
const END = sealEnd(3);
const ZONES = [0, 40, 70];

interface Step {
  run(orders: Orders): void;
}

const LIFE: Step[] = [...stepsOf(FIRST), ...stepsOf(AMENDED), { run: (orders) => void endOrder(orders, END) }];

function stepsOf({ sealed, pieces }: SealedOrder): Step[] {
  return [
    { run: (orders) => void offerOrder(orders, sealed, undefined) },
    ...pieces.map((piece, i) => ({ run: (orders: Orders) => void offerPackChunk(orders, i, piece) })),
    { run: (orders) => void installOrder(orders) },
  ];
}

/** Lives on until power goes. The highest counter that was in force, and that which the step under way would have brought. */
function live(orders: Orders): { counter: number; after: number } {
  for (const step of LIFE) {
    const counter = orders.counter;
    try {
      step.run(orders);
    } catch (error) {
      expect((error as Error).message).toBe(POWER_LOST);
      return { counter, after: counter + 1 };
    }
  }
  return { counter: orders.counter, after: orders.counter };
}

/** What a boot finds is an order, whole, or none where none was or it has ended; and it says which. */
function check(bench: Bench, orders: Orders, counters: number[], label: string, ofKeys = true): void {
  expect(counters, label).toContain(orders.counter);
  const order = orderInForce(orders);
  if (orders.counter === 0 || orders.counter === 3) expect(order, label).toBe(undefined);
  else {
    expect(order?.counter, label).toBe(orders.counter);
    expect(order && zoneCount(order.pack), label).toBe(ZONES[orders.counter]);
  }
  if (orders.counter !== 3) return;
  const all = new Uint8Array(AREA_BYTES);
  bench.flash.read(0, all, AREA_BYTES);
  expect(
    all.every((byte) => byte === 0xff),
    label,
  ).toBe(true);
  // The chip's slots were read before this boot went on forgetting.
  if (!ofKeys) return;
  for (const purpose of [PURPOSE_LEASE, PURPOSE_BEACON]) expect(bench.slots.has(SLOT_KEY + purpose), label).toBe(false);
}

function operationsOfALife(): number {
  const bench = createBench();
  live(bench.boot().orders);
  return bench.power.used;
}

test.each(TEARS)(
  "power lost %s every operation of offer, install and end: the old order or the new one, whole",
  (tear) => {
    const total = operationsOfALife();
    expect(total).toBeGreaterThan(15);
    for (let cut = 0; cut < total; cut++) {
      const bench = createBench();
      const { counter, after } = live(bench.boot(cut, tear).orders);
      const label = `cut ${cut} ${tear}`;
      const { orders, finding } = bench.boot();
      expect(finding, label).toBe(undefined);
      check(bench, orders, [counter, after], label);
      // What was under way comes again, and the life goes on to its end.
      live(orders);
      check(bench, bench.boot().orders, [3], label);
    }
  },
);

test.each(TEARS)("power lost %s every operation, those of the chip's own flash too", (tear) => {
  const whole = createChipBench();
  live(whole.boot().orders);
  const total = whole.power.used;
  expect(total).toBeGreaterThan(operationsOfALife());
  for (let cut = 0; cut < total; cut++) {
    const bench = createChipBench();
    const { counter, after } = live(bench.boot(cut, tear).orders);
    const label = `cut ${cut} ${tear}`;
    const { orders, finding } = bench.boot();
    expect(finding, label).toBe(undefined);
    check(bench, orders, [counter, after], label, false);
    live(orders);
    check(bench, bench.boot().orders, [3], label);
  }
});

test("power lost again in the boot that mends", () => {
  const total = operationsOfALife();
  let cuts = 0;
  for (let cut = 0; cut < total; cut++) for (const tear of TEARS) cuts += mendUnderCuts(cut, tear);
  expect(cuts).toBeGreaterThan(10);
});

/** Every operation of the boot after the cut is cut in its turn. How many there were. */
function mendUnderCuts(cut: number, tear: Tear): number {
  for (let second = 0; ; second++) {
    const bench = createBench();
    const { counter, after } = live(bench.boot(cut, tear).orders);
    try {
      bench.boot(second, tear);
      return second;
    } catch (error) {
      expect((error as Error).message).toBe(POWER_LOST);
    }
    const { orders, finding } = bench.boot();
    expect(finding, `cuts ${cut} and ${second} ${tear}`).toBe(undefined);
    check(bench, orders, [counter, after], `cuts ${cut} and ${second} ${tear}`);
  }
}
