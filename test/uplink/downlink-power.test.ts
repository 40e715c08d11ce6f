import fc from "fast-check";
import { expect, test } from "vitest";
import { provision } from "../../firmware/bracelet/identity.ts";
import { SLOT_KEY } from "../../firmware/secrets/slots.ts";
import { bytesOf, equalBytes, joinBytes } from "../../protocol/bytes.ts";
import { PURPOSE_DOWNLINK } from "../../protocol/cose/keys.ts";
import type { Downlink, Receipt } from "../../protocol/index.ts";
import { MODELS, MOMENTS, PowerCut } from "../../simulator/faults/power-cut.ts";
import {
  type Cut,
  createCentre,
  DEVICE,
  DOWNLINK_KEY,
  DownlinkWorld,
  LEASE,
  message,
  SALT,
  sealLease,
} from "./downlink-world.ts";

const centre = createCentre();

/** One of each, an offer in pieces among others, and old counters and repetitions thrown in. */
function story(nowMs: number): Downlink[] {
  const sealed = Uint8Array.from({ length: 900 }, (_, i) => i);
  return [
    message(1, "locate"),
    message(2, "lease", [], sealLease(LEASE)),
    message(3, "order", [900], sealed.slice(0, 400)),
    message(3, "order-chunk", [0, 400], sealed.slice(400, 700)),
    message(4, "pause", [nowMs + 60_000]),
    message(2, "lease", [], sealLease(LEASE)),
    message(3, "order-chunk", [0, 700], sealed.slice(700)),
    message(3, "order-chunk", [1, 0], new Uint8Array(1_024)),
    message(3, "order-chunk", [1, 1_024], new Uint8Array(10)),
    message(5, "time", [nowMs, nowMs], SALT),
    message(6, "end", [], new Uint8Array(50)),
    message(6, "end", [], new Uint8Array(50)),
    message(7, "ack", [1, 2]),
  ];
}

/** A device whose end of an order can be done once only, as that of `orders` is. */
function createWorld(): DownlinkWorld {
  const world = new DownlinkWorld();
  const pieces = new Set<number>();
  let isEnded = false;
  world.outcome = ({ kind, first }) => {
    if (kind === "order") return "taken";
    if (kind === "order-chunk") return pieces.add(first).size === 2 ? "done" : "taken";
    if (kind !== "end") return "done";
    const outcome = isEnded ? "order.replayed" : "done";
    isEnded = true;
    return outcome;
  };
  return world;
}

/** The centre says each thing until it has the receipt; an offer begins anew where the device says so. */
function tellAll(world: DownlinkWorld, messages: Downlink[]): void {
  for (const what of messages) {
    world.nowMs += 61_000;
    const adjusted = what.kind === "time" ? { ...what, numbers: [world.nowMs, world.nowMs] } : what;
    world.take(centre(adjusted));
  }
}

function isTold(world: DownlinkWorld, counter: number): boolean {
  return world.told.some((receipt) => receipt.counter === counter && receipt.outcome === "done");
}

/** No receipt leaves that is not journalled, and none that the slot could forget. */
function expectHonest(world: DownlinkWorld, what: string): void {
  const journalled = (receipt: Receipt) =>
    world.journal.some((one) => one.counter === receipt.counter && one.outcome === receipt.outcome);
  const wanted = (receipt: Receipt) => receipt.kind === "order-chunk" && receipt.outcome === "taken";
  expect(
    world.told.filter((receipt) => !wanted(receipt) && !journalled(receipt)),
    what,
  ).toEqual([]);
  const highest = Math.max(0, ...world.told.map((receipt) => receipt.counter));
  expect(world.inbox.last?.counter ?? 0, what).toBeGreaterThanOrEqual(highest);
}

test("power cut before, in the middle of and after every operation: each downlink is done, told as done, and never believed done when it was not", () => {
  const messages = story(1_700_000_000_000);
  const clean = createWorld();
  const fromOperation = clean.operations;
  tellAll(clean, messages);
  expect(clean.operations - fromOperation).toBeGreaterThan(40);
  let cuts = 0;
  for (let at = fromOperation; at < clean.operations; at++)
    for (const moment of MOMENTS)
      for (const model of moment === "middle" ? MODELS.slice(0, 2) : MODELS.slice(0, 1)) {
        const what = `operation ${at}, ${moment}, ${model}`;
        const world = createWorld();
        world.cut = { at, moment, model };
        try {
          tellAll(world, messages);
        } catch (error) {
          if (!(error instanceof PowerCut)) throw error;
          cuts += 1;
        }
        const before = world.done.length;
        world.boot();
        expectHonest(world, what);
        const known = world.inbox.last?.counter ?? 0;
        // From the counter on that the centre has no word of, with whatever belongs to it.
        const from = [1, 2, 3, 4, 5, 6, 7].find((counter) => !isTold(world, counter)) ?? 8;
        const rest = messages.filter((one) => one.counter >= from || (one.counter === 3 && !isTold(world, 3)));
        tellAll(world, rest);
        if (!isTold(world, 3)) {
          // Superseded meanwhile: it is offered again under a new counter.
          const renewed = messages.filter((one) => one.counter === 3).map((one) => ({ ...one, counter: 8 }));
          tellAll(world, renewed);
          expect(isTold(world, 8), what).toBe(true);
        }
        expectHonest(world, what);
        for (const counter of [1, 2, 4, 5, 6, 7])
          expect(isTold(world, counter) || counter < known, `${what}: ${counter}`).toBe(true);
        const times = (counter: number) => world.done.filter((command) => command.counter === counter).length;
        for (const counter of [1, 2, 4, 5, 7]) expect(times(counter), `${what}: ${counter}`).toBeLessThanOrEqual(2);
        for (const counter of [1, 2, 4, 5, 6, 7]) expect(times(counter), `${what}: ${counter}`).toBeGreaterThan(0);
        expect(world.done.length).toBeGreaterThanOrEqual(before);
      }
  expect(cuts).toBeGreaterThan(150);
});

