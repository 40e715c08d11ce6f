import { expect, test } from "vitest";
import { isNews } from "../../firmware/tamper/jamming.ts";
import { circleZone } from "../samples.ts";
import { told, toldAt, type Worn, worn } from "./worn.ts";

// Near enough that the receiver is on most of the time.
const NEAR = [circleZone("near", 35.6836, 139.76, 300, { bufferM: 200 })];
const QUIET = { jamming: 1, antenna: 2, level: 10, agc: 4_000, noise: 90 };
const JAMMED = { jamming: 3, antenna: 2, level: 200, agc: 900, noise: 300 };

/** A reading a second while the receiver is on. */
function hear(device: Worn, seconds: number, radio: typeof QUIET): void {
  for (let i = 0; i < seconds; i++) {
    device.run(1);
    if (device.state.receiver.phase === "acquiring") device.send({ kind: "radio", radio });
  }
}

test("a receiver that says it is jammed, and has no fix, is told within some seconds of looking", () => {
  const device = worn(NEAR, (s) => (s < 600 ? {} : undefined));
  hear(device, 600, QUIET);
  hear(device, 60, JAMMED);
  expect(told(device, "jamming")).toEqual(["jamming raised"]);
  expect(toldAt(device, "jamming", "raised")[0]).toBeLessThan(640);
});

test("a gain that falls to less than half of what it is under a quiet sky says the same", () => {
  const device = worn(NEAR, (s) => (s < 600 ? {} : undefined));
  hear(device, 600, QUIET);
  hear(device, 60, { ...JAMMED, jamming: 0 });
  expect(told(device, "jamming")).toEqual(["jamming raised"]);
});

test("a place without a sky is no jammer", () => {
  const device = worn(NEAR, (s) => (s < 600 ? {} : undefined));
  hear(device, 600, QUIET);
  hear(device, 3_600, { ...QUIET, agc: 4_300 });
  expect(told(device, "jamming")).toEqual([]);
});

test("interference that leaves a fix is none either", () => {
  const device = worn(NEAR);
  hear(device, 600, QUIET);
  hear(device, 600, { ...JAMMED, jamming: 2 });
  expect(told(device, "jamming")).toEqual([]);
});

test("it is cleared ten minutes after the last such reading", () => {
  const device = worn(NEAR, (s) => (s < 600 || s > 700 ? {} : undefined));
  hear(device, 600, QUIET);
  hear(device, 60, JAMMED);
  hear(device, 1_500, QUIET);
  expect(told(device, "jamming")).toEqual(["jamming raised", "jamming cleared"]);
  const clearedS = toldAt(device, "jamming", "cleared")[0];
  expect(clearedS).toBeGreaterThanOrEqual(1_260);
});

test("a reading like the one before is no news, and need not be journalled", () => {
  expect(isNews(QUIET, undefined)).toBe(true);
  expect(isNews({ ...QUIET, agc: 4_200, noise: 95 }, QUIET)).toBe(false);
  expect(isNews({ ...QUIET, agc: 3_000 }, QUIET)).toBe(true);
  expect(isNews({ ...QUIET, jamming: 2 }, QUIET)).toBe(true);
});
