import { expect, test } from "vitest";
import { readArrayCount, readTextBetween } from "../../protocol/cbor/items.ts";
import { createReader } from "../../protocol/cbor/reader.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { FINDING, FIT as FIT_RECORD } from "../../protocol/journal/record.ts";
import type { BraceletWorld } from "../../simulator/world/bracelet-world.ts";
import { sealSimulatedOrder } from "../../simulator/world/provision.ts";
import { orderOf } from "../samples.ts";
import { atRest, HOUR_MS, MINUTE_MS, NEXT, ours, putOn, SCHOOL, START_MS, takeOff } from "./story.ts";

const crypto = createNodeCrypto();
const told = (world: BraceletWorld, about: string) =>
  world.effects.flatMap(({ effect, atMs }) =>
    effect.kind === "alert" && effect.alert.about === about ? [{ ...effect.alert, raisedMs: atMs }] : [],
  );
const at = (minutes: number) => START_MS + minutes * MINUTE_MS;

/** What became of who wears it, as the centre has it. */
const fits = (world: BraceletWorld) =>
  [...world.centre.records.values()].flatMap(({ record }) => {
    if (record.kind !== FIT_RECORD) return [];
    const reader = createReader(record.body, 0, true);
    readArrayCount(reader, 2, 2);
    return [readTextBetween(reader, 1, 16)];
  });

test("a strap that was opened in a removal is worn again by nobody's reboot: at its end it is overdue", () => {
  const world = ours({ path: atRest(4) })
    .at(at(1), putOn)
    .at(at(10), (w) => takeOff(w, at(70)))
    .at(at(11), (w) => w.strap(false))
    .at(at(20), (w) => w.strap(true))
    .at(at(30), (w) => w.reboot());
  world.run(at(69));
  expect(told(world, "removal")).toEqual([]);
  world.run(at(72));
  expect(told(world, "removal")).toMatchObject([{ state: "raised", detail: "overdue" }]);
  world.reboot();
  world.run(at(75));
  expect(told(world, "removal").filter(({ raisedMs }) => raisedMs >= at(72))).toMatchObject([{ detail: "overdue" }]);
  expect(told(world, "strap")).toEqual([]);
});

test("a strap that was opened without power, and is found so when the removal is over, is overdue", () => {
  const world = ours({ path: atRest(4) })
    .at(at(1), putOn)
    .at(at(10), (w) => takeOff(w, at(70)))
    .at(at(20), (w) => w.powerOff())
    .at(at(30), (w) => w.strap(false))
    .at(at(90), (w) => w.powerOn());
  world.run(at(95));
  expect(told(world, "removal")).toMatchObject([{ state: "raised", detail: "overdue" }]);
  expect(told(world, "strap")).toEqual([]);
});

test("a removal that nobody made use of is over with its time, and no boot begins it again", () => {
  const world = ours({ path: atRest(4) })
    .at(at(1), putOn)
    .at(at(10), (w) => takeOff(w, at(40)))
    .at(at(50), (w) => w.cover(false))
    .at(at(51), (w) => w.powerOff())
    .at(at(60), (w) => w.powerOn(false))
    .at(at(70), (w) => w.strap(false));
  world.run(at(75));
  expect(told(world, "strap")).toMatchObject([{ state: "raised" }]);
});

test("on a device that lost the time, power taken away again and again lengthens no removal", () => {
  const world = ours({ path: atRest(40) })
    .at(at(1), putOn)
    .at(at(10), (w) => w.cover(false))
    .at(at(11), (w) => w.powerOff())
    .at(at(12), (w) => w.powerOn(false))
    .at(at(20), (w) => expect(takeOff(w, w.nowMs + 20 * HOUR_MS)).toEqual({}))
    .at(at(21), (w) => w.strap(false));
  for (let minutes = 40; minutes < 30 * 60; minutes += 25) world.at(at(minutes), (w) => w.reboot());
  world.run(at(20) + 24 * HOUR_MS);
  const [first] = told(world, "removal");
  expect(first).toMatchObject({ state: "raised", detail: "overdue" });
  // Each of its boots is taken to have cost half an hour, and so it has lasted fifteen at least.
  expect(first.raisedMs - at(20)).toBeGreaterThan(15 * HOUR_MS);
});

