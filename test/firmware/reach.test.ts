import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ACCEL_MPS2,
  advanceReach,
  CEILING_MPS,
  freeCoverM,
  type Reach,
  touchAfterMs,
  WALK_MPS,
} from "../../firmware/sampling/reach.ts";

const HORIZON_MS = 10_000_000;

function free(slackM: number, speedMps: number): Reach {
  return { pace: "free", slackM, speedMps, atMs: 0 };
}

/** The same bound, integrated in small steps. */
function coveredByStepsM(speedMps: number, seconds: number): number {
  const stepS = 0.001;
  let metres = 0;
  for (let t = 0; t < seconds; t += stepS) metres += Math.min(CEILING_MPS, speedMps + ACCEL_MPS2 * t) * stepS;
  return metres;
}

test("the closed form covers the same ground as integrating the speed bound", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 60, noNaN: true }),
      fc.double({ min: 0, max: 60, noNaN: true }),
      (speed, seconds) => {
        expect(freeCoverM(speed, seconds)).toBeCloseTo(coveredByStepsM(speed, seconds), -0.5);
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
  const still: Reach = { pace: "still", slackM: 100, speedMps: 0, atMs: 0 };
  const walking: Reach = { pace: "walking", slackM: 100, speedMps: 0, atMs: 0 };
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
