import { expect, test } from "vitest";
import { endOrder, installOrder, type Orders, offerOrder, offerPackChunk } from "../../firmware/orders/store.ts";
import { SLOT_KEY } from "../../firmware/secrets/slots.ts";
import { type Command, type Inbox, openDownlink, openInbox, settle } from "../../firmware/uplink/downlink.ts";
import { PURPOSE_DOWNLINK } from "../../protocol/cose/keys.ts";
import { type Downlink, decodeReceipt, type Receipt, type Terms } from "../../protocol/index.ts";
import { DOWNLINK_CHUNK_BYTES } from "../../protocol/messages/downlink.ts";
import {
  circles,
  createBench,
  cutSecrets,
  freshSlots,
  POWER_LOST,
  type SealedOrder,
  sealEnd,
  sealOrder,
  TEARS,
  type Tear,
} from "../orders/bench.ts";
import { createCentre, crypto, DOWNLINK_KEY, message } from "./downlink-world.ts";

const centre = createCentre();

/** Long enough that the sealed order alone takes three messages. */
const TERMS: Partial<Terms> = {
  corridors: Array.from({ length: 8 }, () => ({
    way: { radiusM: 200, points: Array.from({ length: 64 }, (_, i) => 350_000_000 + i) },
    dwellS: 600,
  })),
};

/** How a shell carries out what concerns orders. */
function carryOut(orders: Orders, { kind, first, bytes }: Command): [outcome: string, next: number] {
  const install = (): [string, number] => {
    const installed = installOrder(orders);
    return installed.ok ? ["done", 0] : [installed.reason, 0];
  };
  if (kind === "end") {
    const ended = endOrder(orders, bytes);
    return ended.ok ? ["done", 0] : [ended.reason, 0];
  }
  const took = kind === "order" ? offerOrder(orders, bytes, undefined) : offerPackChunk(orders, first, bytes);
  if (!took.ok) return [took.reason, 0];
  return took.missing > 0 ? ["taken", took.missing] : install();
}

/** An order as the centre sends it: the offer, the rest of its sealed part, its pack. */
function offers(counter: number, { sealed, pieces }: SealedOrder): Downlink[] {
  const messages: Downlink[] = [];
  for (let at = 0; at < sealed.length; at += DOWNLINK_CHUNK_BYTES) {
    const bytes = sealed.slice(at, at + DOWNLINK_CHUNK_BYTES);
    messages.push(
      at === 0 ? message(counter, "order", [sealed.length], bytes) : message(counter, "order-chunk", [0, at], bytes),
    );
  }
  for (const [i, piece] of pieces.entries()) messages.push(message(counter, "order-chunk", [1, 1_024 * i], piece));
  return messages;
}

const OLD = sealOrder(1, circles(2), { id: "order 1" });
const NEW = sealOrder(2, circles(60), { id: "order 1", terms: TERMS });

class OrderedDevice {
  readonly bench = createBench(new Map([...freshSlots(), [SLOT_KEY + PURPOSE_DOWNLINK, DOWNLINK_KEY]]));
  readonly journal: Receipt[] = [];
  readonly told: Receipt[] = [];
  orders!: Orders;
  inbox!: Inbox;
  nowMs = 0;

  constructor() {
    this.boot();
  }

  boot(left?: number, tear: Tear = "before"): void {
    this.orders = this.bench.boot(left, tear).orders;
    this.inbox = openInbox(cutSecrets(this.bench.slots, this.bench.power, tear), crypto, (body) => {
      const read = decodeReceipt(body);
      if (read.ok) this.journal.push(read.value);
      return true;
    });
  }

  take(what: Downlink): void {
    this.nowMs += 61_000;
    const taken = openDownlink(this.inbox, centre(what), this.nowMs);
    if (taken.kind === "receipt") this.told.push(taken.receipt);
    if (taken.kind !== "command") return;
    const [outcome, next] = carryOut(this.orders, taken.command);
    const receipt = settle(this.inbox, taken.command, outcome, next, this.nowMs);
    if (receipt !== undefined) this.told.push(receipt);
  }
}

test("an order of many pieces comes in by downlink, is amended and ended", () => {
  const device = new OrderedDevice();
  for (const what of offers(1, OLD)) device.take(what);
  expect(device.orders.inForce?.counter).toBe(1);
  expect(NEW.sealed.length).toBeGreaterThan(2 * DOWNLINK_CHUNK_BYTES);
  const sent = offers(2, NEW);
  for (const what of sent) device.take(what);
  expect(device.orders.inForce?.counter).toBe(2);
  expect(device.told.at(-1)).toEqual({ counter: 2, kind: "order", outcome: "done", next: 0 });
  // A slot's write for the offer and for each of its outcomes, none for its pieces.
  expect(device.journal.length).toBeLessThanOrEqual(5);
  device.take(message(3, "end", [], sealEnd(3)));
  expect(device.orders.inForce).toBeUndefined();
  expect(device.told.at(-1)).toEqual({ counter: 3, kind: "end", outcome: "done", next: 0 });
});

test("the centre can seal no order of its own, and a replayed one is told as such", () => {
  const device = new OrderedDevice();
  for (const what of offers(1, OLD)) device.take(what);
  const forged = sealOrder(9, circles(1), { key: DOWNLINK_KEY });
  for (const what of offers(2, forged)) device.take(what);
  for (const what of offers(3, OLD)) device.take(what);
  device.take(message(4, "end", [], sealEnd(9, { key: DOWNLINK_KEY })));
  const outcomes = device.told.filter((receipt) => receipt.counter > 1).map((receipt) => receipt.outcome);
  expect(outcomes).toEqual(["order.forged", "order.replayed", "order.forged"]);
  expect(device.orders.inForce?.counter).toBe(1);
});

test("power cut at every operation of an amendment and of an end: the old order or the new, and the centre hears the truth", () => {
  const steps = [...offers(2, NEW), message(3, "end", [], sealEnd(3))];
  let cuts = 0;
  for (const tear of TEARS)
    for (let left = 0; ; left++) {
      const device = new OrderedDevice();
      for (const what of offers(1, OLD)) device.take(what);
      device.boot(left, tear);
      let done = 0;
      try {
        for (const what of steps) {
          device.take(what);
          done += 1;
        }
      } catch (error) {
        if ((error as Error).message !== POWER_LOST) throw error;
      }
      if (done === steps.length) break;
      cuts += 1;
      device.boot();
      const counter = device.orders.counter;
      expect([1, 2, 3]).toContain(counter);
      expect(device.told.some((receipt) => receipt.kind === "end" && counter < 3)).toBe(false);
      // The centre says it all again; where the offer was overtaken or finished unheard, under a new counter.
      for (const what of steps.slice(0, -1)) device.take(what);
      if (device.orders.counter < 2) for (const what of offers(4, NEW)) device.take(what);
      device.take(message(5, "end", [], sealEnd(3)));
      expect(device.orders.counter, `${left} ${tear}`).toBe(3);
      expect(device.orders.inForce).toBeUndefined();
      const last = device.told.at(-1);
      expect([last?.kind, ["done", "order.replayed"].includes(last?.outcome ?? "")]).toEqual(["end", true]);
    }
  expect(cuts).toBeGreaterThan(50);
}, 60_000);
