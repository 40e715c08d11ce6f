import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { motion, START_MS, told, worn } from "./worn.ts";

const NEAR = [circleZone("near", 35.6836, 139.76, 300, { bufferM: 200 })];
const STUCK = { latE7: 356_800_000, lonE7: 1_397_600_000 };

test("a place that stays the same to the centimetre while he walks is told", () => {
  const device = worn(NEAR, (s) => (s < 300 ? {} : STUCK));
  motion(device, "walking");
  device.run(900);
  expect(told(device, "frozen-fix")).toEqual(["frozen-fix raised"]);
});

test("so is one that Doppler contradicts, whatever the motion sensor says", () => {
  const device = worn(NEAR, (s) => (s < 300 ? {} : { ...STUCK, speedMmps: 12_000 }));
  motion(device, "still");
  device.run(900);
  expect(told(device, "frozen-fix")).toEqual(["frozen-fix raised"]);
});

test("a receiver that holds its place while nothing moves saves noise", () => {
  const device = worn(NEAR, () => STUCK);
  motion(device, "still");
  device.run(4 * 3_600);
  expect(told(device)).toEqual([]);
});

test("one that repeats an instant is told, though nothing moves", () => {
  const device = worn(NEAR, (s) => (s < 300 ? {} : { ...STUCK, timeMs: START_MS + 300_000 }));
  motion(device, "still");
  device.run(900);
  expect(told(device, "frozen-fix")).toEqual(["frozen-fix raised"]);
  expect(told(device, "clock-step"), "it is no other clock").toEqual([]);
});

test("it is cleared ten minutes after the next true fix", () => {
  const device = worn(NEAR, (s) => (s < 300 || s > 600 ? {} : STUCK));
  motion(device, "walking");
  device.run(1_500);
  expect(told(device, "frozen-fix")).toEqual(["frozen-fix raised", "frozen-fix cleared"]);
});
