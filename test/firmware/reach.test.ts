import fc from "fast-check";
import { expect, test } from "vitest";
import { NEVER_MS } from "../../firmware/lib/instant.ts";
import {
  ACCEL_MPS2,
  advanceReach,
  CEILING_MPS,
  changePace,
  freeCoverM,
  moveBoundary,
  type Reach,
  reachFrom,
  touchAfterMs,
  touchAtMs,
  WALK_MPS,
} from "../../firmware/sampling/reach.ts";

const HORIZON_MS = 10_000_000;

function free(slackM: number, speedMps: number): Reach {
  return reachFrom("free", slackM, speedMps, 0);
}

/** The same bound, integrated in small steps. */
function coveredByStepsM(speedMps: number, seconds: number): number {
  const steps = 100_000;
  const stepS = seconds / steps;
  let metres = 0;
  for (let i = 0; i < steps; i++) metres += Math.min(CEILING_MPS, speedMps + ACCEL_MPS2 * (i + 0.5) * stepS) * stepS;
  return metres;
}

test("the closed form covers the same ground as integrating the speed bound", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 60, noNaN: true }),
      fc.double({ min: 0, max: 60, noNaN: true }),
      (speed, seconds) => {
        expect(freeCoverM(speed, seconds)).toBeCloseTo(coveredByStepsM(speed, seconds), 2);
      },
    ),
    { numRuns: 50 },
  );
});

test("the slack is used up exactly when the touch was foretold", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 100_000, noNaN: true }),
      fc.double({ min: 0, max: 60, noNaN: true }),
      (slackM, speed) => {
        const touchMs = touchAfterMs(free(slackM, speed), HORIZON_MS);
        expect(freeCoverM(speed, touchMs / 1000)).toBeLessThanOrEqual(slackM + 1e-6);
        expect(freeCoverM(speed, (touchMs + 1) / 1000)).toBeGreaterThan(slackM - 1e-6);
      },
    ),
  );
});

test("advancing in two steps is advancing in one", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100_000 }),
      fc.integer({ min: 0, max: 100_000 }),
      fc.integer({ min: 0, max: 60 }),
      (a, b, speed) => {
        const once = free(50_000, speed);
        const twice = free(50_000, speed);
        advanceReach(once, a + b);
        advanceReach(twice, a);
        advanceReach(twice, a + b);
        expect(twice.slackM).toBeCloseTo(once.slackM, 3);
        expect(twice.speedMps).toBeCloseTo(once.speedMps, 6);
      },
    ),
  );
});

test("a believed stillness uses nothing up, and a walk three metres a second", () => {
  const still = reachFrom("still", 100, 0, 0);
  const walking = reachFrom("walking", 100, 0, 0);
  advanceReach(still, 60_000);
  advanceReach(walking, 10_000);
  expect(still.slackM).toBe(100);
  expect(walking.slackM).toBe(100 - 10 * WALK_MPS);
  expect(touchAfterMs(still, HORIZON_MS)).toBe(HORIZON_MS);
});

test("no slack means the boundary may be touched now", () => {
  expect(touchAfterMs(free(0, 0), HORIZON_MS)).toBe(0);
  expect(touchAfterMs(free(-5, 30), HORIZON_MS)).toBe(0);
});

test("the instant of the touch is remembered once it has passed", () => {
  const reach = free(150, 0);
  const touchMs = touchAtMs(reach, HORIZON_MS);
  expect(touchMs).toBe(10_000);
  advanceReach(reach, 60_000);
  expect(touchAtMs(reach, HORIZON_MS)).toBe(touchMs);
});

test("who set off is taken to have done so as long ago as the sensor may be late", () => {
  const still = reachFrom("still", 1_000, 0, 0);
  changePace(still, "free", 100_000);
  expect(still.slackM).toBeCloseTo(1_000 - freeCoverM(0, 12), 6);
  expect(still.speedMps).toBe(36);
  const near = reachFrom("still", 20, 0, 0);
  changePace(near, "free", 100_000);
  expect(touchAtMs(near, HORIZON_MS)).toBeLessThan(100_000 - 8_000);
  const justNow = reachFrom("still", 1_000, 0, 95_000);
  changePace(justNow, "free", 100_000);
  expect(justNow.slackM).toBeCloseTo(1_000 - freeCoverM(0, 5), 6);
});

test("who walked may ride by the time the sensor says so, from a walker's speed", () => {
  const walking = reachFrom("walking", 1_000, 1, 0);
  changePace(walking, "free", 100_000);
  expect(walking.slackM).toBeCloseTo(1_000 - 88 * WALK_MPS - freeCoverM(WALK_MPS, 12), 6);
});

test("another boundary keeps the ground covered since the fix", () => {
  const reach = free(1_000, 0);
  advanceReach(reach, 10_000);
  moveBoundary(reach, 500);
  expect(reach.slackM).toBeCloseTo(350, 6);
  moveBoundary(reach, 100);
  expect(touchAtMs(reach, HORIZON_MS)).toBe(10_000);
  moveBoundary(reach, 5_000);
  expect(touchAtMs(reach, HORIZON_MS)).toBeGreaterThan(10_000);
  expect(reachFrom("free", 5, 0, 0).touchedMs).toBe(NEVER_MS);
});
