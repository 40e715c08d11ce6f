import fc from "fast-check";
import { expect, test } from "vitest";
import { circleZone } from "../samples.ts";
import { told, type Worn, worn } from "./worn.ts";

const FAR = [circleZone("far", 40, 139.76, 300)];

function charge(device: Worn, ...percents: number[]): void {
  for (const percent of percents) device.send({ kind: "battery", percent, charging: false });
}

const saidAt = (device: Worn) => device.alerts.map((a) => `${a.state} ${a.percent}`);

test("a battery is told once at each of 25, 10 and 5 per cent on its way down, and once it is charged", () => {
  const device = worn(FAR);
  for (let percent = 100; percent >= 0; percent--) charge(device, percent);
  for (let percent = 0; percent <= 100; percent++) charge(device, percent);
  expect(saidAt(device)).toEqual(["raised 25", "continuing 10", "continuing 5", "cleared 30"]);
});

test("a reading that wavers about a threshold is told once", () => {
  const device = worn(FAR);
  charge(device, 26, 25, 26, 24, 27, 25, 29, 25);
  expect(saidAt(device)).toEqual(["raised 25"]);
});

test("one that is low when it is fitted is told then", () => {
  const device = worn(FAR);
  device.send({ kind: "removal", untilMs: 9e12, emergency: false, spentMin: 0 });
  charge(device, 8);
  expect(told(device)).toEqual([]);
  device.send({ kind: "fit" });
  expect(saidAt(device)).toEqual(["raised 8"]);
});

test("whatever it does, alerts are raised and cleared in turn, and no percent is told twice without five of change", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 60 }), (percents) => {
      const device = worn(FAR);
      charge(device, ...percents);
      let standing = false;
      for (const { state } of device.alerts) {
        expect(state === "raised").toBe(!standing);
        standing = state !== "cleared";
      }
    }),
    { numRuns: 100 },
  );
});
