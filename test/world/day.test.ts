import { expect, test } from "vitest";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ACKED, FIT as FIT_RECORD, ORDER } from "../../protocol/journal/record.ts";
import type { BraceletWorld } from "../../simulator/world/bracelet-world.ts";
import { sealSimulatedOrder } from "../../simulator/world/provision.ts";
import { orderOf } from "../samples.ts";
import { atRest, commute, HOUR_MS, MINUTE_MS, NEXT, ours, putOn, SCHOOL, START_MS, takeOff } from "./story.ts";

const crypto = createNodeCrypto();
const SECOND_MS = 1_000;

/** What the device alerted, as it said itself. */
const raised = (world: BraceletWorld) =>
  world.effects.flatMap(({ effect, atMs }) => (effect.kind === "alert" ? [{ ...effect.alert, raisedMs: atMs }] : []));

function expectSound(world: BraceletWorld): void {
  expect(world.centre.faults).toEqual([]);
  expect(world.log.filter(({ line }) => line.startsWith("journal."))).toEqual([]);
}

/** Every number up to the newest that the centre has heard of. */
function expectWhole(world: BraceletWorld): void {
  const newest = world.centre.statuses.at(-1)?.newest ?? 0;
  const numbers = new Set([...world.centre.records.values()].map(({ record }) => record.number));
  const missing = Array.from({ length: newest }, (_, i) => i + 1).filter((n) => !numbers.has(n));
  expect(missing).toEqual([]);
}

test("a day with the modem: every alert is at the centre within seconds, once, in order", () => {
  const world = ours({ path: commute(12), receiver: "realistic" })
    .at(START_MS + MINUTE_MS, putOn)
    .at(START_MS + 3 * HOUR_MS, (w) => w.enclosure(false))
    .at(START_MS + 3 * HOUR_MS + MINUTE_MS, (w) => w.enclosure(true))
    .at(START_MS + 6 * HOUR_MS, (w) => w.battery(24));
  world.run(START_MS + 12 * HOUR_MS);
  expectSound(world);
  const alerts = raised(world).filter(({ raisedMs }) => raisedMs < world.nowMs - 5 * SECOND_MS);
  expect(alerts.filter(({ about, state }) => about === "zone" && state === "entered").length).toBeGreaterThan(8);
  expect(world.centre.alerts.map(({ alert }) => alert.seq)).toEqual(alerts.map(({ seq }) => seq));
  const late = world.centre.alerts.filter(({ alert, atMs }) => atMs - alert.atMs > 5 * SECOND_MS);
  expect(late).toEqual([]);
  expectWhole(world);
  expect([...world.centre.records.values()].filter(({ times }) => times > 1)).toEqual([]);
});

test("a cut strap is stamped within five seconds and known within fifteen", () => {
  const cutMs = START_MS + 40 * MINUTE_MS + 700;
  const world = ours({ path: atRest(2) })
    .at(START_MS + MINUTE_MS, putOn)
    .at(cutMs, (w) => w.strap(false));
  world.run(cutMs + 15 * SECOND_MS);
  const [known] = world.centre.alerts.filter(({ alert }) => alert.about === "strap");
  expect(known.alert.state).toBe("raised");
  // What the network says of the time is in it.
  expect(Math.abs(known.alert.sinceMs - cutMs)).toBeLessThan(SECOND_MS);
  expect(known.alert.atMs - cutMs).toBeLessThanOrEqual(5 * SECOND_MS);
  expect(known.atMs - cutMs).toBeLessThanOrEqual(15 * SECOND_MS);
});

test("nobody put it on, so an open strap says nothing; a removal is time-boxed", () => {
  const world = ours({ path: atRest(5) })
    .at(START_MS + 10 * MINUTE_MS, (w) => w.strap(false))
    .at(START_MS + 20 * MINUTE_MS, (w) => expect(putOn(w)).toMatchObject({ err: { rc: expect.anything() } }))
    .at(START_MS + 30 * MINUTE_MS, (w) => w.strap(true))
    .at(START_MS + 31 * MINUTE_MS, (w) => expect(putOn(w)).toEqual({}))
    .at(START_MS + 60 * MINUTE_MS, (w) => expect(takeOff(w, w.nowMs + HOUR_MS)).toEqual({}))
    .at(START_MS + 61 * MINUTE_MS, (w) => w.strap(false));
  world.run(START_MS + 119 * MINUTE_MS);
  expect(raised(world).filter(({ about }) => about === "strap" || about === "removal")).toEqual([]);
  world.run(START_MS + 125 * MINUTE_MS);
  expect(raised(world).filter(({ about }) => about === "removal")).toMatchObject([{ detail: "overdue" }]);
  const fits = [...world.centre.records.values()].filter(({ record }) => record.kind === FIT_RECORD);
  expect(fits.length).toBe(2);
  expectSound(world);
});

/** Whether any of it can be read in the bulk flash: a piece of its zones, or its seal. */
function holds(world: BraceletWorld, order: ReturnType<typeof orderOf>, counter: number): boolean {
  const sealed = sealSimulatedOrder(order, counter, crypto, world.options.seed);
  const bulk = Buffer.from(world.cells.bulk);
  return [sealed.sealed.subarray(20, 60), sealed.pack.subarray(0, 48)].some((part) => bulk.includes(Buffer.from(part)));
}

