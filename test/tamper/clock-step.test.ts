import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { START_MS, told, utcAt, worn } from "./worn.ts";

const NEAR = [circleZone("near", 35.6836, 139.76, 300, { bufferM: 200 })];
const WEEKS_1024_MS = 1_024 * 7 * 86_400_000;
const at = (s: number) => START_MS + s * 1000;

test.each([
  ["an hour ahead", 3_600_000],
  ["a day behind", -86_400_000],
  ["a minute ahead", 60_000],
])("a spoofed date %s is told and not believed", (_, offMs) => {
  const device = worn(NEAR, (s) => (s < 600 || s > 1_200 ? {} : { timeMs: at(s) + offMs }));
  device.run(1_190);
  expect(told(device, "clock-step")).toEqual(["clock-step raised"]);
  expect(device.state.time.correctionMs).toBe(START_MS - 5_000);
  device.run(1_500);
  expect(told(device, "clock-step")).toEqual(["clock-step raised", "clock-step cleared"]);
});

test("a receiver whose weeks have rolled over is broken, not an attack; nor is its date believed", () => {
  const device = worn(NEAR, (s) => (s < 600 ? {} : { timeMs: at(s) - WEEKS_1024_MS }));
  device.run(1_800);
  expect(told(device, "clock-step")).toEqual([]);
  expect(told(device, "location-lost")).toEqual(["location-lost raised"]);
  expect(device.state.time.correctionMs).toBe(START_MS - 5_000);
});

test("a network that says another hour is told, and cleared when it says ours", () => {
  const device = worn(NEAR);
  device.run(600);
  const tell = (offMs: number) =>
    device.send({ kind: "time", utcMs: utcAt(device) + offMs, errorMs: 3_000, source: "network" });
  tell(2_000);
  tell(3_600_000);
  device.run(60);
  tell(-1_000);
  device.run(700);
  expect(told(device)).toEqual(["clock-step raised", "clock-step cleared"]);
  expect(device.state.time.correctionMs).toBe(START_MS - 5_000);
});

test("a sealed time that contradicts the one before is believed, and the step of our own clock told", () => {
  const device = worn(NEAR);
  device.run(600);
  device.send({ kind: "time", utcMs: utcAt(device) + 120_000, errorMs: 1_000, source: "sealed" });
  expect(told(device)).toEqual(["clock-step raised"]);
  expect(device.state.time.correctionMs).toBe(START_MS - 5_000 + 120_000);
});

test("fixes that come some seconds late are no step", () => {
  const device = worn(NEAR, (s) => ({ timeMs: at(s) - 4_000 }));
  device.run(3_600);
  expect(told(device)).toEqual([]);
});
