import fc from "fast-check";
import { expect, test } from "vitest";
import {
  endOrder,
  forgetOrder,
  installOrder,
  type Orders,
  offerOrder,
  offerPackChunk,
  orderInForce,
} from "../../firmware/orders/store.ts";
import { zoneCount } from "../../firmware/zones/pack.ts";
import {
  AREA_BYTES,
  type Bench,
  circles,
  createBench,
  POWER_LOST,
  type SealedOrder,
  sealEnd,
  sealOrder,
  TEARS,
  type Tear,
} from "./bench.ts";

/** What a device should be, said without flash: a counter that only grows, the order in force, the offer and its pieces. */
interface Model {
  counter: number;
  inForce: number | undefined;
  offered: { order: number; there: Set<number> } | undefined;
}

/** Orders that the vault made, by counter; two of the same counter, the second by mistake. */
const SEALED = Array.from({ length: 6 }, (_, i) => sealOrder(i + 1, circles(5 + 20 * i)));
const TWIN = sealOrder(3, circles(1));
const FOREIGN = sealOrder(9, circles(1), { device: "OMB-000999" });
const FORGED = sealOrder(9, circles(1), { key: new Uint8Array(32).fill(9) });

type Command =
  | { kind: "offer"; counter: number }
  | { kind: "hostile"; which: number }
  | { kind: "piece"; of: number; index: number }
  | { kind: "pieces" | "install" | "forget" | "boot" }
  | { kind: "end"; counter: number };

const counters = fc.integer({ min: 1, max: SEALED.length });
const commands = fc.oneof(
  fc.record({ kind: fc.constant("offer" as const), counter: counters }),
  fc.record({ kind: fc.constant("hostile" as const), which: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ kind: fc.constant("piece" as const), of: counters, index: fc.integer({ min: 0, max: 4 }) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("pieces" as const, "install" as const) }) },
  fc.record({ kind: fc.constantFrom("forget" as const, "boot" as const) }),
  fc.record({ kind: fc.constant("end" as const), counter: counters }),
);

const of = (counter: number): SealedOrder => SEALED[counter - 1];

/** Does it, and says what the model expects of it. */
function act(model: Model, orders: Orders, command: Command): void {
  switch (command.kind) {
    case "offer": {
      const took = offerOrder(orders, of(command.counter).sealed, undefined);
      const least = Math.max(model.counter, model.offered?.order ?? 0);
      const again = model.offered?.order === command.counter;
      expect(took.ok).toBe(again || command.counter > least);
      if (!took.ok) expect(took.reason).toBe(command.counter === least ? "order.replayed" : "order.rolled-back");
      else if (!again) model.offered = { order: command.counter, there: new Set() };
      break;
    }
    case "hostile": {
      const hostile = [TWIN, FOREIGN, FORGED][command.which];
      if (hostile === TWIN && Math.max(model.counter, model.offered?.order ?? 0) < 3) break;
      expect(offerOrder(orders, hostile.sealed, undefined).ok).toBe(false);
      break;
    }
    case "piece": {
      const piece = of(command.of).pieces[command.index] ?? new Uint8Array(3);
      const took = offerPackChunk(orders, command.index, piece);
      const fits = model.offered && of(model.offered.order).pieces[command.index];
      expect(took.ok).toBe(fits !== undefined && Buffer.compare(fits, piece) === 0);
      if (took.ok) model.offered?.there.add(command.index);
      break;
    }
    case "pieces": {
      const offered = model.offered;
      if (offered === undefined) break;
      for (const [i, piece] of of(offered.order).pieces.entries()) {
        expect(offerPackChunk(orders, i, piece).ok).toBe(true);
        offered.there.add(i);
      }
      break;
    }
    case "install": {
      const whole = model.offered && model.offered.there.size === of(model.offered.order).pieces.length;
      expect(installOrder(orders).ok).toBe(whole === true);
      if (whole)
        Object.assign(model, { counter: model.offered?.order, inForce: model.offered?.order, offered: undefined });
      break;
    }
    case "end": {
      const ended = endOrder(orders, sealEnd(command.counter)).ok;
      expect(ended).toBe(command.counter > model.counter);
      if (ended) Object.assign(model, { counter: command.counter, inForce: undefined, offered: undefined });
      break;
    }
    case "forget":
      expect(forgetOrder(orders)).toBe(true);
      Object.assign(model, { inForce: undefined, offered: undefined });
      break;
  }
}

