import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { motion, told, toldAt, worn } from "./worn.ts";

const NEAR = [circleZone("near", 35.69, 139.76, 300)];
const dark = (fromS: number, toS: number) => (s: number) => (s >= fromS && s < toS ? undefined : {});

test("cellular and GNSS gone together on the move are told after some minutes, and that they came back", () => {
  const device = worn(NEAR, dark(600, 1_800));
  device.run(600);
  motion(device, "walking");
  device.send({ kind: "coverage", attached: false });
  device.run(1_200);
  device.send({ kind: "coverage", attached: true });
  device.run(1_200);
  expect(told(device, "shielding")).toEqual(["shielding raised", "shielding cleared"]);
  // A failed acquisition of a minute, and three minutes.
  expect(toldAt(device, "shielding", "raised")[0]).toBeLessThanOrEqual(600 + 60 + 60 + 180);
});

test("he may stop on the way: it was on the move that both went", () => {
  const device = worn(NEAR, dark(600, 9_000));
  device.run(600);
  motion(device, "moving");
  device.send({ kind: "coverage", attached: false });
  device.run(120);
  motion(device, "still");
  device.run(600);
  expect(told(device, "shielding")).toEqual(["shielding raised"]);
});

test("a lift is none", () => {
  const device = worn(NEAR, dark(600, 720));
  device.run(600);
  motion(device, "moving");
  device.send({ kind: "coverage", attached: false });
  device.run(120);
  device.send({ kind: "coverage", attached: true });
  device.run(3_600);
  expect(told(device, "shielding")).toEqual([]);
});

test("neither is a basement with a telephone signal, nor a valley without one", () => {
  const basement = worn(NEAR, dark(600, 9_000));
  motion(basement, "walking");
  basement.send({ kind: "coverage", attached: true });
  basement.run(5_000);
  expect(told(basement, "shielding")).toEqual([]);
  const valley = worn(NEAR);
  motion(valley, "walking");
  valley.send({ kind: "coverage", attached: false });
  valley.run(5_000);
  expect(told(valley, "shielding")).toEqual([]);
});

test("who sleeps where there is neither is not shielding himself", () => {
  const device = worn(NEAR, dark(600, 40_000));
  motion(device, "still");
  device.run(600);
  device.send({ kind: "coverage", attached: false });
  device.run(20_000);
  expect(told(device, "shielding")).toEqual([]);
});