test("what is left of a removal on a device that lost the time goes on after a boot", () => {
  const world = ours({ path: atRest(40) })
    .at(at(1), putOn)
    .at(at(10), (w) => w.cover(false))
    .at(at(11), (w) => w.powerOff())
    .at(at(12), (w) => w.powerOn(false))
    .at(at(20), (w) => takeOff(w, w.nowMs + 20 * HOUR_MS))
    .at(at(21), (w) => w.strap(false))
    .at(at(20) + 20 * HOUR_MS + MINUTE_MS, (w) => w.reboot());
  world.run(at(20) + 26 * HOUR_MS);
  const [first] = told(world, "removal");
  expect((first.raisedMs - at(20)) / HOUR_MS).toBeCloseTo(23.5, 0);
});

test.each([
  ["", () => {}],
  [" after a boot", (w: BraceletWorld) => w.reboot()],
])(
  "with the order's end nobody is to wear it: a strap cut then is nobody's, and no later order arms it%s",
  (_, between) => {
    const order = orderOf([SCHOOL]);
    const world = ours({ path: atRest(4), order })
      .at(at(1), putOn)
      .at(at(20), (w) => w.centre.tellEnd(order.id, 2))
      .at(at(25), (w) => w.strap(false))
      .at(at(30), between)
      .at(at(40), (w) => w.centre.tellOrder(sealSimulatedOrder(orderOf([NEXT]), 3, crypto, w.options.seed)));
    world.run(at(60));
    expect(world.centre.statuses.at(-1)?.status.orderCounter).toBe(3);
    expect(told(world, "strap")).toEqual([]);
    expect(fits(world)).toEqual(["fitted", "ended"]);
  },
);

test("with the order's last day the fit is over too", () => {
  const world = ours({ path: atRest(4), order: orderOf([SCHOOL], { toMs: at(30) }) })
    .at(at(1), putOn)
    .at(at(40), (w) => w.strap(false));
  world.run(at(60));
  expect(world.centre.statuses.at(-1)?.status.orderCounter).toBeUndefined();
  expect(told(world, "strap")).toEqual([]);
  expect(fits(world)).toEqual(["fitted", "expired"]);
});

test("a clock that ran on while the device was off is held over once its drift says so, and one that did not knows no time", () => {
  const qualityAfter = (days: number, kept: boolean) => {
    const world = ours({ path: atRest(1) }).at(at(30), (w) => w.powerOff());
    world.run(at(40));
    world.centre.tellsTime = false;
    world.nowMs = START_MS + days * 24 * HOUR_MS;
    world.powerOn(kept);
    world.run(world.nowMs + 20 * MINUTE_MS);
    return world.centre.statuses.at(-1)?.status.time;
  };
  expect(qualityAfter(0.5, true)).toBe("trusted");
  expect(qualityAfter(10, true)).toBe("holdover");
  expect(qualityAfter(0.5, false)).toBe("unknown");
});

test("where there was no chance at boot the device is heard as soon as there is, and its journal says why not before", () => {
  const world = ours({ path: atRest(2) });
  world.hasChance = false;
  world.run(at(10));
  expect(world.centre.statuses).toEqual([]);
  world.hasChance = true;
  world.run(at(15));
  expect(world.centre.statuses.length).toBeGreaterThan(0);
  const findings = [...world.centre.records.values()].flatMap(({ record }) =>
    record.kind === FINDING ? [readTextBetween(createReader(record.body, 0, true), 1, 64)] : [],
  );
  expect(findings).toEqual(["uplink.no-random"]);
  expect(world.centre.faults).toEqual([]);
});
