import fc from "fast-check";
import { expect, test } from "vitest";
import { NEVER_MS } from "../../firmware/lib/instant.ts";
import {
  certainlyPastMs,
  createTime,
  deviceOf,
  errorOf,
  guessAnew,
  mayDoIrreversible,
  qualityOf,
  takeOutsideTime,
  takeSealedTime,
  utcOf,
} from "../../firmware/time/trusted.ts";

const UTC = Date.UTC(2026, 10, 25, 9, 0, 0);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function sealed(errorMs = 0) {
  const time = createTime();
  takeSealedTime(time, UTC, errorMs, 0);
  return time;
}

test("time is unknown until a sealed word, trusted for a day after it, and held over after that", () => {
  const time = createTime();
  expect(qualityOf(time, 5 * DAY)).toBe("unknown");
  takeSealedTime(time, UTC, 400, 1_000);
  expect(qualityOf(time, 1_000)).toBe("trusted");
  expect(qualityOf(time, 1_000 + DAY)).toBe("trusted");
  expect(qualityOf(time, 1_001 + DAY)).toBe("holdover");
  takeSealedTime(time, UTC + 2 * DAY, 400, 2 * DAY);
  expect(qualityOf(time, 2 * DAY)).toBe("trusted");
});

test("its error grows by 50 ppm of the device's clock", () => {
  const time = sealed(400);
  expect(errorOf(time, 0)).toBe(400);
  expect(errorOf(time, HOUR)).toBe(400 + 180);
  expect(errorOf(time, 10 * DAY)).toBe(400 + 43_200);
});

test("GNSS and network move the guess within what the clock may have drifted, and no further", () => {
  const time = sealed();
  // Ten hours at 50 ppm are 1.8 s.
  expect(takeOutsideTime(time, UTC + 10 * HOUR + 1_000, UTC + 10 * HOUR + 6_000, 10 * HOUR)).toBe(true);
  expect(utcOf(time, 10 * HOUR)).toBe(UTC + 10 * HOUR + 1_000);
  expect(takeOutsideTime(time, UTC + 10 * HOUR + 4_000, UTC + 10 * HOUR + 9_000, 10 * HOUR)).toBe(true);
  expect(utcOf(time, 10 * HOUR)).toBe(UTC + 10 * HOUR + 1_800);
  expect(takeOutsideTime(time, UTC + 10 * HOUR + 7_000, UTC + 10 * HOUR + 9_000, 10 * HOUR), "a step").toBe(false);
  expect(utcOf(time, 10 * HOUR)).toBe(UTC + 10 * HOUR + 1_800);
  expect(errorOf(time, 10 * HOUR), "and the error says so").toBe(1_800 + 1_800);
});

test("however often and patiently somebody lies, the guess stays within the drift of the sealed word, and the bound is true", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -50, max: 50 }),
      fc.array(fc.tuple(fc.integer({ min: 1_000, max: 12 * HOUR }), fc.integer({ min: -20_000, max: 20_000 })), {
        maxLength: 40,
      }),
      (ppm, lies) => {
        const time = sealed(500);
        let nowMs = 0;
        for (const [laterMs, lieMs] of lies) {
          nowMs += laterMs;
          const guessMs = utcOf(time, nowMs);
          takeOutsideTime(time, guessMs + lieMs, guessMs + lieMs + 5_000, nowMs);
          const drift = 500 + nowMs / 20_000 + 1;
          expect(Math.abs(utcOf(time, nowMs) - (UTC + nowMs))).toBeLessThanOrEqual(drift);
          // The true time, by a clock that runs off by so many parts per million and was wrong by 500 ms at first.
          const trueMs = UTC + 500 + nowMs * (1 + ppm / 1e6);
          expect(Math.abs(utcOf(time, nowMs) - trueMs)).toBeLessThanOrEqual(errorOf(time, nowMs) + 1);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("nothing irreversible happens on a guess, nor on a clock that may be an hour off", () => {
  const time = createTime();
  expect(mayDoIrreversible(time, 0)).toBe(false);
  takeOutsideTime(time, UTC, UTC + 5_000, 0);
  expect(mayDoIrreversible(time, 0)).toBe(false);
  expect(certainlyPastMs(time, UTC + HOUR)).toBe(NEVER_MS);
  expect(mayDoIrreversible(sealed(), 800 * DAY)).toBe(true);
  expect(mayDoIrreversible(sealed(), 900 * DAY)).toBe(false);
  expect(mayDoIrreversible(sealed(2 * HOUR), 0)).toBe(false);
});

test("an instant has certainly passed once the sealed word's own bound is behind it, and not a moment before", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: 0, max: 400 * DAY }),
      fc.integer({ min: 0, max: 1e9 }),
      (errorMs, aheadMs, atMs) => {
        const time = createTime();
        takeSealedTime(time, UTC, errorMs, atMs);
        const passed = certainlyPastMs(time, UTC + aheadMs);
        const earliest = (t: number) => UTC + (t - atMs) - errorMs - (t - atMs) / 20_000;
        expect(earliest(passed)).toBeGreaterThan(UTC + aheadMs);
        expect(earliest(passed - 5)).toBeLessThanOrEqual(UTC + aheadMs);
      },
    ),
  );
});

test("a lie within the drift cannot bring that instant nearer", () => {
  const time = sealed();
  const before = certainlyPastMs(time, UTC + 20 * HOUR);
  takeOutsideTime(time, UTC + 10 * HOUR + 1_800, UTC + 10 * HOUR + 9_000, 10 * HOUR);
  expect(time.correctionMs).toBeGreaterThan(UTC);
  expect(certainlyPastMs(time, UTC + 20 * HOUR)).toBe(before);
});

test("without a word the first guess holds until another, and a sealed word needs to agree with neither", () => {
  const time = createTime();
  expect(takeOutsideTime(time, UTC, UTC + 5_000, 100)).toBe(true);
  expect(utcOf(time, 100)).toBe(UTC);
  expect(takeOutsideTime(time, UTC + HOUR, UTC + HOUR + 5_000, 100)).toBe(false);
  guessAnew(time, UTC + HOUR, 100);
  expect(utcOf(time, 100)).toBe(UTC + HOUR);
  expect(takeSealedTime(time, UTC, 0, 100)).toBe(true);
  guessAnew(time, UTC + HOUR, 100);
  expect(utcOf(time, 100)).toBe(UTC);
});

test("a second sealed word that the drift does not explain says that our own clock stepped", () => {
  const time = sealed();
  expect(takeSealedTime(time, UTC + DAY + 4_000, 500, DAY)).toBe(true);
  expect(takeSealedTime(time, UTC + DAY + 600_000, 500, DAY)).toBe(false);
  expect(utcOf(time, DAY), "but it is believed").toBe(UTC + DAY + 600_000);
});

test("never stays never", () => {
  expect(deviceOf(sealed(), NEVER_MS)).toBe(NEVER_MS);
});
