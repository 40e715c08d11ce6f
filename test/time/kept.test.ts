import fc from "fast-check";
import { expect, test } from "vitest";
import type { Secrets } from "../../firmware/ports/secrets.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { floorOf, readKept, writeKept } from "../../firmware/time/kept.ts";
import {
  createTime,
  errorOf,
  qualityOf,
  takeKeptTime,
  takeOutsideTime,
  takeSealedTime,
  utcOf,
} from "../../firmware/time/trusted.ts";
import { blankCells, Chip } from "../../simulator/faults/power-cut.ts";

const UTC = Date.UTC(2026, 10, 25, 9, 0, 0);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The device's clock, which nobody set. */
const AT = 5_000;

const chip = (): Secrets => openSecrets(new Chip(blankCells(8_192), 4_096), 0, 8_192);

function sealed(errorMs = 0) {
  const time = createTime();
  takeSealedTime(time, UTC, errorMs, AT);
  return time;
}

test("what a clock that ran on says is off by what it was, and by 50 ppm of its age since", () => {
  const secrets = chip();
  writeKept(secrets, sealed(400), AT);
  expect(readKept(secrets, true, 50, AT + 10 * DAY)).toEqual({ utcMs: UTC + 10 * DAY, errorMs: 400 + 43_200 + 50 });
});

test("a clock that did not run on, or was set back, has nothing to say, nor later", () => {
  for (const [ranOn, nowMs] of [
    [false, AT + DAY],
    [true, AT - 1],
  ] as const) {
    const secrets = chip();
    writeKept(secrets, sealed(), AT);
    expect(readKept(secrets, ranOn, 0, nowMs)).toBeUndefined();
    expect(readKept(secrets, true, 0, AT + 2 * DAY)).toBeUndefined();
  }
  expect(readKept(chip(), true, 0, AT)).toBeUndefined();
});

test("however often the device starts, the clock is no better trusted for it, and its bound holds", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5 * DAY }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: -50, max: 50 }),
      (spansMs, ppm) => {
        const secrets = chip();
        let time = sealed(0);
        let nowMs = AT;
        for (const spanMs of spansMs) {
          writeKept(secrets, time, nowMs);
          nowMs += spanMs;
          const kept = readKept(secrets, true, 0, nowMs);
          if (kept === undefined) throw new Error("nothing was kept");
          time = createTime();
          takeKeptTime(time, kept.utcMs, kept.errorMs, nowMs);
          const trueMs = UTC + (nowMs - AT) * (1 + ppm / 1e6);
          expect(Math.abs(utcOf(time, nowMs) - trueMs)).toBeLessThanOrEqual(errorOf(time, nowMs) + 1);
          if (nowMs - AT > DAY) expect(qualityOf(time, nowMs)).toBe("holdover");
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("what has passed under a seal has passed for every later boot", () => {
  const secrets = chip();
  writeKept(secrets, sealed(2_000), AT);
  expect(floorOf(secrets)).toBe(UTC - 2_000);
  const early = createTime();
  takeSealedTime(early, UTC - DAY, 0, AT);
  writeKept(secrets, early, AT);
  expect(floorOf(secrets)).toBe(UTC - 2_000);
});

test("receiver and network raise that floor by nothing, whatever they say: one lie would lock every field key out", () => {
  const secrets = chip();
  writeKept(secrets, sealed(), AT);
  const before = floorOf(secrets);
  const lie = createTime();
  takeOutsideTime(lie, UTC + 3 * DAY, UTC + 3 * DAY, AT);
  writeKept(secrets, lie, AT);
  expect(floorOf(secrets)).toBe(before);
});
