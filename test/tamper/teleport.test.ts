import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { motion, told, toldAt, worn } from "./worn.ts";

const NEAR = [circleZone("near", 35.6836, 139.76, 300, { bufferM: 200 })];
const FAR = [circleZone("far", 40, 139.76, 300)];

test("a place 80 km away that the receiver insists on is told when it is believed", () => {
  const device = worn(NEAR, (s) => ({ northM: s < 600 ? 0 : 80_000 }));
  motion(device, "still");
  device.run(1_500);
  expect(told(device, "teleport")).toEqual(["teleport raised", "teleport cleared"]);
  expect(toldAt(device, "teleport", "raised")[0]).toBeLessThan(700);
});

test("a single lie is none, though it claims two metres", () => {
  const device = worn(NEAR, (s) => ({ northM: s % 700 < 3 ? 5_000 : 0, hAccMm: 2_000 }));
  device.run(7_200);
  expect(told(device, "teleport")).toEqual([]);
});

test("a Shinkansen is none", () => {
  const device = worn(FAR, (s) => ({ northM: Math.max(0, s - 600) * 89, speedMmps: s < 600 ? 0 : 89_000 }));
  motion(device, "moving");
  device.run(3_000);
  expect(told(device, "teleport")).toEqual([]);
});

test("nor is who comes out of a tunnel far from where he went in", () => {
  const device = worn(FAR, (s) => (s > 600 && s < 1_500 ? undefined : { northM: s < 600 ? 0 : 50_000 }));
  motion(device, "moving");
  device.run(3_000);
  expect(told(device, "teleport")).toEqual([]);
});
