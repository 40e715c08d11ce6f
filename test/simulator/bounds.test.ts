import { expect, test } from "vitest";
import type { MotionChange } from "../../simulator/hardware/motion-sensor.ts";
import { senseMotion } from "../../simulator/hardware/motion-sensor.ts";
import { distanceByRow, lowerBounds } from "../../simulator/replay/bounds.ts";
import { layZones } from "../../simulator/replay/lay-zones.ts";
import { makePath, type Path } from "../../simulator/world/path.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { orderOf, ride } from "../samples.ts";
import { circleAt, everySecond, pathOf, START_MS } from "./walks.ts";

const said = (...changes: [s: number, motion: MotionChange["motion"]][]): MotionChange[] =>
  changes.map(([s, motion]) => ({ atMs: START_MS + s * 1000, motion }));

const rest = (seconds: number) => pathOf(everySecond(seconds, () => [0, 0]));

test("ten minutes at rest a kilometre off, which the sensor does not see, by hand", () => {
  // From rest at 3 m/s²: 600 m in 20 s, then 60 m/s: 26 whole seconds. 26 + 60 − 15 = 71 s: fixes at 0, 71, … 568.
  // Without confirmation 86 s: 0, 86, … 516. The odometer never moves: one look.
  const bounds = lowerBounds(rest(600), orderOf([circleAt("home", 1_100, 100)]), []);
  expect(bounds).toEqual({ greedy: 9, greedyUnconfirmed: 7, odometer: 1 });
});

test("ten kilometres off the ceiling of the speed model counts, and no more than it, by hand", () => {
  // 600 m in 20 s, 9400 m at 60 m/s in 156 whole seconds; 176 + 45 = 221 s: fixes at 0, 221, … 1989 within 2200 s.
  expect(lowerBounds(rest(2_200), orderOf([circleAt("home", 10_100, 100)]), []).greedy).toBe(10);
});

test("at rest and seen to be, by hand: a look, two more for the belief, then one a heartbeat", () => {
  // Still from the start: 0 s, +120 s, +600 s, then at most 900 s apart: 1500, 2400, 3300.
  const bounds = lowerBounds(rest(3_600), orderOf([circleAt("home", 1_100, 100)]), said([0, "still"]));
  expect(bounds.greedy).toBe(6);
  expect(bounds.odometer).toBe(1);
});

test("the odometer on a straight way through a zone, by hand", () => {
  // At 10 m/s towards a boundary 1000 m off: looks at 0, then 100 + 60 = 160 s, 400 m past the far side: 40 + 60 → 260 s,
  // 1400 m: 140 + 60 → 460 s, 3400 m: 340 + 60 → 860 s, past the end.
  const path = pathOf(everySecond(600, (s) => [10 * s, 0]));
  expect(lowerBounds(path, orderOf([circleAt("home", 1_100, 100)]), []).odometer).toBe(4);
});

test("inside a zone no look is counted", () => {
  const inside = lowerBounds(rest(3_600), orderOf([circleAt("home", 0, 100)]), []);
  expect(inside).toEqual({ greedy: 0, greedyUnconfirmed: 0, odometer: 0 });
});

test("a walk is believed: it needs fewer looks than the same way unseen", () => {
  const path = pathOf(everySecond(3_600, (s) => [s, 0]));
  const order = orderOf([circleAt("home", 8_000, 100)]);
  expect(lowerBounds(path, order, said([0, "walking"])).greedy).toBeLessThan(lowerBounds(path, order, []).greedy);
});

test("a heartbeat without zones", () => {
  expect(lowerBounds(rest(3_600), orderOf([]), []).greedy).toBe(5);
});

/** A walk that turns and changes its pace as the seed says. */
function wandering(seed: number): Path {
  const random = seededRandom(seed, "wander");
  let [north, east, bearing, mps] = [0, 0, 0, 0];
  return pathOf(
    everySecond(5_400, (s) => {
      if (s % 60 === 0) {
        bearing += (random() - 0.5) * 2;
        mps = [0, 0, 1.4, 5, 12][Math.floor(random() * 5)];
      }
      north += mps * Math.cos(bearing);
      east += mps * Math.sin(bearing);
      return [north, east];
    }),
  );
}

test("knowing more never needs more looks: odometer ≤ greedy, and confirmation costs", () => {
  const paths = [makePath(ride()), ...Array.from({ length: 12 }, (_, i) => wandering(i + 1))];
  paths.forEach((path, i) => {
    const { greedy, greedyUnconfirmed, odometer } = lowerBounds(
      path,
      orderOf(layZones(path, i, 40)),
      senseMotion(path, i),
    );
    expect(odometer, `path ${i}`).toBeLessThanOrEqual(greedyUnconfirmed);
    expect(greedyUnconfirmed, `path ${i}`).toBeLessThanOrEqual(greedy);
    expect(odometer).toBeGreaterThan(0);
  });
});

test("the distance is to the nearest boundary that counts, negative where the order is broken", () => {
  const path = pathOf(everySecond(400, (s) => [s, 0]));
  const schedule = [{ days: 0x7f, fromMin: 0, toMin: 1 }];
  const zones = [
    circleAt("near", 200, 100),
    circleAt("far", 1_000, 100),
    circleAt("never", 50, 10, { schedule }),
    circleAt("stay", 0, 350, { kind: "inclusion" }),
  ];
  const distance = distanceByRow(path, orderOf(zones));
  expect(distance(0)).toBeCloseTo(100, 1);
  expect(distance(90)).toBeCloseTo(10, 1);
  expect(distance(130)).toBeCloseTo(-30, 1);
  expect(distance(320)).toBeCloseTo(20, 1);
  expect(distance(360)).toBeCloseTo(-10, 1);
  expect(distanceByRow(path, orderOf([]))(0)).toBe(Number.POSITIVE_INFINITY);
});