test("an amended order is in force at once, and the zones before it are forgotten; so is all at its end", () => {
  const first = orderOf([SCHOOL]);
  const second = orderOf([NEXT]);
  let amended = 0;
  let ended = 0;
  const world = ours({ path: commute(8), receiver: "realistic" })
    .at(START_MS + MINUTE_MS, putOn)
    .at(START_MS + 150 * MINUTE_MS, (w) => {
      expect(holds(w, first, 1)).toBe(true);
      amended = w.centre.tellOrder(sealSimulatedOrder(second, 2, crypto, w.options.seed));
    })
    .at(START_MS + 152 * MINUTE_MS, (w) => {
      expect(w.centre.outcomeOf(amended)).toBe("done");
      expect(w.centre.statuses.at(-1)?.status.orderCounter).toBe(2);
      expect(holds(w, first, 1)).toBe(false);
      expect(holds(w, second, 2)).toBe(true);
    })
    .at(START_MS + 6 * HOUR_MS, (w) => {
      ended = w.centre.tellEnd(second.id, 3);
    })
    .at(START_MS + 6 * HOUR_MS + 2 * MINUTE_MS, (w) => {
      expect(w.centre.outcomeOf(ended)).toBe("done");
      expect(w.centre.statuses.at(-1)?.status.orderCounter).toBeUndefined();
      expect(holds(w, second, 2)).toBe(false);
    });
  world.run(START_MS + 8 * HOUR_MS);
  expectSound(world);
  const zones = raised(world).filter(({ about }) => about === "zone");
  const amendMs = START_MS + 150 * MINUTE_MS;
  const endMs = START_MS + 6 * HOUR_MS;
  expect(new Set(zones.filter(({ atMs }) => atMs < amendMs).map(({ zone }) => zone))).toEqual(new Set(["school"]));
  expect(new Set(zones.filter(({ atMs }) => atMs > amendMs + MINUTE_MS).map(({ zone }) => zone))).toEqual(
    new Set(["office"]),
  );
  expect(raised(world).filter(({ atMs }) => atMs > endMs + MINUTE_MS)).toEqual([]);
  const orders = [...world.centre.records.values()].filter(({ record }) => record.kind === ORDER);
  expect(orders.length).toBe(2);
});

test("located on demand: a fresh position is there within a minute", () => {
  const askedMs = START_MS + 65 * MINUTE_MS;
  const world = ours({ path: atRest(3) }).at(askedMs, (w) => w.centre.tell("locate"));
  world.run(askedMs + MINUTE_MS);
  const fresh = world.centre.statuses.find(({ status }) => (status.fix?.timeMs ?? 0) > askedMs);
  expect(fresh).toBeDefined();
  expectSound(world);
});

test("reboots in between: it goes on, no seal is used twice, and the centre has every record", () => {
  const world = ours({ path: commute(8), receiver: "realistic" }).at(START_MS + MINUTE_MS, putOn);
  for (let i = 1; i <= 15; i++) world.at(START_MS + i * 29 * MINUTE_MS + 777 * i, (w) => w.reboot());
  world.at(START_MS + 200 * MINUTE_MS, (w) => w.powerOff()).at(START_MS + 215 * MINUTE_MS, (w) => w.powerOn());
  world.run(START_MS + 8 * HOUR_MS);
  expectSound(world);
  expect(world.bootsMs.length).toBe(17);
  expect(world.centre.seals.size).toBeGreaterThan(60);
  expectWhole(world);
  // He is in it still at some boots: then it is told again, and by a new number.
  const seqs = world.centre.alerts.map(({ alert }) => alert.seq);
  expect(new Set(seqs).size).toBe(seqs.length);
  expect(raised(world).filter(({ about, state }) => about === "zone" && state === "entered").length).toBeGreaterThan(6);
  expect(world.centre.statuses.at(-1)?.status.orderCounter).toBe(1);
});

test("a modem that loses power again and again does not hold up sampling", () => {
  const path = commute(4);
  const calm = ours({ path }).at(START_MS + MINUTE_MS, putOn);
  const faults = { brownOuts: Array.from({ length: 200 }, (_, i) => 900 + i * 1_300), returns: false };
  const shaken = ours({ path, faults }).at(START_MS + MINUTE_MS, putOn);
  for (const world of [calm, shaken]) world.run(START_MS + 4 * HOUR_MS);
  expect(shaken.log.length).toBeGreaterThan(10);
  const entries = (world: BraceletWorld) => raised(world).filter(({ about }) => about === "zone");
  expect(entries(shaken).map(({ state, raisedMs }) => [state, Math.round(raisedMs / SECOND_MS)])).toEqual(
    entries(calm).map(({ state, raisedMs }) => [state, Math.round(raisedMs / SECOND_MS)]),
  );
  expect(Math.abs(shaken.epochsMs.length - calm.epochsMs.length)).toBeLessThan(calm.epochsMs.length * 0.02);
  expectSound(shaken);
});

test("ten days without coverage, then coverage: everything arrives, and nothing twice", () => {
  const backMs = START_MS + 240 * HOUR_MS;
  const world = ours({ path: atRest(244, 600), receiver: "realistic" })
    .at(START_MS + MINUTE_MS, putOn)
    .at(START_MS + 10 * MINUTE_MS, (w) => w.cover(false))
    .at(START_MS + 100 * HOUR_MS, (w) => w.strap(false))
    .at(START_MS + 101 * HOUR_MS, (w) => w.strap(true))
    .at(backMs, (w) => w.cover(true));
  world.run(backMs + 4 * HOUR_MS);
  expectSound(world);
  expect(raised(world).filter(({ about }) => about === "comms-lost").length).toBeGreaterThan(10);
  expect(world.centre.alerts.map(({ alert }) => alert.seq)).toEqual(raised(world).map(({ seq }) => seq));
  expectWhole(world);
  const twice = [...world.centre.records.values()].filter(({ times, record }) => times > 1 && record.kind !== ACKED);
  expect(twice).toEqual([]);
});