const EVENT = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant("new" as const), step: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("old" as const), back: fc.integer({ min: 0, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("boot" as const) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("cut" as const), after: fc.integer({ min: 0, max: 8 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 4_000_000 }) }),
  },
);

test("the counter only grows: whatever is replayed, reordered or cut off, nothing is done that is not newer, but once more what was begun", () => {
  let replayed = 0;
  fc.assert(
    fc.property(fc.array(EVENT, { maxLength: 60, size: "max" }), fc.constantFrom(...MOMENTS), (events, moment) => {
      const world = new DownlinkWorld();
      const sent: Uint8Array[] = [];
      let next = 0;
      let highest = 0;
      let begun = 0;
      const deliver = (counter: number, bytes: Uint8Array) => {
        const before = world.done.length;
        try {
          const taken = world.take(bytes);
          if (taken.kind === "refused") {
            replayed += 1;
            expect(taken.reason).toBe("downlink.replayed");
            expect(counter).toBeLessThan(highest);
          } else if (counter > highest || counter === begun) begun = 0;
        } catch (error) {
          if (!(error instanceof PowerCut)) throw error;
          world.boot();
          begun = world.inbox.last?.outcome === "begun" ? world.inbox.last.counter : 0;
        }
        if (world.done.length > before) expect(counter >= highest).toBe(true);
        const standing = world.inbox.last?.counter ?? 0;
        expect(standing).toBeGreaterThanOrEqual(highest);
        if (world.done.length > before) expect(standing).toBe(counter);
        highest = standing;
      };
      for (const event of events) {
        if (event.what === "new") {
          next += event.step;
          sent[next] = centre(message(next, "locate"));
          deliver(next, sent[next]);
        } else if (event.what === "old") {
          const counter = next - event.back;
          if (sent[counter] !== undefined) deliver(counter, sent[counter]);
        } else if (event.what === "boot") world.boot();
        else if (event.what === "wait") world.nowMs += event.ms;
        else world.cut = { at: world.operations + event.after, moment, model: "torn write" };
      }
      const counters = world.done.map((command) => command.counter);
      expect(counters).toEqual([...counters].sort((a, b) => a - b));
    }),
    { numRuns: 300 },
  );
  expect(replayed).toBeGreaterThan(300);
});

test("the counter belongs to its key: wherever a change of keys is cut off, nothing old is done again and nothing new refused", () => {
  const next = new Uint8Array(32).fill(0x55);
  const under = { old: createCentre(DOWNLINK_KEY), next: createCentre(next) };
  const keys = joinBytes(Array.from({ length: 8 }, (_, i) => (i === 4 ? next : new Uint8Array(32).fill(0x40 + i))));
  const changed = (cut?: Cut) => {
    const world = new DownlinkWorld();
    for (let counter = 1; counter <= 5; counter++) world.take(under.old(message(counter, "locate")));
    const from = world.operations;
    if (cut !== undefined) world.cut = { ...cut, at: from + cut.at };
    try {
      expect(provision(world.secrets, bytesOf(DEVICE), 2, keys)).toEqual({ ok: true });
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    const took = world.operations - from;
    world.boot();
    return { world, took };
  };
  const { took } = changed();
  const seen = new Set<boolean>();
  for (let at = 0; at < took; at++)
    for (const moment of MOMENTS) {
      const { world } = changed({ at, moment, model: "torn write" });
      const what = `operation ${at}, ${moment}`;
      const isNext = equalBytes(world.secrets.read(SLOT_KEY + PURPOSE_DOWNLINK) ?? new Uint8Array(0), next);
      seen.add(isNext);
      const done = world.done.length;
      for (let counter = 1; counter <= 4; counter++)
        expect(world.take(under.old(message(counter, "locate"))), what).toMatchObject({ kind: "refused" });
      expect(world.done.length, what).toBe(done);
      world.take(isNext ? under.next(message(1, "pause", [1])) : under.old(message(6, "pause", [1])));
      expect(world.done.at(-1), what).toMatchObject({ kind: "pause", again: false });
      // And again to the end, as a field unit does it: what has been counted under the new key stays counted.
      provision(world.secrets, bytesOf(DEVICE), 2, keys);
      world.boot();
      world.take(under.next(message(1, "pause", [1])));
      expect(world.done.filter(({ counter, kind }) => kind === "pause" && counter === 1).length, what).toBe(1);
    }
  expect(seen.size).toBe(2);
});