function agree(model: Model, orders: Orders): void {
  const order = orderInForce(orders);
  expect([orders.counter, order?.counter, order && zoneCount(order.pack)]).toEqual([
    model.counter,
    model.inForce,
    model.inForce === undefined ? undefined : 5 + 20 * (model.inForce - 1),
  ]);
  expect(orders.offered?.genuine.counter).toBe(model.offered?.order);
}

test("whatever comes in whatever order, the store is what the model says, and the counter never falls", () => {
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 40 }), (run) => {
      const bench = createBench();
      const model: Model = { counter: 0, inForce: undefined, offered: undefined };
      let { orders } = bench.boot();
      for (const command of run) {
        const before = model.counter;
        if (command.kind === "boot") orders = boot(bench);
        else act(model, orders, command);
        agree(model, orders);
        expect(model.counter).toBeGreaterThanOrEqual(before);
      }
    }),
    { numRuns: 150 },
  );
});

function boot(bench: Bench): Orders {
  const { orders, finding } = bench.boot();
  expect(finding).toBe(undefined);
  return orders;
}

test("with power lost at random besides, it is what it was before or after the command that was under way", () => {
  const cuts = fc.record({ left: fc.integer({ min: 0, max: 12 }), tear: fc.constantFrom(...TEARS) });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(commands, fc.option(cuts, { nil: undefined, freq: 3 })), { maxLength: 30 }),
      (run) => {
        const bench = createBench();
        let counter = 0;
        let { orders } = bench.boot();
        for (const [command, cut] of run) {
          const before = { counter: orders.counter, inForce: orderInForce(orders)?.counter };
          if (cut) orders = bench.boot(Number.MAX_SAFE_INTEGER, cut.tear).orders;
          if (cut) bench.power.left = cut.left;
          orders = attempt(bench, orders, command, cut?.tear);
          expect(orders.counter).toBeGreaterThanOrEqual(counter);
          counter = orders.counter;
          const order = orderInForce(orders);
          const isOld = order?.counter === before.inForce && orders.counter === before.counter;
          const isNew = order === undefined || order.counter === orders.counter;
          expect(isOld || isNew).toBe(true);
          if (order) expect(zoneCount(order.pack)).toBe(5 + 20 * (order.counter - 1));
          // Nobody is without his order but by its end.
          if (before.inForce !== undefined && order === undefined) expect(["end", "forget"]).toContain(command.kind);
        }
      },
    ),
    { numRuns: 150 },
  );
});

/** Does it without asking what came of it; where power went the device boots. */
function attempt(bench: Bench, orders: Orders, command: Command, tear: Tear | undefined): Orders {
  try {
    if (command.kind === "offer") offerOrder(orders, of(command.counter).sealed, undefined);
    else if (command.kind === "pieces" && orders.offered) {
      for (const [i, piece] of of(orders.offered.genuine.counter).pieces.entries()) offerPackChunk(orders, i, piece);
    } else if (command.kind === "install") installOrder(orders);
    else if (command.kind === "end") endOrder(orders, sealEnd(command.counter));
    else if (command.kind === "forget") forgetOrder(orders);
    if (tear !== undefined) return boot(bench);
    return orders;
  } catch (error) {
    expect((error as Error).message).toBe(POWER_LOST);
    return boot(bench);
  }
}

test("with the bulk flash rewound at random it has the order that the slot names, or none and says so; it never goes back", () => {
  const rewind = fc.record({ kind: fc.constant("rewind" as const), to: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: commands }, rewind), { maxLength: 25 }), (run) => {
      const bench = createBench();
      const copies: Uint8Array[] = [];
      let { orders } = bench.boot();
      let counter = 0;
      for (const command of run) {
        const copy = new Uint8Array(AREA_BYTES);
        bench.flash.read(0, copy, AREA_BYTES);
        copies.push(copy);
        if (command.kind !== "rewind") {
          orders = attempt(bench, orders, command, undefined);
        } else {
          for (let at = 0; at < AREA_BYTES; at += bench.flash.eraseBytes) bench.flash.erase(at);
          bench.flash.program(0, copies[command.to % copies.length]);
          const booted = bench.boot();
          orders = booted.orders;
          const isNamed = orders.place < 2;
          expect(orderInForce(orders) !== undefined || !isNamed || booted.finding !== undefined).toBe(true);
        }
        expect(orders.counter).toBeGreaterThanOrEqual(counter);
        counter = orders.counter;
        const order = orderInForce(orders);
        if (order) expect([order.counter, zoneCount(order.pack)]).toEqual([counter, 5 + 20 * (counter - 1)]);
      }
    }),
    { numRuns: 60 },
  );
});
