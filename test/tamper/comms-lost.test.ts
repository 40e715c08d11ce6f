import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { motion, told, toldAt, worn } from "./worn.ts";

const NEAR = [circleZone("near", 35.6836, 139.76, 300, { bufferM: 200 })];
const FAR = [circleZone("far", 40, 139.76, 300)];

test("a centre that is silent is told after a quarter of an hour, and after five minutes near a zone", () => {
  for (const [zones, limitS] of [
    [FAR, 900],
    [NEAR, 300],
  ] as const) {
    const device = worn([...zones]);
    motion(device, "still");
    device.run(600);
    device.send({ kind: "served" });
    device.run(limitS - 1);
    expect(told(device, "comms-lost")).toEqual([]);
    device.run(1);
    expect(told(device, "comms-lost")).toEqual(["comms-lost raised"]);
  }
});

test("the next word from it clears that at once", () => {
  const device = worn(FAR);
  device.send({ kind: "served" });
  device.run(1_000);
  device.send({ kind: "served" });
  expect(told(device, "comms-lost")).toEqual(["comms-lost raised", "comms-lost cleared"]);
  expect(toldAt(device, "comms-lost", "cleared")).toEqual([1_000]);
});

test("leaving the zone does not make a silence that was told any shorter", () => {
  const device = worn(NEAR, (s) => ({ northM: s < 400 ? 0 : -400 }));
  device.send({ kind: "served" });
  device.run(3_000);
  expect(told(device, "comms-lost")).toEqual(["comms-lost raised"]);
});

test("it counts from the first sign of an uplink: a bench has none", () => {
  const device = worn(FAR);
  device.run(7_200);
  expect(told(device)).toEqual([]);
  device.send({ kind: "coverage", attached: false });
  device.run(901);
  expect(told(device)).toEqual(["comms-lost raised"]);
});

test("ten days offline are told four times a day", () => {
  const device = worn(FAR);
  motion(device, "walking");
  device.send({ kind: "served" });
  device.run(2 * 86_400);
  expect(told(device, "comms-lost").length).toBeLessThanOrEqual(9);
});

test("who comes near a zone is not silent for having come there: the five minutes begin then", () => {
  const device = worn(NEAR, (s) => ({ northM: s < 400 ? -3_000 : 0 }));
  motion(device, "moving");
  device.send({ kind: "served" });
  device.run(699);
  expect(told(device, "comms-lost")).toEqual([]);
  device.run(301);
  const [at] = toldAt(device, "comms-lost", "raised");
  expect(at).toBeGreaterThanOrEqual(700);
  expect(at).toBeLessThanOrEqual(900);
});
